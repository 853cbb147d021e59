//! Names of properties that a search may name, as GetSearchSuggestions offers them: those of the
//! newest records, so that tags, parameters and metrics are among them.

use std::collections::BTreeSet;

use probity_store::resource::{self, ListResources, SortBy, SortOrder};
use serde_json::{Value, json};

use super::extras::Extras;
use super::kept::Kept;
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;

/// How many records are looked at, how deep, and how many names are offered.
const RECORDS: u32 = 50;
const DEPTH: usize = 5;
const MOST: usize = 100;

pub async fn suggestions(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "sagemaker:GetSearchSuggestions")?;
    let kept = input
        .get("Resource")
        .and_then(Value::as_str)
        .and_then(Kept::of);
    let Some(kept) = kept else {
        return Ok(json!({"PropertyNameSuggestions": []}));
    };
    let hint = input
        .get("SuggestionQuery")
        .and_then(|query| query.get("PropertyNameQuery"))
        .and_then(|query| query.get("PropertyNameHint"))
        .and_then(Value::as_str)
        .unwrap_or("")
        .to_lowercase();
    let mut wanted = ListResources::all(kept.kind(), deed.region, RECORDS);
    wanted.sort_by = SortBy::Created;
    wanted.order = SortOrder::Descending;
    let rows = resource::list(&app.store, &wanted).await?.items;
    let extras = Extras::default().with_rest(&deed, kept, &rows).await?;
    let mut names = BTreeSet::from([
        format!("{}Name", kept.wrapper()),
        format!("{}Arn", kept.wrapper()),
        "CreationTime".to_owned(),
    ]);
    for row in &rows {
        collect(&kept.view(row, &extras)?, "", DEPTH, &mut names);
    }
    let suggestions: Vec<Value> = names
        .iter()
        .filter(|name| name.to_lowercase().starts_with(&hint))
        .take(MOST)
        .map(|name| json!({"PropertyName": name}))
        .collect();
    Ok(json!({"PropertyNameSuggestions": suggestions}))
}

/// The paths of everything in `value`.
fn collect(value: &Value, path: &str, depth: usize, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) if depth > 0 => {
            for (name, value) in members {
                let path = match path {
                    "" => name.clone(),
                    path => format!("{path}.{name}"),
                };
                collect(value, &path, depth - 1, names);
            }
        }
        Value::Array(elements) => {
            for element in elements {
                let name = element.get("Key").or_else(|| element.get("MetricName"));
                match name.and_then(Value::as_str) {
                    Some(name) => {
                        names.insert(format!("{path}.{name}"));
                    }
                    None => collect(element, path, depth, names),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            if !path.is_empty() {
                names.insert(path.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_that_filters_take() {
        let record = json!({
            "ModelName": "m",
            "Tags": [{"Key": "project", "Value": "p"}],
            "Metrics": [{"MetricName": "loss", "Last": 1}],
            "Containers": [{"Image": "i"}],
        });
        let mut names = BTreeSet::new();
        collect(&record, "", DEPTH, &mut names);
        let expected = [
            "Containers.Image",
            "Metrics.loss",
            "ModelName",
            "Tags.project",
        ];
        assert!(names.iter().eq(expected.iter()), "{names:?}");
    }
}
