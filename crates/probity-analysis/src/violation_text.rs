//! The sentences of `constraint_violations.json` taken apart again: what was expected and what was
//! found, in few words. A sentence that is not known is left whole.
//!
//! Source: the sentences of the four monitors as they are written here
//! (`probity_metrics::constraints`, `probity_domain::document::bias_violations`) and by the service.

/// What a sentence says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parted {
    /// `at most 0.1`
    pub expected: String,
    /// `0.195`
    pub found: String,
}

/// `None` of a sentence that is not known.
pub fn parted(description: &str) -> Option<Parted> {
    share(description)
        .or_else(|| distance(description))
        .or_else(|| quality(description))
        .or_else(|| bias(description))
        .or_else(|| columns(description))
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    match end {
        "" => Some(rest),
        end => rest.split_once(end).map(|(found, _)| found),
    }
}

/// Four digits that matter; what is no number stays as it is.
fn short(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let Ok(value) = text.parse::<f64>() else {
        return text.to_owned();
    };
    if value == 0.0 || !value.is_finite() {
        return text.to_owned();
    }
    match value.abs() {
        size if size < 1e-4 => format!("{value:.2e}"),
        size if size >= 100.0 => trimmed(format!("{value:.1}")),
        _ => trimmed(format!("{value:.4}")),
    }
}

fn trimmed(text: String) -> String {
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Of values that are there, have the type, or lie in the domain.
fn share(text: &str) -> Option<Parted> {
    let (expected, what) = if let Some(kind) = between(text, "Expected data type: ", ",") {
        let at_least = between(text, "Expected match: ", "%")?;
        (at_least, format!("of values {kind}"))
    } else if let Some(at_least) = between(text, "Expected completeness: ", "%") {
        (at_least, "of values present".to_owned())
    } else {
        let at_least = between(text, "Expected in domain: ", "%")?;
        (at_least, "of values in the domain".to_owned())
    };
    let observed = between(text, "Observed: ", "%")?;
    let (_, found) = observed.rsplit_once(' ')?;
    Some(Parted {
        expected: format!("at least {} % {what}", short(expected)),
        found: format!("{} %", short(found)),
    })
}

fn distance(text: &str) -> Option<Parted> {
    if let Some(gain) = between(text, "Feature attribution drift ", " exceeds") {
        return Some(Parted {
            expected: format!("at least {}", short(between(text, "threshold ", "")?)),
            found: short(gain),
        });
    }
    if let Some(p_value) = between(text, "Chi-squared p-value ", " is below ") {
        return Some(Parted {
            expected: format!(
                "p-value at least {}",
                short(between(text, " is below ", ". ")?)
            ),
            found: short(p_value),
        });
    }
    Some(Parted {
        expected: format!(
            "at most {}",
            short(between(text, " exceeds threshold: ", "")?)
        ),
        found: short(between(text, "distance: ", " exceeds")?),
    })
}

fn quality(text: &str) -> Option<Parted> {
    let (found, rest) = between(text, " with ", "")?.split_once(" was ")?;
    let side = match rest.split_once(' ')?.0 {
        "LessThanThreshold" => "at least",
        "GreaterThanThreshold" => "at most",
        _ => return None,
    };
    let value = found.split_once(" +/- ").map_or(found, |(value, _)| value);
    Some(Parted {
        expected: format!("{side} {}", short(between(rest, "'", "'")?)),
        found: short(value),
    })
}

fn bias(text: &str) -> Option<Parted> {
    let value = between(text, "Metric value ", " doesn't meet")?;
    let baseline = between(text, "requirement ", "")?;
    Some(Parted {
        expected: format!("no farther from 0 than {}", short(baseline)),
        found: short(value),
    })
}

fn columns(text: &str) -> Option<Parted> {
    let number = |start: &str, end: &str| between(text, start, end);
    Some(Parted {
        expected: format!(
            "{} columns",
            number("columns in baseline constraints: ", ".")?
        ),
        found: format!("{} columns", number("columns in current dataset: ", ",")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sentence_of_the_monitors_is_taken_apart() {
        for (text, expected, found) in [
            (
                "Baseline drift distance: 0.19490993964907008 exceeds threshold: 0.1",
                "at most 0.1",
                "0.1949",
            ),
            (
                "Data type match requirement is not met. Expected data type: Integral, Expected \
                 match: 100.0%. Observed: Only 75.0% of data is Integral.",
                "at least 100 % of values Integral",
                "75 %",
            ),
            (
                "Value: 0.25 does not meet the constraint requirement! Expected completeness: \
                 90.0%. Observed: Only 25.0% of values are present.",
                "at least 90 % of values present",
                "25 %",
            ),
            (
                "Value: 0.5 does not meet the constraint requirement! Expected in domain: 100.0%. \
                 Observed: At most 50.0% of values are in the domain. Outside: `x` (3).",
                "at least 100 % of values in the domain",
                "50 %",
            ),
            (
                "Metric recall with 0.6290322580645161 +/- 0.00967 was LessThanThreshold \
                 '0.7505228758169934'",
                "at least 0.7505",
                "0.629",
            ),
            (
                "Metric value 0.258129265355279 doesn't meet the baseline constraint requirement \
                 -0.15143266891184193",
                "no farther from 0 than -0.1514",
                "0.2581",
            ),
            (
                "Feature attribution drift 0.8 exceeds threshold 0.9",
                "at least 0.9",
                "0.8",
            ),
            (
                "There are missing columns in current dataset. Number of columns in current \
                 dataset: 7, Number of columns in baseline constraints: 8. Missing column: `a`",
                "8 columns",
                "7 columns",
            ),
            (
                "Chi-squared p-value 0.01 is below 0.05. As one minus the p-value, baseline drift \
                 distance: 0.99 exceeds threshold: 0.95",
                "p-value at least 0.05",
                "0.01",
            ),
        ] {
            let parted = parted(text).unwrap();
            assert_eq!(
                (parted.expected.as_str(), parted.found.as_str()),
                (expected, found)
            );
        }
        assert_eq!(parted("something else"), None);
    }
}
