//! Log-odds, for explaining a probability on the scale on which logistic models add up.
//!
//! Each score is transformed before scores are averaged over the baseline: then the values are
//! those of the model whose output is its log-odds, for trees with a logistic link those of the
//! trees' own sum. (`shap.KernelExplainer(link="logit")` averages first; with one row of baseline
//! there is no difference.)

/// The largest double below 1 is 1 − 2^-53: no probability that a double can tell from 0 and 1
/// is changed above ½, and below it by symmetry.
const LEAST: f64 = 1.0 / (1u64 << 53) as f64;

/// ln(p / (1 − p)), at most ±36.7: a probability of 0 or 1 has been rounded, and its infinite
/// log-odds would leave no difference to explain. `None` for what is no probability.
pub fn logit(probability: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&probability) {
        return None;
    }
    let clipped = probability.clamp(LEAST, 1.0 - LEAST);
    Some(clipped.ln() - (-clipped).ln_1p())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(probability: f64, expected: Option<f64>) {
        match (logit(probability), expected) {
            (Some(found), Some(expected)) => {
                assert!(
                    (found - expected).abs() < 1e-14 * expected.abs().max(1.0),
                    "{found}"
                );
            }
            (found, expected) => assert_eq!(found, expected),
        }
    }

    #[test]
    fn log_odds_are_those_of_the_definition() {
        check(0.5, Some(0.0));
        check(0.75, Some(3.0_f64.ln()));
        check(1e-12, Some(-27.631_021_115_927_547));
    }

    #[test]
    fn certainty_is_as_far_as_a_double_can_tell_and_symmetric() {
        check(0.0, Some(-36.736_800_569_677_1));
        check(1.0, Some(36.736_800_569_677_1));
        check(1e-300, logit(0.0));
    }

    #[test]
    fn what_is_no_probability_has_no_log_odds() {
        check(1.000_001, None);
        check(-0.1, None);
        check(f64::NAN, None);
    }
}
