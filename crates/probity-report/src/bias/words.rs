//! Names and numbers of a bias report as its sentences and tables show them.

use maud::{Markup, html};
use probity_domain::document::bias_file::{BiasFile, FacetFacts, MetricFacts};
use probity_domain::document::probity_file::Interval;

use super::metric_text::{has_direction, ideal_of};
use crate::number;

/// The group that is not listed; the listed values name the other.
pub(crate) const OTHERS: &str = "all others";

/// Characters of a value in tables and sentences.
const LONGEST_VALUE: usize = 48;

/// Three decimals, which is what samples of common size can carry; four digits for numbers
/// beyond 1 and for those that would become nothing.
pub(crate) fn metric_number(value: f64) -> String {
    let size = value.abs();
    if !(0.0005..1.0).contains(&size) {
        return number::short(value);
    }
    let sign = if value < 0.0 { "−" } else { "" };
    format!("{sign}{}", number::thousandths(size))
}

/// `−0.015 to 0.31`
pub(crate) fn interval_text(interval: &Interval) -> String {
    format!(
        "{} to {}",
        metric_number(interval.low),
        metric_number(interval.high)
    )
}

/// A value that can be seen, cut to a length that a table bears.
pub(crate) fn shown_value(value: &str) -> String {
    if value.trim().is_empty() {
        return "(empty)".to_owned();
    }
    let start: String = value.chars().take(LONGEST_VALUE).collect();
    if start.len() < value.len() {
        format!("{start}…")
    } else {
        start
    }
}

/// `sex = F`; an interval is not equal to anything: `age in (40, 58]`.
pub(crate) fn facet_title(facet: &FacetFacts) -> Markup {
    facet_name(&facet.facet, &facet.value_or_threshold)
}

pub(crate) fn facet_name(facet: &str, value: &str) -> Markup {
    html! { bdi { (shown_value(facet)) } " " (relation(value)) " " bdi { (shown_value(value)) } }
}

/// The same in plain text.
pub(crate) fn facet_words(facet: &str, value: &str) -> String {
    format!(
        "{} {} {}",
        shown_value(facet),
        relation(value),
        shown_value(value)
    )
}

fn relation(value: &str) -> &'static str {
    let is_interval = value.starts_with('(') && value.ends_with(']') && value.contains(", ");
    if is_interval || value.contains(',') {
        "in"
    } else {
        "="
    }
}

/// What the data hold of each row's outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcomes {
    Labels,
    LabelsAndPredictions,
}

impl Outcomes {
    pub(crate) fn of(file: &BiasFile) -> Self {
        match file.predicted_label {
            Some(_) => Self::LabelsAndPredictions,
            None => Self::Labels,
        }
    }

    pub(crate) fn are_predicted(self) -> bool {
        self == Self::LabelsAndPredictions
    }
}

/// Whether sampling error does not explain the distance from the ideal value. Never said of a
/// metric without a direction: a distance is positive in every sample, also where the groups
/// do not differ at all.
pub(crate) fn stands_out(metric: &MetricFacts) -> bool {
    has_direction(&metric.name) && leaves_out_ideal(metric)
}

/// For a metric that has a direction.
pub(crate) fn leaves_out_ideal(metric: &MetricFacts) -> bool {
    let ideal = ideal_of(&metric.name).value();
    metric
        .interval
        .as_ref()
        .is_some_and(|interval| interval.low > ideal || interval.high < ideal)
}

#[cfg(test)]
mod tests {
    use super::{facet_words, metric_number};

    #[track_caller]
    fn check(value: f64, shown: &str) {
        assert_eq!(metric_number(value), shown);
    }

    #[test]
    fn numbers_have_three_decimals_and_never_become_nothing() {
        check(-0.251_748, "−0.252");
        check(0.000_123, "0.000123");
        check(-0.000_123, "−0.000123");
        check(0.0, "0");
        check(-36.693_877, "−36.69");
        check(f64::INFINITY, "∞");
    }

    #[test]
    fn values_that_are_a_list_or_an_interval_are_not_said_to_be_equal() {
        assert_eq!(facet_words("sex", "F"), "sex = F");
        assert_eq!(facet_words("age", "(40, 58]"), "age in (40, 58]");
        assert_eq!(facet_words("income", "mid,high"), "income in mid,high");
        assert_eq!(facet_words("income", ""), "income = (empty)");
    }
}
