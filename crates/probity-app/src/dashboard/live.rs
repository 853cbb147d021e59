//! Whether anything has changed that pages show. Every write is an event of the audit log, runs of
//! monitors among them, so the number of the last event tells: one row, whoever wrote it, also
//! another server on the same database.

use probity_store::audit;

use super::SEE;
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;

/// The number of the last event: what was read before it rose may be old.
pub async fn mark(app: &App, caller: &Caller) -> Result<i64, Fault> {
    let deed = Deed::authorise(app, caller, SEE)?;
    let (seq, _) = audit::head(&deed.app.store).await?;
    Ok(seq)
}
