//! A stretch of time: what a monitoring execution looks at.

/// From `start_ms` on, up to and without `end_ms`, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    pub start_ms: i64,
    pub end_ms: i64,
}

impl Window {
    pub fn contains(self, at_ms: i64) -> bool {
        (self.start_ms..self.end_ms).contains(&at_ms)
    }

    pub fn is_empty(self) -> bool {
        self.start_ms >= self.end_ms
    }
}
