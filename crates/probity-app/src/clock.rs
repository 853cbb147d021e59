//! Time and identities come in from outside: a server may run on simulated time.

use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub trait Clock: fmt::Debug + Send + Sync {
    fn now_ms(&self) -> i64;

    /// Simulated seconds per second, where the time is simulated.
    fn rate(&self) -> Option<f64> {
        None
    }
}

/// Names that were never given before.
pub trait Ids: fmt::Debug + Send + Sync {
    /// A random UUID in its usual spelling.
    fn uuid(&self) -> String;
}
