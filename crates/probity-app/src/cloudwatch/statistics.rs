//! `GetMetricStatistics`, and how points become statistics over periods.
//!
//! Periods start at the beginning of the asked range, rounded down to the minute (to the period
//! where that is shorter).

use std::collections::BTreeMap;

use probity_store::metric_point::{self, MetricPoint, SelectPoints};
use serde_json::{Map, Value, json};

use super::{dimensions, endpoint_metrics, items, required, text};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::timestamp;

const MINUTE_MS: i64 = 60_000;
const MAX_DATAPOINTS: i64 = 1440;

/// What is computed from the points of a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Statistic {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
    /// `p99.9` is 99.9.
    Percentile(f64),
}

impl Statistic {
    pub(super) fn parse(text: &str) -> Result<Statistic, Fault> {
        Ok(match text {
            "SampleCount" => Self::SampleCount,
            "Average" => Self::Average,
            "Sum" => Self::Sum,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            _ => match percentile(text) {
                Some(percent) => Self::Percentile(percent),
                None => {
                    return Err(Fault::invalid(format!(
                        "The statistic {text} is not supported: SampleCount, Average, Sum, \
                         Minimum, Maximum and percentiles as p99 are"
                    )));
                }
            },
        })
    }

    fn as_str(self) -> &'static str {
        match self {
            // The caller's own spelling stands for it.
            Self::Percentile(_) => "ExtendedStatistics",
            Self::SampleCount => "SampleCount",
            Self::Average => "Average",
            Self::Sum => "Sum",
            Self::Minimum => "Minimum",
            Self::Maximum => "Maximum",
        }
    }
}

/// From `p0` to `p100`, with up to ten decimals.
fn percentile(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('p')?;
    let is_plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let percent: f64 = digits.parse().ok()?;
    (is_plain && digits.len() <= 14 && (0.0..=100.0).contains(&percent)).then_some(percent)
}

/// What was measured at one instant, or in the minute or hour that begins then.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) at_ms: i64,
    pub(super) unit: Option<String>,
    pub(super) summary: Summary,
}

impl Sample {
    fn of(point: MetricPoint) -> Sample {
        Sample {
            at_ms: point.at_ms,
            summary: Summary::of(&point),
            unit: point.unit,
        }
    }
}

/// The points of one period.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Summary {
    pub(super) sum: f64,
    pub(super) count: f64,
    pub(super) minimum: f64,
    pub(super) maximum: f64,
    /// Values with how often they came, in any order; `None` where that is not known.
    pub(super) values: Option<Vec<(f64, u64)>>,
}

impl Summary {
    /// A set of several values says nothing of those between its bounds: CloudWatch, too, gives
    /// percentiles only where both are the same.
    #[expect(
        clippy::float_cmp,
        reason = "a set of one value has it for both bounds, bit for bit"
    )]
    fn of(point: &MetricPoint) -> Summary {
        let is_one = point.minimum == point.maximum && point.count >= 1.0;
        Summary {
            sum: point.sum,
            count: point.count,
            minimum: point.minimum,
            maximum: point.maximum,
            values: is_one.then(|| vec![(point.minimum, whole(point.count))]),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of calls are far below 2^53"
    )]
    pub(super) fn of_values<const N: usize>(values: [(f64, u64); N]) -> Summary {
        let values: Vec<(f64, u64)> = values.into_iter().filter(|(_, n)| *n > 0).collect();
        let fold = |start: f64, least: fn(f64, f64) -> f64| {
            values.iter().map(|(value, _)| *value).fold(start, least)
        };
        Summary {
            sum: values
                .iter()
                .map(|(value, count)| value * *count as f64)
                .sum(),
            count: values.iter().map(|(_, count)| *count as f64).sum(),
            minimum: fold(f64::INFINITY, f64::min),
            maximum: fold(f64::NEG_INFINITY, f64::max),
            values: Some(values),
        }
    }

    fn merge(&mut self, other: &Summary) {
        self.sum += other.sum;
        self.count += other.count;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
        match (&mut self.values, &other.values) {
            (Some(values), Some(others)) => values.extend(others),
            (_, _) => self.values = None,
        }
    }

    /// `None` for the average of no samples, which a statistic set may say, and for percentiles of
    /// values that are not known.
    pub(super) fn get(&self, statistic: Statistic) -> Option<f64> {
        match statistic {
            Statistic::SampleCount => Some(self.count),
            Statistic::Sum => Some(self.sum),
            Statistic::Minimum => Some(self.minimum),
            Statistic::Maximum => Some(self.maximum),
            Statistic::Average => (self.count > 0.0).then(|| self.sum / self.count),
            Statistic::Percentile(percent) => self.percentile(percent),
        }
    }

    /// By nearest rank.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of samples are far below 2^53"
    )]
    fn percentile(&self, percent: f64) -> Option<f64> {
        let mut values = self.values.clone()?;
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        let all: u64 = values.iter().map(|(_, count)| count).sum();
        let rank = (percent / 100.0 * all as f64).ceil().max(1.0);
        let mut seen = 0;
        values.into_iter().find_map(|(value, count)| {
            seen += count;
            (seen as f64 >= rank).then_some(value)
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of samples, at least one"
)]
fn whole(count: f64) -> u64 {
    count.round() as u64
}

/// Start of a period, and the unit where units are told apart.
type Key = (i64, Option<String>);

/// A range that is cut into periods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Periods {
    pub(super) start_ms: i64,
    /// Not part of the range.
    pub(super) end_ms: i64,
    pub(super) period_ms: i64,
}

impl Periods {
    /// From `StartTime` and `EndTime` of a request.
    pub(super) fn of_request(input: &Value, period_seconds: i64) -> Result<Periods, Fault> {
        let time = |member: &str| match input.get(member) {
            Some(value) if !value.is_null() => timestamp::read(member, value),
            Some(_) | None => Err(Fault::invalid(format!(
                "The parameter {member} is required."
            ))),
        };
        let (start_ms, end_ms) = (time("StartTime")?, time("EndTime")?);
        let is_valid = period_seconds > 0
            && (period_seconds % 60 == 0 || [1, 5, 10, 20, 30].contains(&period_seconds));
        if !is_valid {
            return Err(Fault::invalid(format!(
                "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60: \
                 {period_seconds}"
            )));
        }
        if start_ms >= end_ms {
            return Err(Fault::invalid(
                "The parameter StartTime must be less than the parameter EndTime.",
            ));
        }
        let period_ms = period_seconds.saturating_mul(1000);
        Ok(Periods {
            start_ms: start_ms - start_ms.rem_euclid(period_ms.min(MINUTE_MS)),
            end_ms,
            period_ms,
        })
    }

    fn count(self) -> i64 {
        (self.end_ms - self.start_ms + self.period_ms - 1) / self.period_ms
    }

    fn start_of(self, at_ms: i64) -> i64 {
        at_ms - (at_ms - self.start_ms).rem_euclid(self.period_ms)
    }
}

/// Which points, and of which unit: all where it is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Metric {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) dimensions: BTreeMap<String, String>,
    pub(super) unit: Option<String>,
}

impl Metric {
    /// Namespace, name and dimensions as requests give them.
    pub(super) fn of_request(input: &Value, unit: Option<&str>) -> Result<Metric, Fault> {
        Ok(Metric {
            namespace: required(input, "Namespace")?.to_owned(),
            name: required(input, "MetricName")?.to_owned(),
            dimensions: dimensions(input)?,
            unit: unit.map(str::to_owned),
        })
    }

    pub(super) async fn points(
        &self,
        deed: &Deed<'_>,
        periods: Periods,
    ) -> Result<Vec<Sample>, Fault> {
        let wanted = SelectPoints {
            region: deed.region.to_owned(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            dimensions: self.dimensions.clone(),
            from_ms: periods.start_ms,
            to_ms: periods.end_ms.saturating_sub(1),
        };
        let points = metric_point::select(&deed.app.store, &wanted).await?;
        let mut samples: Vec<Sample> = points.into_iter().map(Sample::of).collect();
        samples.extend(endpoint_metrics::samples(deed, self, periods).await?);
        if let Some(unit) = &self.unit {
            samples.retain(|sample| sample.unit.as_deref().unwrap_or(NO_UNIT) == unit);
        }
        Ok(samples)
    }
}

const NO_UNIT: &str = "None";

/// Points of all units together, by period.
pub(super) fn by_period(points: &[Sample], periods: Periods) -> BTreeMap<i64, Summary> {
    let summaries = summaries(points, |point| (periods.start_of(point.at_ms), None));
    summaries
        .into_iter()
        .map(|((start_ms, _), summary)| (start_ms, summary))
        .collect()
}

fn summaries(points: &[Sample], key: impl Fn(&Sample) -> Key) -> BTreeMap<Key, Summary> {
    let mut found: BTreeMap<Key, Summary> = BTreeMap::new();
    for point in points {
        found
            .entry(key(point))
            .and_modify(|summary| summary.merge(&point.summary))
            .or_insert_with(|| point.summary.clone());
    }
    found
}

pub async fn get_statistics(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "cloudwatch:GetMetricStatistics")?;
    let percentiles = items(&input, "ExtendedStatistics")
        .iter()
        .filter_map(Value::as_str)
        .map(|name| match Statistic::parse(name)? {
            percentile @ Statistic::Percentile(_) => Ok((name, percentile)),
            _ => Err(Fault::invalid(format!(
                "The value {name} for parameter ExtendedStatistics is not a percentile."
            ))),
        })
        .collect::<Result<Vec<_>, Fault>>()?;
    let statistics = items(&input, "Statistics")
        .iter()
        .map(|name| Statistic::parse(name.as_str().unwrap_or_default()))
        .collect::<Result<Vec<_>, Fault>>()?;
    if statistics
        .iter()
        .any(|statistic| matches!(statistic, Statistic::Percentile(_)))
    {
        return Err(Fault::invalid(
            "Percentiles are asked for by the parameter ExtendedStatistics.",
        ));
    }
    if statistics.is_empty() && percentiles.is_empty() {
        return Err(Fault::invalid("The parameter Statistics is required."));
    }
    let period = input.get("Period").and_then(Value::as_i64).unwrap_or(0);
    let periods = Periods::of_request(&input, period)?;
    if periods.count() > MAX_DATAPOINTS {
        return Err(Fault::invalid(format!(
            "You have requested up to {} datapoints, which exceeds the limit of \
             {MAX_DATAPOINTS}. You may reduce the datapoints requested by increasing Period, or \
             decreasing the time range.",
            periods.count()
        )));
    }
    let metric = Metric::of_request(&input, text(&input, "Unit"))?;
    let points = metric.points(&deed, periods).await?;
    let datapoints = summaries(&points, |point| {
        (periods.start_of(point.at_ms), point.unit.clone())
    });
    let shown = datapoints.into_iter().map(|((start_ms, unit), summary)| {
        let mut shown = Map::new();
        shown.insert("Timestamp".to_owned(), timestamp::seconds(start_ms));
        for statistic in &statistics {
            if let Some(value) = summary.get(*statistic) {
                shown.insert(statistic.as_str().to_owned(), json!(value));
            }
        }
        let extended: Map<String, Value> = percentiles
            .iter()
            .filter_map(|(name, of)| Some(((*name).to_owned(), json!(summary.get(*of)?))))
            .collect();
        if !extended.is_empty() {
            shown.insert("ExtendedStatistics".to_owned(), Value::Object(extended));
        }
        let unit = unit.unwrap_or_else(|| NO_UNIT.to_owned());
        shown.insert("Unit".to_owned(), json!(unit));
        Value::Object(shown)
    });
    Ok(json!({
        "Label": metric.name,
        "Datapoints": shown.collect::<Vec<_>>(),
    }))
}
