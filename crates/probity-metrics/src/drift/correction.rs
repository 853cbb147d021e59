//! One verdict over many features: Benjamini and Hochberg (1995). Rejecting every adjusted
//! p-value of at most q keeps the expected share of false discoveries at q or below.
//!
//! That holds for independent features and for positively dependent ones (PRDS; Benjamini
//! and Yekutieli 2001), such as one-sided tests of positively correlated features. Columns
//! of one table may be dependent in other ways; simulations find the rate held there too,
//! but no proof covers every case. Conservative p-values, as ours are, lower it.

/// Adjusted p-values in the order of `p_values`: the smallest q at which each is a
/// discovery. NaN counts as 1. Equal p-values are adjusted alike.
pub fn adjust_benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let tests = p_values.len() as f64;
    let known = |p: f64| if p.is_nan() { 1.0 } else { p.clamp(0.0, 1.0) };
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| known(p_values[a]).total_cmp(&known(p_values[b])));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut smallest_above = 1.0_f64;
    for (rank, &position) in order.iter().enumerate().rev() {
        let scaled = known(p_values[position]) * tests / (rank as f64 + 1.0);
        smallest_above = smallest_above.min(scaled);
        adjusted[position] = smallest_above;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(p_values: &[f64], expected: &[f64]) {
        let found = adjust_benjamini_hochberg(p_values);
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!(
                (found - expected).abs() < 1e-15,
                "{found} is not {expected}"
            );
        }
    }

    #[test]
    fn each_p_value_is_scaled_by_tests_over_rank() {
        check(
            &[0.01, 0.04, 0.03, 0.5],
            &[0.04, 0.16 / 3.0, 0.16 / 3.0, 0.5],
        );
    }

    #[test]
    fn a_larger_p_value_is_never_adjusted_below_a_smaller_one() {
        check(&[0.02, 0.021, 0.022], &[0.022, 0.022, 0.022]);
    }

    #[test]
    fn equal_p_values_are_adjusted_alike() {
        check(&[0.2, 0.01, 0.2, 0.01], &[0.2, 0.02, 0.2, 0.02]);
    }

    #[test]
    fn no_tests_give_nothing_and_one_gives_itself() {
        check(&[], &[]);
        check(&[0.3], &[0.3]);
    }

    #[test]
    fn an_unknown_p_value_is_no_evidence() {
        check(&[f64::NAN, 0.01], &[1.0, 0.02]);
    }
}
