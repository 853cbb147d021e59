//! What a client may ask about the server itself. Not of AWS: a command that leaves out a time means
//! the server's now, which may be simulated.

use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::timestamp::seconds;

pub async fn describe(app: &App, caller: &Caller, _input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:DescribeServer")?;
    Ok(json!({
        "Version": env!("CARGO_PKG_VERSION"),
        "AccountId": deed.account,
        "Region": deed.region,
        "CurrentTime": seconds(deed.now_ms),
    }))
}
