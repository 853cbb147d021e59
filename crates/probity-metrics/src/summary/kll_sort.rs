//! Sorting for the sketch's compactor, which is where most of a scan's time goes.

/// Sorts finite numbers without negative zeros.
pub(crate) fn sort_block(values: &mut [f64]) {
    values.sort_unstable_by(f64::total_cmp);
}
