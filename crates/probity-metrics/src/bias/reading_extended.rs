//! What a value of the metrics that Clarify lacks says, in a sentence.

use probity_domain::document::probity_file::Interval;

use super::counts::BiasCounts;
use super::extended_metric::{Comparison, ExtendedMetric};
use super::rate::Rate;
use super::reading::{Reported, meaning};
use super::reading_rate::{
    GroupNames, NO_DIFFERENCE, Standing, both_rates, gap_in_words, level, number, standing,
};

/// The sentence for a value; of a metric without one see its error.
pub fn extended_reading(
    metric: ExtendedMetric,
    reported: Reported,
    counts: &BiasCounts,
    names: GroupNames,
) -> String {
    if let Some((rate, Comparison::Difference)) = metric.comparison() {
        let mut sentence = format!(
            "{}: {}",
            both_rates(rate, counts, names),
            gap_in_words(reported.value, reported.interval)
        );
        if let Some(meaning) = meaning(
            rate,
            standing(reported.value, reported.interval, 0.0),
            names,
        ) {
            sentence = format!("{sentence}; {meaning}");
        }
        return sentence + ".";
    }
    let number_with_interval = format!(
        "{} {}{}",
        metric.title(),
        number(reported.value),
        interval_in_words(reported.interval)
    );
    let verdict = verdict(metric, reported, names);
    let rates: Vec<String> = rates_to_tell(metric)
        .iter()
        .map(|rate| both_rates(*rate, counts, names))
        .collect();
    if rates.is_empty() {
        return format!("{}{verdict}.", number_with_interval);
    }
    format!("{}. {number_with_interval}{verdict}.", rates.join("; "))
}

fn rates_to_tell(metric: ExtendedMetric) -> &'static [Rate] {
    match metric {
        ExtendedMetric::BetweenGroupGeneralizedEntropyIndex
        | ExtendedMetric::BetweenGroupTheilIndex => &[Rate::FalsePositive, Rate::FalseNegative],
        other => other.rates(),
    }
}

fn verdict(metric: ExtendedMetric, reported: Reported, names: GroupNames) -> String {
    let standing = standing(reported.value, reported.interval, metric.ideal());
    if matches!(
        metric,
        ExtendedMetric::TheilIndex | ExtendedMetric::CoefficientOfVariation
    ) {
        return ", where 0 is equal benefit for every row; both groups together".to_owned();
    }
    match (standing, metric.comparison()) {
        (Standing::Equal, _) => format!(", {NO_DIFFERENCE}"),
        (Standing::Unsure, _) => String::new(),
        (Standing::Below | Standing::Above, Some((rate, Comparison::Ratio))) => {
            meaning(rate, standing, names)
                .map_or_else(String::new, |meaning| format!("; {meaning}"))
        }
        (Standing::Below | Standing::Above, _) => {
            format!(
                ", a difference beyond sampling error ({} is equal)",
                metric.ideal()
            )
        }
    }
}

fn interval_in_words(interval: Option<&Interval>) -> String {
    interval.map_or_else(String::new, |interval| {
        let ends = format!("{} to {}", number(interval.low), number(interval.high));
        format!(" ({} {ends})", level(interval))
    })
}

#[cfg(test)]
mod tests {
    use super::super::counts::OutcomeCounts;
    use super::super::extended::{extended_interval, extended_metric};
    use super::*;

    #[test]
    fn each_kind_of_metric_has_its_sentence() {
        let counts = BiasCounts {
            total: OutcomeCounts::new([30, 10, 10, 50, 50, 20, 20, 10]),
            strata: None,
        };
        let names = GroupNames {
            facet: "age",
            value: "(40, 58]",
        };
        let of = |metric: ExtendedMetric| {
            let interval = extended_interval(metric, &counts, 0.95).interval;
            let value = extended_metric(metric, &counts).unwrap_or(f64::NAN);
            let reported = Reported {
                value,
                interval: interval.as_ref(),
            };
            extended_reading(metric, reported, &counts, names)
        };
        let expected = [
            (
                ExtendedMetric::DemographicParityDifference,
                "30.0 % of `age` in (40, 58] are predicted positive, against 60.0 % of the others. Demographic parity difference 0.300 (95 % interval 0.164 to 0.425), a difference beyond sampling error (0 is equal).",
            ),
            (
                ExtendedMetric::DemographicParityRatio,
                "30.0 % of `age` in (40, 58] are predicted positive, against 60.0 % of the others. Demographic parity ratio 0.500 (95 % interval 0.353 to 0.695), a difference beyond sampling error (1 is equal).",
            ),
            (
                ExtendedMetric::EqualizedOddsDifference,
                "33.3 % of `age` in (40, 58] with a positive label are predicted positive, against 83.3 % of the others; 28.6 % of `age` in (40, 58] with a negative label are predicted positive, against 25.0 % of the others. Equalized odds difference 0.500 (95 % interval 0.262 to 0.687), a difference beyond sampling error (0 is equal).",
            ),
            (
                ExtendedMetric::EqualOpportunityDifference,
                "33.3 % of `age` in (40, 58] with a positive label are predicted positive, against 83.3 % of the others: 50.0 percentage points lower (95 % interval 29.3 to 66.8); at a disadvantage: `age` in (40, 58].",
            ),
            (
                ExtendedMetric::AverageAbsOddsDifference,
                "33.3 % of `age` in (40, 58] with a positive label are predicted positive, against 83.3 % of the others; 28.6 % of `age` in (40, 58] with a negative label are predicted positive, against 25.0 % of the others. Average absolute odds difference 0.268 (95 % interval 0.121 to 0.415), a difference beyond sampling error (0 is equal).",
            ),
            (
                ExtendedMetric::ErrorRateRatio,
                "40.0 % of `age` in (40, 58] are predicted wrongly, against 20.0 % of the others. Error rate ratio 2.00 (95 % interval 1.28 to 3.18); the model is wrong about `age` in (40, 58] more often than about the others.",
            ),
            (
                ExtendedMetric::FalsePositiveRateRatio,
                "28.6 % of `age` in (40, 58] with a negative label are predicted positive, against 25.0 % of the others. False positive rate ratio 1.14 (95 % interval 0.612 to 2.23), no difference beyond sampling error.",
            ),
            (
                ExtendedMetric::DifferentialFairness,
                "30.0 % of `age` in (40, 58] are predicted positive, against 60.0 % of the others. Differential fairness ε 0.693 (95 % interval 0.364 to 1.04), a difference beyond sampling error (0 is equal).",
            ),
            (
                ExtendedMetric::TheilIndex,
                "Theil index 0.208 (95 % interval 0.156 to 0.274), where 0 is equal benefit for every row; both groups together.",
            ),
            (
                ExtendedMetric::BetweenGroupGeneralizedEntropyIndex,
                "28.6 % of `age` in (40, 58] with a negative label are predicted positive, against 25.0 % of the others; 66.7 % of `age` in (40, 58] with a positive label are predicted negative, against 16.7 % of the others. Between-group generalized entropy 0 (95 % interval 0 to 0.0030), no difference beyond sampling error.",
            ),
        ];
        for (metric, sentence) in expected {
            assert_eq!(of(metric), sentence);
        }
    }
}
