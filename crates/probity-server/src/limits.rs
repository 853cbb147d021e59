//! What the server takes from a client before it says no.

use std::time::Duration;

/// Each has a flag of `probity serve`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The body of a request that is read whole; objects of S3 are streamed and have no limit here.
    pub body_bytes: usize,
    /// Brackets of JSON that may be open at once.
    pub nesting: usize,
    /// The request line and all headers.
    pub header_bytes: usize,
    pub n_headers: usize,
    /// From the first byte of a connection, or the end of the request before, to the last header.
    pub header_time: Duration,
    /// For a body that is read whole.
    pub body_time: Duration,
    /// How long the body of a request that is refused is read on, so that its sender sees the
    /// answer.
    pub linger_time: Duration,
    /// Between two pieces of a body that is streamed.
    pub idle_time: Duration,
    /// For a verb.
    pub request_time: Duration,
    /// For requests that are under way when the server ends.
    pub shutdown_time: Duration,
    pub connections: usize,
    pub requests_at_once: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes: 32 * 1024 * 1024,
            nesting: 100,
            header_bytes: 64 * 1024,
            n_headers: 100,
            header_time: Duration::from_secs(75),
            body_time: Duration::from_secs(60),
            linger_time: Duration::from_secs(2),
            idle_time: Duration::from_secs(30),
            request_time: Duration::from_secs(60),
            shutdown_time: Duration::from_secs(30),
            connections: 4096,
            requests_at_once: 1024,
        }
    }
}
