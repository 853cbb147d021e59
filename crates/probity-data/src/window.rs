//! A span of time: what an analysis looks at of what was captured. The service's
//! `start_time` and `end_time`, of which the second is not part.

/// `[start_ms, end_ms)`, in milliseconds since 1970 in UTC.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_not_part_of_a_window() {
        let window = Window {
            start_ms: 10,
            end_ms: 20,
        };
        assert_eq!(
            [9, 10, 19, 20].map(|at| window.contains(at)),
            [false, true, true, false]
        );
    }
}
