//! The two verdicts on a metric, then and now, in the words of the terminal.

use crate::table::counted;

/// What both verdicts say of one metric; never that something is well which nobody tested.
pub(crate) fn verdicts(
    (violates_aws, violates_corrected): (bool, bool),
    (then, now): (Option<f64>, Option<f64>),
    p_adjusted: Option<f64>,
) -> String {
    if then.is_none() || now.is_none() {
        return "not compared: no value on one side".to_owned();
    }
    match (violates_aws, violates_corrected, p_adjusted.is_some()) {
        (false, false, true) => "ok",
        (false, false, false) => "ok (aws); not tested for chance",
        (true, false, true) => "violates (aws); may be chance",
        (true, false, false) => "violates (aws); not tested for chance",
        (false, true, _) => "more than chance, within the limit",
        (true, true, _) => "violates; more than chance",
    }
    .to_owned()
}

/// The corrected verdict in one line.
pub(crate) fn corrected_line(n_violating: usize, (n_tested, n_all): (usize, usize)) -> String {
    let untested = match n_all - n_tested {
        0 => String::new(),
        n => format!("; {n} of {n_all} could not be tested"),
    };
    match (n_violating, n_tested) {
        (0, 0) => format!("nothing could be tested, of {n_all}"),
        (0, _) => format!("chance explains every change that was tested{untested}"),
        (n, _) => format!(
            "{} got worse by more than chance explains{untested}",
            counted(n as u64, "metric")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_tested_is_not_called_well() {
        let said = verdicts((false, false), (Some(0.1), None), None);
        assert!(said.starts_with("not compared"), "{said}");
        let said = verdicts((true, false), (Some(0.1), Some(f64::INFINITY)), None);
        assert_eq!(said, "violates (aws); not tested for chance");
        assert_eq!(corrected_line(0, (0, 11)), "nothing could be tested, of 11");
    }

    #[test]
    fn one_metric_is_one_metric() {
        assert_eq!(
            corrected_line(1, (3, 4)),
            "1 metric got worse by more than chance explains; 1 of 4 could not be tested"
        );
    }
}
