//! `PutMetricData`.

use probity_store::metric_point::{self, MetricPoint};
use serde_json::{Value, json};

use super::{dimensions, items, required, text};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::timestamp;

/// Points in one request, and values in one point.
const MAX_DATA: usize = 1000;
const MAX_VALUES: usize = 150;

/// The service refuses numbers beyond ±2^360.
const LARGEST: f64 = f64::from_bits((1023 + 360) << 52);

pub async fn put_data(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "cloudwatch:PutMetricData")?;
    let namespace = required(&input, "Namespace")?;
    // Data of an entity is data like any other; entities are not kept.
    let of_entities = items(&input, "EntityMetricData")
        .iter()
        .flat_map(|entity| items(entity, "MetricData"));
    let data: Vec<&Value> = items(&input, "MetricData")
        .iter()
        .chain(of_entities)
        .collect();
    if data.is_empty() {
        return Err(Fault::invalid("The parameter MetricData is required."));
    }
    if data.len() > MAX_DATA {
        return Err(Fault::invalid(format!(
            "The collection MetricData must not have a size greater than {MAX_DATA}."
        )));
    }
    let points = data
        .into_iter()
        .enumerate()
        .map(|(index, datum)| point(&deed, namespace, datum, index + 1))
        .collect::<Result<Vec<_>, Fault>>()?;
    let mut unit = app.store.begin().await?;
    metric_point::insert(&mut unit, &points).await?;
    unit.commit().await?;
    Ok(json!({}))
}

/// `place` counts from 1, as the service's messages do.
fn point(
    deed: &Deed<'_>,
    namespace: &str,
    datum: &Value,
    place: usize,
) -> Result<MetricPoint, Fault> {
    let set = statistic_set(datum, &format!("MetricData.member.{place}"))?;
    let at_ms = match datum.get("Timestamp") {
        None | Some(Value::Null) => deed.now_ms,
        Some(value) => timestamp::read("Timestamp", value)?,
    };
    Ok(MetricPoint {
        region: deed.region.to_owned(),
        namespace: namespace.to_owned(),
        name: required(datum, "MetricName")?.to_owned(),
        dimensions: dimensions(datum)?,
        at_ms,
        sum: set.sum,
        count: set.count,
        minimum: set.minimum,
        maximum: set.maximum,
        unit: text(datum, "Unit").map(str::to_owned),
    })
}

struct StatisticSet {
    sum: f64,
    count: f64,
    minimum: f64,
    maximum: f64,
}

/// From `Value`, `Values` with `Counts`, or `StatisticValues`: exactly one of them.
fn statistic_set(datum: &Value, place: &str) -> Result<StatisticSet, Fault> {
    let given = |member: &str| datum.get(member).filter(|value| !value.is_null());
    let value = given("Value");
    let values = given("Values").filter(|values| values.as_array().is_none_or(|v| !v.is_empty()));
    let set = given("StatisticValues");
    match (value, values, set) {
        (Some(value), None, None) => {
            let value = number(Some(value), &format!("{place}.Value"))?;
            Ok(StatisticSet {
                sum: value,
                count: 1.0,
                minimum: value,
                maximum: value,
            })
        }
        (None, Some(_), None) => of_values(datum, place),
        (None, None, Some(set)) => {
            let read = |member: &str| {
                number(
                    set.get(member),
                    &format!("{place}.StatisticValues.{member}"),
                )
            };
            Ok(StatisticSet {
                sum: read("Sum")?,
                count: read("SampleCount")?,
                minimum: read("Minimum")?,
                maximum: read("Maximum")?,
            })
        }
        (None, None, None) => Err(Fault::invalid(format!(
            "At least one of the parameters {place}.Value, {place}.Values and \
             {place}.StatisticValues must be specified."
        ))),
        _ => Err(Fault::invalid(format!(
            "The parameters {place}.Value, {place}.Values and {place}.StatisticValues are mutually \
             exclusive and you have specified more than one."
        ))),
    }
}

fn of_values(datum: &Value, place: &str) -> Result<StatisticSet, Fault> {
    let (values, counts) = (items(datum, "Values"), items(datum, "Counts"));
    if values.len() > MAX_VALUES {
        return Err(Fault::invalid(format!(
            "The collection {place}.Values must not have a size greater than {MAX_VALUES}."
        )));
    }
    if !counts.is_empty() && counts.len() != values.len() {
        return Err(Fault::invalid(format!(
            "The parameters {place}.Values and {place}.Counts must be of the same size."
        )));
    }
    let mut set = StatisticSet {
        sum: 0.0,
        count: 0.0,
        minimum: f64::INFINITY,
        maximum: f64::NEG_INFINITY,
    };
    for (index, value) in values.iter().enumerate() {
        let value = number(Some(value), &format!("{place}.Values"))?;
        let count = match counts.get(index) {
            None => 1.0,
            Some(count) => number(Some(count), &format!("{place}.Counts"))?,
        };
        set.sum += value * count;
        set.count += count;
        set.minimum = set.minimum.min(value);
        set.maximum = set.maximum.max(value);
    }
    Ok(set)
}

/// Clients write numbers that are not finite as text; those are refused, as the service does.
fn number(value: Option<&Value>, place: &str) -> Result<f64, Fault> {
    let shown = value.map(Value::to_string).unwrap_or_default();
    match value.and_then(Value::as_f64) {
        Some(number) if number.abs() <= LARGEST => Ok(number),
        Some(_) | None => Err(Fault::invalid(format!(
            "The value {shown} for parameter {place} is invalid."
        ))),
    }
}
