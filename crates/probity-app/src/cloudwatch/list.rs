//! `ListMetrics`.

use probity_store::metric_point::{self, ListMetrics, MetricName};
use serde_json::{Map, Value, json};

use super::{items, required, text};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::page_token::Question;

/// The service's page; there is no parameter for it.
const PAGE: u32 = 500;

const THREE_HOURS_MS: i64 = 3 * 3600 * 1000;

pub async fn list_metrics(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "cloudwatch:ListMetrics")?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let mut wanted = ListMetrics {
        region: deed.region.to_owned(),
        namespace: text(&input, "Namespace").map(str::to_owned),
        name: text(&input, "MetricName").map(str::to_owned),
        dimensions: Vec::new(),
        since_ms: text(&input, "RecentlyActive").map(|_| deed.now_ms - THREE_HOURS_MS),
        after: None,
        limit: PAGE + 1,
    };
    for dimension in items(&input, "Dimensions") {
        let name = required(dimension, "Name")?.to_owned();
        wanted
            .dimensions
            .push((name, text(dimension, "Value").map(str::to_owned)));
    }
    if let Some(token) = text(&input, "NextToken").filter(|token| !token.is_empty()) {
        wanted.after = Some(question.after::<MetricName>(token)?);
    }
    let mut names = metric_point::names(&app.store, &wanted).await?;
    let page = usize::try_from(PAGE).unwrap_or(usize::MAX);
    let has_more = names.len() > page;
    names.truncate(page);
    let mut answer = Map::new();
    answer.insert("Metrics".to_owned(), names.iter().map(shown).collect());
    if let Some(last) = names.last().filter(|_| has_more) {
        answer.insert("NextToken".to_owned(), question.token(last)?.into());
    }
    Ok(Value::Object(answer))
}

fn shown(metric: &MetricName) -> Value {
    let dimensions: Vec<Value> = metric
        .dimensions
        .iter()
        .map(|(name, value)| json!({"Name": name, "Value": value}))
        .collect();
    json!({
        "Namespace": metric.namespace,
        "MetricName": metric.name,
        "Dimensions": dimensions,
    })
}
