//! What the log gets to know of a request that failed: never payloads or secrets.

use std::error::Error;
use std::fmt;

use probity_app::{Caller, Fault};
use serde_json::Value;

/// An error and all its causes, `a: b: c`.
pub(crate) struct Chain<'a>(pub(crate) &'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// The caller is told a fixed sentence and the request's id; the cause is here.
pub(crate) fn log_internal(fault: &Fault, operation: &str, caller: &Caller) {
    match fault {
        Fault::Internal { .. } => tracing::error!(
            request_id = caller.request_id,
            operation,
            "failed to do {operation} for request `{}`: {}",
            caller.request_id,
            Chain(fault)
        ),
        Fault::NotFound { .. }
        | Fault::Missing { .. }
        | Fault::Exists { .. }
        | Fault::InUse { .. }
        | Fault::Limit { .. }
        | Fault::Conflict { .. }
        | Fault::Invalid { .. }
        | Fault::Denied { .. }
        | Fault::Overloaded => {}
    }
}

/// SDKs index members that an answer must have; one that lacks them is a fault of ours.
pub(crate) fn log_gaps(output: &Value, required: &[String], operation: &str) {
    for name in required.iter().filter(|name| output.get(name).is_none()) {
        metrics::counter!("probity_incomplete_answers_total").increment(1);
        tracing::error!(operation, "the answer to {operation} lacks `{name}`");
    }
}

/// A client asked for a service that is not on this port.
pub(crate) fn log_unserved(service: &str) {
    metrics::counter!("probity_unserved_requests_total").increment(1);
    tracing::info!(
        service,
        "refused a request for the service `{service}`, which is not served"
    );
}
