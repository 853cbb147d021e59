//! Clarify's convention for ratios. It belongs to its documents, not to statistics: a ratio of
//! nothing is unknown, and what Probity adds says so.

/// 0/0 is 0, and anything else over 0 is infinite.
pub(crate) fn divide(part: u64, whole: u64) -> f64 {
    match (part, whole) {
        (0, 0) => 0.0,
        (_, 0) => f64::INFINITY,
        _ => part as f64 / whole as f64,
    }
}
