//! Metrics of trial components, as the metrics plane of SageMaker takes and gives them.
//!
//! Source: BatchPutMetrics and BatchGetMetrics of sagemaker-metrics 2022-09-30. A value with a
//! step is kept twice, once by its time and once by its step, so that both can be asked for. What
//! Describe shows is brought forward in the component's row with every value.

use std::collections::BTreeMap;

use probity_domain::Arn;
use probity_store::metric_point::{self, MetricPoint, SelectPoints};
use serde_json::{Value, json};

use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::lineage;
use crate::metric_summary::{self, Measured, Taken};
use crate::stored::{self, Edited};
use crate::timestamp;
use crate::trial_component::TRIAL_COMPONENT;

/// The two axes, as namespaces of metric points: `at_ms` is the time in the one, the step in the
/// other.
const BY_TIME: &str = "/aws/sagemaker/TrialComponents";
const BY_STEP: &str = "/aws/sagemaker/TrialComponents/Iterations";

/// The service's own limits of a request.
const MOST_VALUES: usize = 10;
const MOST_QUERIES: usize = 100;
/// How many points an answer has at most; then it is `Truncated`.
const MOST_POINTS: usize = 10_000;

/// A value of a request; what is wrong with it is told by its place in the request.
struct Given<'a> {
    measured: Measured<'a>,
    step: Option<i64>,
}

pub async fn put(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:BatchPutMetrics")?;
    let name = stored::text(&input, "TrialComponentName")?;
    let data = list(&input, "MetricData", MOST_VALUES)?;
    let mut errors = Vec::new();
    let mut points = Vec::new();
    let mut unit = app.store.begin().await?;
    stored::change_in(
        &mut unit,
        &deed,
        TRIAL_COMPONENT.key(&deed, name),
        |component| {
            let Value::Object(body) = &mut component.body else {
                return Ok(Edited::Not);
            };
            for (index, value) in data.iter().enumerate() {
                let code = match read(value) {
                    None => "VALIDATION_ERROR",
                    Some(given) => match metric_summary::take(body, given.measured) {
                        Taken::TooManyNames => "METRIC_LIMIT_EXCEEDED",
                        Taken::Yes => {
                            points.extend(points_of(&deed, &component.arn, &given));
                            continue;
                        }
                    },
                };
                errors.push(json!({"Code": code, "MetricIndex": index}));
            }
            match points.is_empty() {
                true => Ok(Edited::Not),
                false => Ok(Edited::Yes),
            }
        },
    )
    .await?;
    metric_point::insert(&mut unit, &points).await?;
    unit.commit().await?;
    Ok(json!({"Errors": errors}))
}

fn list<'a>(input: &'a Value, member: &str, most: usize) -> Result<&'a [Value], Fault> {
    let elements = input.get(member).and_then(Value::as_array);
    match elements {
        Some(elements) if (1..=most).contains(&elements.len()) => Ok(elements),
        Some(_) | None => Err(Fault::invalid(format!(
            "{member} must have 1 to {most} elements"
        ))),
    }
}

fn read(value: &Value) -> Option<Given<'_>> {
    let name = value.get("MetricName")?.as_str()?;
    let at_ms = timestamp::read("Timestamp", value.get("Timestamp")?).ok()?;
    let number = value
        .get("Value")?
        .as_f64()
        .filter(|number| number.is_finite())?;
    let step = match value.get("Step") {
        None | Some(Value::Null) => None,
        Some(step) => Some(step.as_i64().filter(|step| *step >= 0)?),
    };
    (1..=255).contains(&name.chars().count()).then_some(Given {
        measured: Measured {
            name,
            value: number,
            at_ms,
        },
        step,
    })
}

fn points_of(deed: &Deed<'_>, arn: &str, given: &Given<'_>) -> Vec<MetricPoint> {
    let Measured { name, value, at_ms } = given.measured;
    let by_time = MetricPoint {
        region: deed.region.to_owned(),
        namespace: BY_TIME.to_owned(),
        name: name.to_owned(),
        dimensions: dimensions(arn),
        at_ms,
        sum: value,
        count: 1.0,
        minimum: value,
        maximum: value,
        unit: None,
    };
    match given.step {
        None => vec![by_time],
        Some(step) => {
            let by_step = MetricPoint {
                namespace: BY_STEP.to_owned(),
                at_ms: step,
                ..by_time.clone()
            };
            vec![by_time, by_step]
        }
    }
}

fn dimensions(arn: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("ResourceArn".to_owned(), arn.to_owned())])
}

pub async fn get(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:BatchGetMetrics")?;
    let mut results = Vec::new();
    for query in list(&input, "MetricQueries", MOST_QUERIES)? {
        let result = match Query::read(query) {
            Ok(query) => query.answer(&deed).await?,
            Err(message) => refused(&message),
        };
        results.push(result);
    }
    Ok(json!({"MetricQueryResults": results}))
}

fn refused(message: &str) -> Value {
    json!({
        "Status": "ValidationError",
        "Message": message,
        "XAxisValues": [],
        "MetricValues": [],
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Statistic {
    Min,
    Max,
    Avg,
    Count,
    StdDev,
    Last,
}

#[derive(Debug)]
struct Query<'a> {
    metric: &'a str,
    resource_arn: &'a str,
    statistic: Statistic,
    namespace: &'static str,
    /// Width of a bucket on the axis, in its unit: milliseconds or steps.
    period: i64,
    from: i64,
    to: i64,
}

impl<'a> Query<'a> {
    fn read(document: &'a Value) -> Result<Query<'a>, String> {
        let text = |member: &str| document.get(member).and_then(Value::as_str).unwrap_or("");
        let by_step = text("XAxisType") == "IterationNumber";
        let period = match (by_step, text("Period")) {
            (true, "IterationNumber") => 1,
            (false, "OneMinute") => 60_000,
            (false, "FiveMinute") => 300_000,
            (false, "OneHour") => 3_600_000,
            (_, period) => {
                return Err(format!(
                    "Period {period} does not go with the type of the x-axis"
                ));
            }
        };
        let statistic = match text("MetricStat") {
            "Min" => Statistic::Min,
            "Max" => Statistic::Max,
            "Avg" => Statistic::Avg,
            "Count" => Statistic::Count,
            "StdDev" => Statistic::StdDev,
            "Last" => Statistic::Last,
            other => return Err(format!("there is no statistic {other}")),
        };
        // Start and end are seconds, or steps.
        let scale = if by_step { 1 } else { 1000 };
        let bound = |member: &str, missing: i64| {
            let bound = document.get(member).and_then(Value::as_i64);
            bound.map_or(missing, |bound| bound.saturating_mul(scale))
        };
        Ok(Query {
            metric: text("MetricName"),
            resource_arn: text("ResourceArn"),
            statistic,
            namespace: if by_step { BY_STEP } else { BY_TIME },
            period,
            from: bound("Start", i64::MIN),
            to: bound("End", i64::MAX),
        })
    }

    async fn answer(&self, deed: &Deed<'_>) -> Result<Value, Fault> {
        let component = self.resource_arn.parse::<Arn>().ok();
        let Some(name) = component
            .and_then(|_| lineage::name_of(deed, TRIAL_COMPONENT.kind, self.resource_arn).ok())
        else {
            return Ok(refused(
                "ResourceArn is no trial component of this account and region",
            ));
        };
        match stored::get(deed, &TRIAL_COMPONENT, &name).await {
            Ok(_) => {}
            Err(Fault::NotFound { .. }) => return Ok(refused("ResourceArn does not exist")),
            Err(other) => return Err(other),
        }
        let wanted = SelectPoints {
            region: deed.region.to_owned(),
            namespace: self.namespace.to_owned(),
            name: self.metric.to_owned(),
            dimensions: dimensions(self.resource_arn),
            from_ms: self.from,
            to_ms: self.to,
        };
        let points = metric_point::select(&deed.app.store, &wanted).await?;
        Ok(self.summarise(&points))
    }

    fn summarise(&self, points: &[MetricPoint]) -> Value {
        let mut buckets: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        for point in points {
            let start = point
                .at_ms
                .div_euclid(self.period)
                .saturating_mul(self.period);
            buckets.entry(start).or_default().push(point.sum);
        }
        let status = match buckets.len() > MOST_POINTS {
            true => "Truncated",
            false => "Complete",
        };
        let scale = if self.namespace == BY_STEP { 1 } else { 1000 };
        let (axis, values): (Vec<i64>, Vec<f64>) = buckets
            .iter()
            .take(MOST_POINTS)
            .map(|(start, values)| (start / scale, self.statistic.of(values)))
            .unzip();
        json!({"Status": status, "XAxisValues": axis, "MetricValues": values})
    }
}

impl Statistic {
    /// Of one value at least.
    fn of(self, values: &[f64]) -> f64 {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        match self {
            Self::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Avg => mean,
            Self::Count => count,
            Self::StdDev => {
                let squares = values
                    .iter()
                    .map(|value| (value - mean).powi(2))
                    .sum::<f64>();
                (squares / count).sqrt()
            }
            Self::Last => values.last().copied().unwrap_or(f64::NAN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statistic_is_of_the_values_of_a_bucket() {
        let values = [2.0, 4.0, 3.0];
        for (statistic, expected) in [
            (Statistic::Min, 2.0),
            (Statistic::Max, 4.0),
            (Statistic::Avg, 3.0),
            (Statistic::Count, 3.0),
            (Statistic::Last, 3.0),
        ] {
            assert!(
                (statistic.of(&values) - expected).abs() < 1e-12,
                "{statistic:?}"
            );
        }
        assert!((Statistic::StdDev.of(&values) - (2.0_f64 / 3.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_period_belongs_to_its_axis() {
        let query = |axis: &str, period: &str| {
            let document = json!({"MetricStat": "Min", "XAxisType": axis, "Period": period});
            Query::read(&document).is_ok()
        };
        assert!(query("Timestamp", "OneHour"));
        assert!(query("IterationNumber", "IterationNumber"));
        assert!(!query("Timestamp", "IterationNumber"));
        assert!(!query("IterationNumber", "OneHour"));
    }
}
