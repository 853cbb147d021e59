//! The configuration that the options of `probity bias` stand for.

use probity_data::dataset::{self, Format};
use probity_data::location::{SourceFile, find_files};
use probity_domain::document::analysis_config::AnalysisConfig;
use serde_json::{Map, Value, json};

use super::BiasError;
use super::columns::first_schema;
use crate::data_quality::{Input, Surroundings};

/// What was typed in place of a configuration.
#[derive(Clone, Debug, Default)]
pub struct BiasFlags {
    /// Name or zero-based index.
    pub label: String,
    /// `yes`, `mid,high`, `0.6`.
    pub positive: String,
    /// `sex=F`, `race=B,C`, `age=40`, `sex`.
    pub facets: Vec<String>,
    pub predicted_label: Option<String>,
    pub group_variable: Option<String>,
    pub excluded: Vec<String>,
}

/// Writes the configuration for the dataset of `input`, whose format and columns decide how
/// columns are named; and gives the files that were found, since standard input can be found
/// once.
pub async fn config_of(
    flags: &BiasFlags,
    input: &Input,
    surroundings: Surroundings<'_>,
) -> Result<(AnalysisConfig, Vec<SourceFile>), BiasError> {
    let files = find_files(&input.location, surroundings.environment).await?;
    let dataset = dataset::open(files.clone(), input.read.clone()).await?;
    let schema = first_schema(&dataset, &input.location).await?;
    let names: Vec<&str> = schema
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    let config = json_of(flags, dataset.format(), &names);
    let config = AnalysisConfig::from_json(config.to_string().as_bytes())?;
    Ok((config, files))
}

fn json_of(flags: &BiasFlags, format: Format, names: &[&str]) -> Value {
    let name = |column: &str| name_of(column, names);
    let mut config = Map::new();
    config.insert("dataset_type".into(), dataset_type(format).into());
    let label = name(&flags.label);
    let predicted = flags.predicted_label.as_deref().map(name);
    match format {
        Format::Json | Format::JsonLines => {
            let features: Vec<&str> = names
                .iter()
                .copied()
                .filter(|name| *name != label && Some(*name) != predicted.as_deref())
                .collect();
            let outcomes = [Some(label.as_str()), predicted.as_deref()];
            let headers: Vec<&str> = features
                .iter()
                .copied()
                .chain(outcomes.into_iter().flatten())
                .collect();
            config.insert("headers".into(), json!(headers));
            config.insert("features".into(), expression(format, &features).into());
        }
        Format::Csv | Format::Parquet | Format::Capture | Format::MergedCapture => {
            config.insert("headers".into(), json!(names));
        }
    }
    let path = |column: &str| match format {
        Format::Json => format!("[*].{}", quoted(column)),
        Format::JsonLines => quoted(column),
        Format::Csv | Format::Parquet | Format::Capture | Format::MergedCapture => {
            column.to_owned()
        }
    };
    config.insert("label".into(), path(&label).into());
    if let Some(predicted) = &predicted {
        config.insert("predicted_label".into(), path(predicted).into());
    }
    config.insert(
        "label_values_or_threshold".into(),
        Value::Array(values(&flags.positive)),
    );
    let facets = flags.facets.iter().map(|facet| facet_json(facet, names));
    config.insert("facet".into(), facets.collect());
    if let Some(group) = &flags.group_variable {
        config.insert("group_variable".into(), name(group).into());
    }
    if !flags.excluded.is_empty() {
        let excluded: Vec<String> = flags.excluded.iter().map(|column| name(column)).collect();
        config.insert("excluded_columns".into(), json!(excluded));
    }
    config.insert("methods".into(), methods(flags));
    Value::Object(config)
}

fn methods(flags: &BiasFlags) -> Value {
    let mut methods = Map::new();
    methods.insert("pre_training_bias".into(), json!({"methods": "all"}));
    if flags.predicted_label.is_some() {
        methods.insert("post_training_bias".into(), json!({"methods": "all"}));
    }
    methods.insert(
        "report".into(),
        json!({"name": "report", "title": "Analysis Report"}),
    );
    Value::Object(methods)
}

fn dataset_type(format: Format) -> &'static str {
    match format {
        Format::Csv => "text/csv",
        Format::Json => "application/json",
        Format::JsonLines => "application/jsonlines",
        Format::Parquet => "application/x-parquet",
        Format::Capture | Format::MergedCapture => "application/sagemakercapturejson",
    }
}

/// The features of a record as a JMESPath list.
fn expression(format: Format, features: &[&str]) -> String {
    let features: Vec<String> = features.iter().map(|name| quoted(name)).collect();
    match format {
        Format::Json => format!("[*].[{}]", features.join(", ")),
        _ => format!("[{}]", features.join(", ")),
    }
}

/// A JMESPath identifier, in quotes unless it is a plain word.
fn quoted(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_plain {
        return name.to_owned();
    }
    Value::from(name).to_string()
}

/// An exact name, else the name at a zero-based index, else what was typed: the analysis
/// then says that there is no such column.
fn name_of(column: &str, names: &[&str]) -> String {
    if names.contains(&column) {
        return column.to_owned();
    }
    let at = column
        .parse::<usize>()
        .ok()
        .and_then(|index| names.get(index));
    at.map_or_else(|| column.to_owned(), |name| (*name).to_owned())
}

/// `sex=F,X`: the longest column name before a `=` that exists, so that names may hold one.
fn facet_json(facet: &str, names: &[&str]) -> Value {
    let split = facet
        .match_indices('=')
        .map(|(at, _)| (&facet[..at], &facet[at + 1..]))
        .rfind(|(column, _)| names.contains(column))
        .or_else(|| facet.split_once('='));
    match split {
        Some((column, listed)) if !names.contains(&facet) => json!({
            "name_or_index": name_of(column, names),
            "value_or_threshold": values(listed),
        }),
        _ => json!({ "name_or_index": name_of(facet, names) }),
    }
}

/// Values separated by commas, or a JSON list for values that hold commas.
fn values(text: &str) -> Vec<Value> {
    if let Ok(Value::Array(list)) = serde_json::from_str(text) {
        return list;
    }
    text.split(',').map(|value| typed(value.trim())).collect()
}

fn typed(text: &str) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(number @ Value::Number(_)) => number,
        _ => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags() -> BiasFlags {
        BiasFlags {
            label: "approved".into(),
            positive: "1".into(),
            facets: vec!["sex=F,X".into(), "age=40".into(), "region".into()],
            predicted_label: Some("4".into()),
            group_variable: Some("region".into()),
            excluded: vec!["0".into()],
        }
    }

    const NAMES: [&str; 6] = ["id", "sex", "age", "region", "said yes", "approved"];

    #[test]
    fn options_become_a_configuration() {
        let config = json_of(&flags(), Format::Csv, &NAMES);
        assert_eq!(config["predicted_label"], "said yes");
        assert_eq!(config["label_values_or_threshold"], json!([1]));
        assert_eq!(config["excluded_columns"], json!(["id"]));
        assert_eq!(
            config["facet"],
            json!([
                {"name_or_index": "sex", "value_or_threshold": ["F", "X"]},
                {"name_or_index": "age", "value_or_threshold": [40]},
                {"name_or_index": "region"},
            ])
        );
    }

    #[test]
    fn json_lines_get_their_features_as_an_expression() {
        let config = json_of(&flags(), Format::JsonLines, &NAMES);
        assert_eq!(config["features"], "[id, sex, age, region]");
        assert_eq!(config["predicted_label"], "\"said yes\"");
        assert_eq!(
            config["headers"],
            json!(["id", "sex", "age", "region", "approved", "said yes"])
        );
        let whole = json_of(&flags(), Format::Json, &NAMES);
        assert_eq!(whole["label"], "[*].approved");
    }

    #[test]
    fn a_name_or_a_value_may_hold_what_separates_them() {
        assert_eq!(
            facet_json("a=b=c", &["a=b"]),
            json!({"name_or_index": "a=b", "value_or_threshold": ["c"]})
        );
        assert_eq!(values(r#"["x,y", 3]"#), vec![json!("x,y"), json!(3)]);
        assert_eq!(
            facet_json("a=b", &["a=b", "a"]),
            json!({"name_or_index": "a=b"})
        );
    }
}
