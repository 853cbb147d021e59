//! `GetMetricData`: several metrics at once, page by page.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::statistics::{Metric, Periods, Statistic, by_period};
use super::{items, required, text};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::page_token::Question;
use crate::timestamp;

const MAX_DATAPOINTS: u64 = 100_800;

/// Where the next page goes on: at this query, behind this period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    query: usize,
    after_ms: i64,
}

#[derive(Clone, Debug, PartialEq)]
struct Query {
    id: String,
    label: String,
    metric: Metric,
    periods: Periods,
    statistic: Statistic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ScanBy {
    Descending,
    Ascending,
}

pub async fn get_data(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "cloudwatch:GetMetricData")?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let queries = queries(&input)?;
    let scan_by = match text(&input, "ScanBy") {
        Some("TimestampAscending") => ScanBy::Ascending,
        Some(_) | None => ScanBy::Descending,
    };
    let mut left = input
        .get("MaxDatapoints")
        .and_then(Value::as_u64)
        .unwrap_or(MAX_DATAPOINTS)
        .clamp(1, MAX_DATAPOINTS);
    let mut place = match text(&input, "NextToken").filter(|token| !token.is_empty()) {
        Some(token) => Some(question.after::<Place>(token)?),
        None => None,
    };
    let mut results = Vec::new();
    let mut next = None;
    for (index, query) in queries.iter().enumerate() {
        let after_ms = match place {
            // Shown whole on an earlier page.
            Some(place) if index < place.query => continue,
            Some(found) if index == found.query => place.take().map(|place| place.after_ms),
            Some(_) | None => None,
        };
        let series = series(&deed, query, scan_by, after_ms).await?;
        let fits = usize::try_from(left).unwrap_or(usize::MAX);
        let page = &series[..series.len().min(fits)];
        left -= page.len() as u64;
        let is_whole = page.len() == series.len();
        results.push(shown(query, page, is_whole.then_some("Complete")));
        if !is_whole {
            let after_ms = page.last().map_or(after_ms, |(at_ms, _)| Some(*at_ms));
            let start = match scan_by {
                ScanBy::Descending => i64::MAX,
                ScanBy::Ascending => i64::MIN,
            };
            next = Some(Place {
                query: index,
                after_ms: after_ms.unwrap_or(start),
            });
            break;
        }
    }
    let mut answer = Map::new();
    answer.insert("MetricDataResults".to_owned(), Value::Array(results));
    answer.insert("Messages".to_owned(), json!([]));
    if let Some(next) = next {
        answer.insert("NextToken".to_owned(), question.token(&next)?.into());
    }
    Ok(Value::Object(answer))
}

/// Periods with their values, in the asked order, behind `after_ms`.
async fn series(
    deed: &Deed<'_>,
    query: &Query,
    scan_by: ScanBy,
    after_ms: Option<i64>,
) -> Result<Vec<(i64, f64)>, Fault> {
    let points = query.metric.points(deed, query.periods).await?;
    let mut series: Vec<(i64, f64)> = by_period(&points, query.periods)
        .into_iter()
        .filter_map(|(at_ms, summary)| Some((at_ms, summary.get(query.statistic)?)))
        .collect();
    if scan_by == ScanBy::Descending {
        series.reverse();
    }
    if let Some(after_ms) = after_ms {
        series.retain(|(at_ms, _)| match scan_by {
            ScanBy::Descending => *at_ms < after_ms,
            ScanBy::Ascending => *at_ms > after_ms,
        });
    }
    Ok(series)
}

fn shown(query: &Query, page: &[(i64, f64)], complete: Option<&str>) -> Value {
    let timestamps: Vec<Value> = page
        .iter()
        .map(|(at_ms, _)| timestamp::seconds(*at_ms))
        .collect();
    let values: Vec<f64> = page.iter().map(|(_, value)| *value).collect();
    json!({
        "Id": query.id,
        "Label": query.label,
        "Timestamps": timestamps,
        "Values": values,
        "StatusCode": complete.unwrap_or("PartialData"),
    })
}

fn queries(input: &Value) -> Result<Vec<Query>, Fault> {
    let mut ids = BTreeSet::new();
    let mut queries = Vec::new();
    for given in items(input, "MetricDataQueries") {
        let id = required(given, "Id")?;
        if !ids.insert(id) {
            return Err(Fault::invalid(
                "The values for parameter id in MetricDataQueries are not unique.",
            ));
        }
        let query = query(input, given, id)?;
        if given.get("ReturnData").and_then(Value::as_bool) != Some(false) {
            queries.push(query);
        }
    }
    Ok(queries)
}

fn query(input: &Value, given: &Value, id: &str) -> Result<Query, Fault> {
    if text(given, "Expression").is_some() {
        return Err(Fault::invalid(format!(
            "Query {id} has an Expression: only queries with MetricStat are supported"
        )));
    }
    let stat = given
        .get("MetricStat")
        .filter(|stat| !stat.is_null())
        .ok_or_else(|| Fault::invalid(format!("Query {id} has no MetricStat")))?;
    let metric = stat
        .get("Metric")
        .ok_or_else(|| Fault::invalid(format!("Query {id} has no Metric")))?;
    let metric = Metric::of_request(metric, text(stat, "Unit"))?;
    let period = stat.get("Period").and_then(Value::as_i64).unwrap_or(0);
    Ok(Query {
        id: id.to_owned(),
        label: text(given, "Label").unwrap_or(&metric.name).to_owned(),
        periods: Periods::of_request(input, period)?,
        statistic: Statistic::parse(required(stat, "Stat")?)?,
        metric,
    })
}
