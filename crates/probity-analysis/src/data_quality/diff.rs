//! Two baselines side by side: what each says of a column, and which constraints changed.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use probity_data::location::Environment;
use probity_domain::document::constraints::{Constraints, FeatureConstraints};
use probity_domain::document::statistics::{FeatureStatistics, Statistics};
use serde::Serialize;
use serde_json::Value;

use super::AnalysisError;
use super::stored::StoredResult;

#[derive(Clone, Debug, Serialize)]
pub struct BaselineDiff {
    pub before: String,
    pub after: String,
    pub rows_before: u64,
    pub rows_after: u64,
    /// In the order of the later baseline, then the removed ones.
    pub features: Vec<FeatureDiff>,
    /// Settings of the whole file that differ.
    pub settings: Vec<SettingDiff>,
}

#[derive(Clone, Debug, Serialize)]
pub struct FeatureDiff {
    pub name: String,
    pub presence: Presence,
    /// Figures that differ.
    pub statistics: Vec<SettingDiff>,
    /// Constraints that differ.
    pub constraints: Vec<SettingDiff>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    Both,
    Added,
    Removed,
}

/// One path whose value differs; `null` where it is absent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SettingDiff {
    pub path: String,
    pub before: Value,
    pub after: Value,
}

/// Compares the baselines in two folders.
pub async fn diff(
    before: &str,
    after: &str,
    environment: &Environment,
) -> Result<BaselineDiff, AnalysisError> {
    let before = StoredResult::open(before, environment).await?;
    let after = StoredResult::open(after, environment).await?;
    let names_before = before.column_names();
    let names_after = after.column_names();
    let known: HashSet<&String> = names_after.iter().collect();
    let removed = names_before.iter().filter(|name| !known.contains(name));
    let features = names_after
        .iter()
        .chain(removed)
        .map(|name| feature_diff(name, &before, &after))
        .collect();
    let settings = |stored: &StoredResult| {
        let config = stored.constraints.as_ref()?.monitoring_config.as_ref()?;
        serde_json::to_value(config).ok()
    };
    Ok(BaselineDiff {
        rows_before: before.rows,
        rows_after: after.rows,
        features,
        settings: differences(settings(&before), settings(&after)),
        before: before.folder,
        after: after.folder,
    })
}

fn feature_diff(name: &str, before: &StoredResult, after: &StoredResult) -> FeatureDiff {
    let statistics_before = figures(name, before.statistics.as_ref());
    let statistics_after = figures(name, after.statistics.as_ref());
    let constraints_before = rules(name, before.constraints.as_ref());
    let constraints_after = rules(name, after.constraints.as_ref());
    let was = statistics_before.is_some() || constraints_before.is_some();
    let is = statistics_after.is_some() || constraints_after.is_some();
    FeatureDiff {
        name: name.to_owned(),
        presence: match (was, is) {
            (true, false) => Presence::Removed,
            (false, _) => Presence::Added,
            (true, true) => Presence::Both,
        },
        statistics: differences(statistics_before, statistics_after),
        constraints: differences(constraints_before, constraints_after),
    }
}

/// The figures of a feature, without its sketch and buckets.
fn figures(name: &str, statistics: Option<&Statistics>) -> Option<Value> {
    let features = &statistics?.features;
    let feature = features.iter().find(|feature| feature.name == name)?;
    let mut slim: FeatureStatistics = feature.clone();
    if let Some(numbers) = &mut slim.numerical_statistics {
        numbers.distribution = None;
    }
    without_name(serde_json::to_value(slim).ok()?)
}

fn rules(name: &str, constraints: Option<&Constraints>) -> Option<Value> {
    let features = &constraints?.features;
    let feature: &FeatureConstraints = features.iter().find(|feature| feature.name == name)?;
    without_name(serde_json::to_value(feature).ok()?)
}

fn without_name(mut value: Value) -> Option<Value> {
    value.as_object_mut()?.remove("name");
    Some(value)
}

/// Leaves of two documents that differ, by dotted path.
fn differences(before: Option<Value>, after: Option<Value>) -> Vec<SettingDiff> {
    let mut leaves: BTreeMap<String, (Value, Value)> = BTreeMap::new();
    for (path, value) in flatten(before) {
        leaves.entry(path).or_default().0 = value;
    }
    for (path, value) in flatten(after) {
        leaves.entry(path).or_default().1 = value;
    }
    leaves
        .into_iter()
        .filter(|(path, (before, after))| before != after && !is_reordered(path, before, after))
        .map(|(path, (before, after))| SettingDiff {
            path,
            before,
            after,
        })
        .collect()
}

/// A domain is written with its frequent values first; which come first is no part of the rule.
fn is_reordered(path: &str, before: &Value, after: &Value) -> bool {
    path.ends_with("domains") && values(before).is_some() && values(before) == values(after)
}

fn values(list: &Value) -> Option<BTreeSet<&str>> {
    list.as_array()?.iter().map(Value::as_str).collect()
}

/// Leaves by path. Category buckets become one leaf per value; lists are leaves.
fn flatten(value: Option<Value>) -> Vec<(String, Value)> {
    let mut leaves = Vec::new();
    if let Some(value) = value {
        push_leaves(String::new(), value, &mut leaves);
    }
    leaves
}

fn push_leaves(path: String, value: Value, leaves: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = if path.is_empty() {
                    name
                } else {
                    format!("{path}.{name}")
                };
                push_leaves(path, member, leaves);
            }
        }
        Value::Array(items) if path.ends_with("buckets") => {
            for item in items {
                let value = item.get("value").and_then(Value::as_str);
                let count = item.get("count").cloned();
                if let (Some(value), Some(count)) = (value, count) {
                    leaves.push((format!("{path}[{value}]"), count));
                }
            }
        }
        leaf => leaves.push((path, leaf)),
    }
}

#[cfg(test)]
mod tests {
    use super::{SettingDiff, differences};
    use serde_json::{Value, json};

    #[track_caller]
    fn check(before: Value, after: Value, expected: &[(&str, Value, Value)]) {
        let expected: Vec<SettingDiff> = expected
            .iter()
            .map(|(path, before, after)| SettingDiff {
                path: (*path).to_owned(),
                before: before.clone(),
                after: after.clone(),
            })
            .collect();
        assert_eq!(differences(Some(before), Some(after)), expected);
    }

    #[test]
    fn equal_documents_have_no_difference() {
        check(json!({"a": {"b": 1}}), json!({"a": {"b": 1}}), &[]);
    }

    #[test]
    fn a_member_on_one_side_only_is_a_difference() {
        check(
            json!({"a": 1}),
            json!({"a": 1, "b": 2}),
            &[("b", Value::Null, json!(2))],
        );
    }

    #[test]
    fn category_counts_differ_by_value() {
        check(
            json!({"buckets": [{"value": "x", "count": 1}]}),
            json!({"buckets": [{"value": "x", "count": 3}]}),
            &[("buckets[x]", json!(1), json!(3))],
        );
    }

    #[test]
    fn a_domain_in_another_order_is_the_same_one() {
        let domain = |values: &[&str]| json!({"string_constraints": {"domains": values}});
        check(domain(&["a", "b"]), domain(&["b", "a"]), &[]);
        check(
            domain(&["a", "b"]),
            domain(&["b", "c"]),
            &[(
                "string_constraints.domains",
                json!(["a", "b"]),
                json!(["b", "c"]),
            )],
        );
    }
}
