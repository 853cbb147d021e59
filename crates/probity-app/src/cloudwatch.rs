//! CloudWatch metrics, kept as points in the metadata store: put, read as statistics over
//! periods, listed. Reports and monitors write theirs through the same points.
//!
//! A point is a statistic set (sum, count, minimum, maximum), as CloudWatch's own
//! `StatisticValues`; percentiles can be had from it where minimum and maximum are the same, and no
//! others. How long endpoints took is kept as histograms, which give them. Points are not events of
//! the audit log: they are measurements, and there may be thousands a minute.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fault::Fault;

mod data;
pub mod endpoint_metrics;
mod list;
mod put;
mod statistics;

pub use data::get_data;
pub use list::list_metrics;
pub use put::put_data;
pub use statistics::get_statistics;

/// CloudWatch's limit of dimensions of a metric.
const MAX_DIMENSIONS: usize = 30;

fn text<'a>(input: &'a Value, member: &str) -> Option<&'a str> {
    input.get(member).and_then(Value::as_str)
}

fn required<'a>(input: &'a Value, member: &str) -> Result<&'a str, Fault> {
    text(input, member)
        .filter(|text| !text.is_empty())
        .ok_or_else(|| Fault::invalid(format!("The parameter {member} is required.")))
}

fn items<'a>(input: &'a Value, member: &str) -> &'a [Value] {
    input
        .get(member)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// `Dimensions`, each with a name and a value.
fn dimensions(input: &Value) -> Result<BTreeMap<String, String>, Fault> {
    let mut found = BTreeMap::new();
    for dimension in items(input, "Dimensions") {
        let name = required(dimension, "Name")?;
        let value = required(dimension, "Value")?;
        if found.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(Fault::invalid(format!(
                "The dimension {name} is there twice."
            )));
        }
    }
    if found.len() > MAX_DIMENSIONS {
        return Err(Fault::invalid(format!(
            "The collection Dimensions must not have a size greater than {MAX_DIMENSIONS}."
        )));
    }
    Ok(found)
}
