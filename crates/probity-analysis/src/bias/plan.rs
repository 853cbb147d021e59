//! A configuration and a dataset, matched: which column is what.

use std::sync::Arc;

use probity_data::dataset::Format;
use probity_domain::document::analysis_config::{
    AnalysisConfig, ColumnReference, ConfigValue, Severity,
};
use probity_metrics::bias::{BiasMetric, BiasQuery, FacetQuery, Spelling, Value};
use probity_metrics::summary::redacted_text;

use super::BiasError;
use super::collect::{PredictedColumn, Wanted};
use super::open::{OpenTable, names_of_features, names_without_ids};
use super::request::{BiasRequest, Extended};
use crate::model::{LabelModel, LabelRule, LabelSpelling, Model};

/// What will be computed from which columns.
#[derive(Clone, Debug)]
pub struct BiasPlan {
    pub(super) query: BiasQuery,
    pub(super) wanted: Arc<Wanted>,
    pub(super) spelling: Spelling,
    pub(super) pre_training: Vec<BiasMetric>,
    pub(super) post_training: Vec<BiasMetric>,
    pub(super) segments: Vec<SegmentPlan>,
    /// What a user should know before and after the run.
    pub warnings: Vec<String>,
}

/// One way to cut the data into parts.
#[derive(Clone, Debug)]
pub(super) struct SegmentPlan {
    pub(super) config_name: String,
    pub(super) column: String,
    pub(super) segments: Vec<Vec<Value>>,
    pub(super) aliases: Vec<String>,
}

impl BiasPlan {
    /// What each column is, for people.
    pub fn columns(&self) -> Vec<(&'static str, String)> {
        let query = &self.query;
        let mut columns = vec![("label", query.label.clone())];
        if let Some(predicted) = &query.predicted_label {
            columns.push(("predicted label", predicted.clone()));
        }
        for facet in &query.facets {
            let values: Vec<String> = facet.values.iter().map(Value::to_string).collect();
            columns.push((
                "facet",
                match values.is_empty() {
                    true => format!("{}, each value", facet.facet),
                    false => format!("{} = {}", facet.facet, values.join(",")),
                },
            ));
        }
        if let Some(group) = &query.group_variable {
            columns.push(("group variable", group.clone()));
        }
        columns
    }
}

/// Refuses what does not fit together; else says which column is what.
pub(super) fn plan(request: &BiasRequest, table: &OpenTable) -> Result<BiasPlan, BiasError> {
    let config = &request.config;
    let warnings = validated(config)?;
    let label = required(config.label.as_ref(), "label")?;
    let label = table.label(label)?;
    let predicted_label = predicted_label(request, table)?;
    let group_variable = config.group_variable.as_ref();
    let group_variable = group_variable
        .map(|choice| table.column("group_variable", choice))
        .transpose()?;
    let redact = |column: &str, values: &[ConfigValue]| -> Vec<Value> {
        let values = values.iter().map(Value::from);
        match request.redacted.contains(column) {
            true => values
                .map(|value| Value::Text(redacted_text(&value.to_string())))
                .collect(),
            false => values.collect(),
        }
    };
    let mut facets = Vec::with_capacity(config.facets().len());
    for (at, facet) in config.facets().iter().enumerate() {
        let name = table.facet(at, &facet.name_or_index)?;
        let values = redact(&name, facet.values());
        facets.push(FacetQuery {
            facet: name,
            values,
        });
    }
    let segments = segments(config, table, &redact)?;
    let positive = config.label_values_or_threshold.as_deref();
    let query = BiasQuery {
        positive: redact(&label, positive.unwrap_or_default()),
        label,
        predicted_label,
        group_variable,
        facets,
    };
    let pre_training = metrics(&config.pre_training_metrics());
    let mut post_training = metrics(&config.post_training_metrics());
    if query.predicted_label.is_none() && !post_training.is_empty() {
        // A monitor's configuration without `methods` asks for whatever can be computed.
        if config.methods.is_some() {
            return Err(needs_predictions(config));
        }
        post_training.clear();
    }
    let features = features(request, table, &query, &post_training)?;
    let predicted = match &query.predicted_label {
        Some(name) if !config.has_predictions() => asked_column(request, table, name)?,
        _ => None,
    };
    Ok(BiasPlan {
        wanted: Arc::new(Wanted {
            counted: counted(&query, &segments),
            features,
            predicted,
            redacted: redacted(request, table)?,
            threads: request.threads,
        }),
        spelling: spelling(table.dataset.format()),
        query,
        pre_training,
        post_training,
        segments,
        warnings,
    })
}

/// The column of predictions: of the data, or what a model's predictions are called.
fn predicted_label(request: &BiasRequest, table: &OpenTable) -> Result<Option<String>, BiasError> {
    let config = &request.config;
    match (&config.predicted_label, config.has_predictions()) {
        (Some(choice), _) => table.predicted_label(choice).map(Some),
        (None, true) => {
            let default = ColumnReference::Name("predicted_label".to_owned());
            table.predicted_label(&default).map(Some)
        }
        (None, false) => Ok(asked_label(config, request.model.as_ref(), table)),
    }
}

/// What the model is asked to fill the column `name` with.
fn asked_column(
    request: &BiasRequest,
    table: &OpenTable,
    name: &str,
) -> Result<Option<PredictedColumn>, BiasError> {
    let Some(model) = &request.model else {
        return Ok(None);
    };
    Ok(Some(PredictedColumn {
        name: name.to_owned(),
        model: LabelModel {
            model: Arc::clone(&model.asked),
            rule: LabelRule::of(&request.config, model),
            spelling: label_spelling(table.dataset.format()),
        },
        features: model_features(&request.config, table)?,
    }))
}

/// Warnings; or all errors in one.
pub(crate) fn validated(config: &AnalysisConfig) -> Result<Vec<String>, BiasError> {
    let problems = config.validate();
    let (errors, warnings): (Vec<_>, Vec<_>) = problems
        .into_iter()
        .partition(|problem| problem.severity == Severity::Error);
    if errors.is_empty() {
        return Ok(warnings.iter().map(ToString::to_string).collect());
    }
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    Err(BiasError::Unfit {
        problems: errors.join("; "),
    })
}

fn required<'a>(
    choice: Option<&'a ColumnReference>,
    key: &str,
) -> Result<&'a ColumnReference, BiasError> {
    choice.ok_or_else(|| BiasError::Unfit {
        problems: format!("`{key}` is missing: bias is measured between the outcomes in it"),
    })
}

fn needs_predictions(config: &AnalysisConfig) -> BiasError {
    let way = match config.predictor {
        Some(_) => ", or give `probity clarify` the model itself with --model FILE|URL",
        None => ", or add a `predictor` and give `probity clarify` the model with --model FILE|URL",
    };
    BiasError::Unfit {
        problems: format!(
            "`methods.post_training_bias` needs predictions: name their column in \
             `predicted_label`{way}"
        ),
    }
}

/// What the labels that a model predicts are called: a name that no column has.
fn asked_label(
    config: &AnalysisConfig,
    model: Option<&Model>,
    table: &OpenTable,
) -> Option<String> {
    model?;
    if config.post_training_metrics().is_empty() {
        return None;
    }
    let mut name = "predicted_label".to_owned();
    while table.schema.index_of(&name).is_ok() {
        name.push('_');
    }
    Some(name)
}

/// What the model sees of the dataset: all columns but label, prediction, ids and what is
/// excluded, in their order.
pub(crate) fn model_features(
    config: &AnalysisConfig,
    table: &OpenTable,
) -> Result<Vec<String>, BiasError> {
    let mut unseen = Vec::new();
    if let Some(label) = &config.label {
        unseen.push(table.label(label)?);
    }
    if let Some(predicted) = &config.predicted_label {
        unseen.push(table.predicted_label(predicted)?);
    }
    let excluded = config.excluded_columns.as_deref().unwrap_or_default();
    for (at, choice) in excluded.iter().enumerate() {
        unseen.push(table.column(&format!("excluded_columns[{at}]"), choice)?);
    }
    let names = names_of_features(table, config).into_iter();
    Ok(names.filter(|name| !unseen.contains(name)).collect())
}

fn label_spelling(format: Format) -> LabelSpelling {
    match spelling(format) {
        Spelling::Csv => LabelSpelling::Texts,
        Spelling::Json | Spelling::Typed => LabelSpelling::Typed,
    }
}

fn metrics(names: &[&'static str]) -> Vec<BiasMetric> {
    names
        .iter()
        .filter_map(|name| BiasMetric::from_name(name))
        .collect()
}

fn segments(
    config: &AnalysisConfig,
    table: &OpenTable,
    redact: &impl Fn(&str, &[ConfigValue]) -> Vec<Value>,
) -> Result<Vec<SegmentPlan>, BiasError> {
    let configs = config.segment_config.as_deref().unwrap_or_default();
    let one = |(at, segment): (
        usize,
        &probity_domain::document::analysis_config::SegmentConfig,
    )| {
        let key = format!("segment_config[{at}].name_or_index");
        let column = table.column(&key, &segment.name_or_index)?;
        Ok(SegmentPlan {
            config_name: segment
                .config_name
                .clone()
                .unwrap_or_else(|| column.clone()),
            segments: segment
                .segments
                .iter()
                .map(|values| redact(&column, values))
                .collect(),
            aliases: segment.display_aliases.clone().unwrap_or_default(),
            column,
        })
    };
    configs.iter().enumerate().map(one).collect()
}

/// The columns that are counted together, each once.
fn counted(query: &BiasQuery, segments: &[SegmentPlan]) -> Vec<String> {
    let mut counted: Vec<String> = Vec::new();
    let facets = query.facets.iter().map(|facet| &facet.facet);
    let columns = std::iter::once(&query.label)
        .chain(&query.predicted_label)
        .chain(facets)
        .chain(&query.group_variable)
        .chain(segments.iter().map(|segment| &segment.column));
    for column in columns {
        if !counted.contains(column) {
            counted.push(column.clone());
        }
    }
    counted
}

/// The columns by which single rows are compared: everything but label, prediction, ids and
/// what is excluded. None when no metric compares rows.
fn features(
    request: &BiasRequest,
    table: &OpenTable,
    query: &BiasQuery,
    post_training: &[BiasMetric],
) -> Result<Vec<String>, BiasError> {
    let compares_rows = post_training.contains(&BiasMetric::Ft)
        || (request.depth.extended == Extended::Included && query.predicted_label.is_some());
    if !compares_rows {
        return Ok(Vec::new());
    }
    let mut excluded = vec![query.label.clone()];
    excluded.extend(query.predicted_label.clone());
    let listed = request
        .config
        .excluded_columns
        .as_deref()
        .unwrap_or_default();
    for (at, choice) in listed.iter().enumerate() {
        excluded.push(table.column(&format!("excluded_columns[{at}]"), choice)?);
    }
    let names = names_without_ids(table, &request.config).into_iter();
    Ok(names
        .filter(|name| !excluded.contains(name) && !request.redacted.contains(name))
        .collect())
}

fn redacted(request: &BiasRequest, table: &OpenTable) -> Result<Vec<String>, BiasError> {
    let known = |name: &String| table.schema.index_of(name).is_ok();
    match request.redacted.iter().find(|name| !known(name)) {
        Some(name) => Err(BiasError::NothingToRedact { name: name.clone() }),
        None => Ok(request.redacted.iter().cloned().collect()),
    }
}

fn spelling(format: Format) -> Spelling {
    match format {
        Format::Csv | Format::Capture | Format::MergedCapture => Spelling::Csv,
        Format::Json | Format::JsonLines => Spelling::Json,
        Format::Parquet => Spelling::Typed,
    }
}
