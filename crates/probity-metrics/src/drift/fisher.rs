//! One-sided test of "the share of bad values rose": Fisher's exact test (Fisher 1934). For
//! the checks of completeness, data type and categorical values, whose verdict AWS gives
//! without regard to how many rows stand behind a share.

use super::hypergeometric::Hypergeometric;

/// P(at least `bad_current` of all bad rows fall into the current sample), given how many
/// there are in both, if the shares are the same. `None` when either sample is empty or
/// holds fewer rows than bad ones.
pub fn increase_p_value(
    bad_baseline: u64,
    n_baseline: u64,
    bad_current: u64,
    n_current: u64,
) -> Option<f64> {
    if n_baseline == 0 || n_current == 0 || bad_baseline > n_baseline || bad_current > n_current {
        return None;
    }
    let rows = n_baseline.checked_add(n_current)?;
    let draw = Hypergeometric::new(rows, bad_baseline + bad_current, n_current);
    Some(draw.upper_tail(bad_current))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(baseline: (u64, u64), current: (u64, u64), expected: Option<f64>) {
        let found = increase_p_value(baseline.0, baseline.1, current.0, current.1);
        match (found, expected) {
            (Some(found), Some(expected)) => {
                assert!(
                    (found - expected).abs() < 1e-13,
                    "{found} is not {expected}"
                );
            }
            _ => assert_eq!(found, expected),
        }
    }

    #[test]
    fn the_tea_tasting_lady_has_one_chance_in_seventy() {
        check((0, 4), (4, 4), Some(1.0 / 70.0));
        check((1, 4), (3, 4), Some(17.0 / 70.0));
    }

    #[test]
    fn no_bad_current_row_is_no_evidence() {
        check((3, 10), (0, 10), Some(1.0));
        check((0, 10), (0, 10), Some(1.0));
    }

    #[test]
    fn an_empty_or_impossible_table_has_no_p_value() {
        check((0, 0), (1, 4), None);
        check((0, 3), (5, 4), None);
    }
}
