//! `GetMetricStatistics`, and how points become statistics over periods.
//!
//! Periods start at the beginning of the asked range, rounded down to the minute (to the period
//! where that is shorter).

use std::collections::BTreeMap;

use probity_store::metric_point::{self, MetricPoint, SelectPoints};
use serde_json::{Map, Value, json};

use super::{dimensions, items, required, text};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::timestamp;

const MINUTE_MS: i64 = 60_000;
const MAX_DATAPOINTS: i64 = 1440;

/// What is computed from the points of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Statistic {
    SampleCount,
    Average,
    Sum,
    Minimum,
    Maximum,
}

impl Statistic {
    pub(super) fn parse(text: &str) -> Result<Statistic, Fault> {
        Ok(match text {
            "SampleCount" => Self::SampleCount,
            "Average" => Self::Average,
            "Sum" => Self::Sum,
            "Minimum" => Self::Minimum,
            "Maximum" => Self::Maximum,
            _ => {
                return Err(Fault::invalid(format!(
                    "The statistic {text} is not supported: metrics are kept as sum, count, \
                     minimum and maximum, which give SampleCount, Average, Sum, Minimum and Maximum"
                )));
            }
        })
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::SampleCount => "SampleCount",
            Self::Average => "Average",
            Self::Sum => "Sum",
            Self::Minimum => "Minimum",
            Self::Maximum => "Maximum",
        }
    }
}

/// The points of one period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Summary {
    sum: f64,
    count: f64,
    minimum: f64,
    maximum: f64,
}

impl Summary {
    fn of(point: &MetricPoint) -> Summary {
        Summary {
            sum: point.sum,
            count: point.count,
            minimum: point.minimum,
            maximum: point.maximum,
        }
    }

    fn merge(&mut self, other: Summary) {
        self.sum += other.sum;
        self.count += other.count;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
    }

    /// `None` for the average of no samples, which a statistic set may say.
    pub(super) fn get(self, statistic: Statistic) -> Option<f64> {
        match statistic {
            Statistic::SampleCount => Some(self.count),
            Statistic::Sum => Some(self.sum),
            Statistic::Minimum => Some(self.minimum),
            Statistic::Maximum => Some(self.maximum),
            Statistic::Average => (self.count > 0.0).then(|| self.sum / self.count),
        }
    }
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
    ) -> Result<Vec<MetricPoint>, Fault> {
        let wanted = SelectPoints {
            region: deed.region.to_owned(),
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            dimensions: self.dimensions.clone(),
            from_ms: periods.start_ms,
            to_ms: periods.end_ms.saturating_sub(1),
        };
        let mut points = metric_point::select(&deed.app.store, &wanted).await?;
        if let Some(unit) = &self.unit {
            points.retain(|point| point.unit.as_deref().unwrap_or(NO_UNIT) == unit);
        }
        Ok(points)
    }
}

const NO_UNIT: &str = "None";

/// Points of all units together, by period.
pub(super) fn by_period(points: &[MetricPoint], periods: Periods) -> BTreeMap<i64, Summary> {
    let summaries = summaries(points, |point| (periods.start_of(point.at_ms), None));
    summaries
        .into_iter()
        .map(|((start_ms, _), summary)| (start_ms, summary))
        .collect()
}

fn summaries(points: &[MetricPoint], key: impl Fn(&MetricPoint) -> Key) -> BTreeMap<Key, Summary> {
    let mut found: BTreeMap<Key, Summary> = BTreeMap::new();
    for point in points {
        found
            .entry(key(point))
            .and_modify(|summary| summary.merge(Summary::of(point)))
            .or_insert(Summary::of(point));
    }
    found
}

pub async fn get_statistics(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "cloudwatch:GetMetricStatistics")?;
    if let Some(percentile) = items(&input, "ExtendedStatistics").first() {
        Statistic::parse(percentile.as_str().unwrap_or_default())?;
    }
    let statistics = items(&input, "Statistics")
        .iter()
        .map(|name| Statistic::parse(name.as_str().unwrap_or_default()))
        .collect::<Result<Vec<_>, Fault>>()?;
    if statistics.is_empty() {
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
        let unit = unit.unwrap_or_else(|| NO_UNIT.to_owned());
        shown.insert("Unit".to_owned(), json!(unit));
        Value::Object(shown)
    });
    Ok(json!({
        "Label": metric.name,
        "Datapoints": shown.collect::<Vec<_>>(),
    }))
}
