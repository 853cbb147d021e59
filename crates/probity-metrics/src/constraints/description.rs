//! The texts of violations.
//!
//! Tools of AWS's samples and of its users take them apart with regular expressions, so
//! every text satisfies the one in use for its check: `distance: (.+) exceeds threshold:
//! (.+)`, `Value: (.+) does not meet the constraint requirement!`, and for data types the
//! sentence that the service writes. `docs/api-quirks.md` says which were seen.

use probity_domain::document::JavaDouble;

use super::check::DistanceOutcome;
use super::shares::DomainShare;
use probity_domain::document::statistics::InferredType;

/// Values outside a domain that are named.
const NAMED_VALUES: usize = 3;
/// Characters of such a value.
const NAMED_LENGTH: usize = 40;

/// As the service writes it since 2020.
pub(crate) fn data_type(expected: InferredType, threshold: f64, ratio: f64) -> String {
    format!(
        "Data type match requirement is not met. Expected data type: {expected}, \
         Expected match: {threshold}%. Observed: Only {ratio}% of data is {expected}.",
        expected = expected.name(),
        threshold = percent(threshold),
        ratio = percent(ratio),
    )
}

pub(crate) fn completeness(expected: f64, ratio: f64) -> String {
    format!(
        "Value: {} does not meet the constraint requirement! Expected completeness: {}%. \
         Observed: Only {}% of values are present.",
        JavaDouble(ratio),
        percent(expected),
        percent(ratio),
    )
}

pub(crate) fn categorical_values(threshold: f64, ratio: f64, domain: &DomainShare) -> String {
    let bound = if domain.is_exact { "Only" } else { "At most" };
    let mut text = format!(
        "Value: {} does not meet the constraint requirement! Expected in domain: {}%. \
         Observed: {bound} {}% of values are in the domain.",
        JavaDouble(ratio),
        percent(threshold),
        percent(ratio),
    );
    let named: Vec<String> = domain
        .outside
        .iter()
        .take(NAMED_VALUES)
        .map(|(value, count)| format!("`{}` ({count})", shortened(value)))
        .collect();
    if !named.is_empty() {
        text.push_str(" Outside: ");
        text.push_str(&named.join(", "));
        text.push_str(if domain.outside.len() > NAMED_VALUES {
            ", …"
        } else {
            "."
        });
    }
    text
}

pub(crate) fn drift(outcome: DistanceOutcome, threshold: f64) -> String {
    match outcome {
        DistanceOutcome::Distance(distance) => format!(
            "Baseline drift distance: {} exceeds threshold: {}",
            JavaDouble(distance),
            JavaDouble(threshold)
        ),
        // Readers expect a distance that is too large; a p-value is too small.
        DistanceOutcome::PValue(p_value) => format!(
            "Chi-squared p-value {} is below {}. As one minus the p-value, \
             baseline drift distance: {} exceeds threshold: {}",
            JavaDouble(p_value),
            JavaDouble(threshold),
            JavaDouble(1.0 - p_value),
            JavaDouble(1.0 - threshold)
        ),
    }
}

/// How many columns each side has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnCounts {
    pub(crate) current: usize,
    pub(crate) baseline: usize,
}

pub(crate) fn missing_column(name: &str, counts: ColumnCounts) -> String {
    format!(
        "There are missing columns in current dataset. {}. Missing column: `{name}`",
        told(counts)
    )
}

pub(crate) fn extra_column(name: &str, counts: ColumnCounts) -> String {
    format!(
        "There are extra columns in current dataset. {}. Extra column: `{name}`",
        told(counts)
    )
}

fn told(counts: ColumnCounts) -> String {
    format!(
        "Number of columns in current dataset: {}, Number of columns in baseline constraints: {}",
        counts.current, counts.baseline
    )
}

/// The JVM's `ratio * 100`, not the nearest decimal: 0.07 is `7.000000000000001`.
fn percent(ratio: f64) -> JavaDouble {
    JavaDouble(ratio * 100.0)
}

fn shortened(value: &str) -> String {
    if value.chars().count() <= NAMED_LENGTH {
        return value.to_owned();
    }
    let mut short: String = value.chars().take(NAMED_LENGTH).collect();
    short.push('…');
    short
}
