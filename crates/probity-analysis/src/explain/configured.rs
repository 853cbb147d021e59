//! From a configuration and its data to what an explanation is asked for.

use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use probity_data::location::Environment;
use probity_domain::document::analysis_config::{
    AggregationMethod, AnalysisConfig, ColumnReference, ConfigValue, PartialDependence, Shap,
};
use probity_domain::document::probity_file::DatasetFacts;
use probity_metrics::summary::redacted_texts;

use super::baseline;
use super::documents::plain_column;
use super::error::ExplainError;
use super::request::{
    BaselineChoice, DEFAULT_GRID_RESOLUTION, DEFAULT_TOP_FEATURES, ExplainRequest, PdpFeatures,
    PdpSettings, Quantity, ShapSettings, refused_kind,
};
use super::table::read_table;
use crate::bias::{BiasRequest, OpenTable, model_features, validated};
use crate::data_quality::Surroundings;
use crate::model::Model;

/// What the explanation of a configuration needs beside it.
#[derive(Clone, Debug)]
pub struct ExplainOptions {
    pub model: Model,
    /// Of a configuration that gives none.
    pub seed: u64,
    /// Rows that get a waterfall of their own.
    pub shown_rows: Vec<u64>,
    pub checkpoint: Option<PathBuf>,
}

/// Says what the model will see, or what does not fit; reads the columns' names alone.
pub async fn check_configured(
    request: &BiasRequest,
    environment: &Environment,
) -> Result<Vec<String>, ExplainError> {
    let config = &request.config;
    if let Some(refused) = refused_kind(config) {
        return Err(unfit(refused));
    }
    validated(config)?;
    let table = OpenTable::open(request, environment).await?;
    let features = model_features(config, &table)?;
    let methods = config.methods.clone().unwrap_or_default();
    let chosen = methods.shap.and_then(|shap| shap.features_to_explain);
    let key = "methods.shap.features_to_explain";
    positions(key, &chosen.unwrap_or_default(), (&table, &features))?;
    if let Some(pdp) = &methods.pdp {
        dependence(pdp, &table, &features)?;
    }
    Ok(features)
}

/// Reads the data of `request`, whose configuration asks for explanations.
pub async fn configured(
    request: &BiasRequest,
    options: ExplainOptions,
    surroundings: Surroundings<'_>,
) -> Result<ExplainRequest, ExplainError> {
    let config = &request.config;
    if let Some(refused) = refused_kind(config) {
        return Err(unfit(refused));
    }
    validated(config)?;
    let table = OpenTable::open(request, surroundings.environment).await?;
    let features = model_features(config, &table)?;
    if features.is_empty() {
        return Err(unfit(
            "no column is left for the model: every one is the label, an id or excluded",
        ));
    }
    (surroundings.on_size)(table.size_bytes);
    let id = config.joinsource_name_or_index.as_ref();
    let id = id.map(|id| table.column("joinsource_name_or_index", id));
    let id = id.transpose()?;
    let columns: Vec<String> = features.iter().cloned().chain(id.clone()).collect();
    let read = read_table(
        &table.dataset,
        &columns,
        request.threads.get(),
        surroundings.progress,
    );
    let read = read.await?;
    let places: Vec<usize> = (0..features.len()).collect();
    let rows = read
        .rows
        .project(&places)
        .map_err(|source| ExplainError::Table { source })?;
    if rows.num_rows() == 0 {
        return Err(ExplainError::NoRows {
            location: table.location.clone(),
        });
    }
    let join = id
        .map(|id| join_column(id, read.rows.column(features.len()), request))
        .transpose()?;
    let methods = config.methods.clone().unwrap_or_default();
    let environment = surroundings.environment;
    let mut shap = None;
    if let Some(asked) = &methods.shap {
        let of_data = (config, &table);
        shap = Some(settings(asked, of_data, (&rows, &options), environment).await?);
    }
    let pdp = methods.pdp.as_ref();
    let pdp = pdp.map(|pdp| dependence(pdp, &table, &features));
    let pdp = pdp.transpose()?;
    let seed = methods.shap.as_ref().and_then(|shap| shap.seed);
    Ok(ExplainRequest {
        dataset: DatasetFacts {
            sources: vec![table.location.clone()],
            format: table.dataset.format().name().to_owned(),
            rows: rows.num_rows() as u64,
            files: table.dataset.files() as u64,
            partitions: read.partitions,
            notes: table.dataset.notes(),
        },
        model: options.model,
        rows,
        join,
        label_headers: label_headers(config),
        shap,
        pdp,
        hidden: request.redacted.clone(),
        seed: seed.map_or(options.seed, i64::cast_unsigned),
        threads: request.threads,
        checkpoint: options.checkpoint,
    })
}

/// The ids that are written beside the values: as one of the types that a CSV tells apart, and
/// hashed where nobody shall see them.
fn join_column(
    id: String,
    ids: &ArrayRef,
    request: &BiasRequest,
) -> Result<(String, ArrayRef), ExplainError> {
    let ids = match request.redacted.contains(&id) {
        true => redacted_texts(ids).map_err(|error| unfit(&error.to_string()))?,
        false => Arc::clone(ids),
    };
    Ok((id, plain_column(&ids)))
}

fn unfit(problems: &str) -> ExplainError {
    ExplainError::Unfit {
        problems: problems.to_owned(),
    }
}

async fn settings(
    shap: &Shap,
    (config, table): (&AnalysisConfig, &OpenTable),
    (rows, options): (&RecordBatch, &ExplainOptions),
    environment: &Environment,
) -> Result<ShapSettings, ExplainError> {
    let features = super::trees::names(rows);
    let baseline = match &shap.baseline {
        Some(given) => {
            let form = (config, table.dataset.format());
            let read = baseline::configured(given, form, &features, environment);
            BaselineChoice::Given(read.await?)
        }
        None => BaselineChoice::Clusters(shap.num_clusters),
    };
    let chosen = shap.features_to_explain.as_deref();
    let chosen = chosen.map(|chosen| {
        positions(
            "methods.shap.features_to_explain",
            chosen,
            (table, &features),
        )
    });
    Ok(ShapSettings {
        baseline,
        n_samples: shap.num_samples,
        aggregation: shap.agg_method.unwrap_or(AggregationMethod::MeanAbsolute),
        quantity: match shap.use_logit {
            Some(true) => Quantity::LogOdds,
            Some(false) | None => Quantity::Reported,
        },
        features: chosen.transpose()?,
        groups: std::collections::BTreeMap::new(),
        shown_rows: options.shown_rows.clone(),
        save_local_values: shap.save_local_shap_values == Some(true),
        save_interactions: false,
    })
}

fn dependence(
    pdp: &PartialDependence,
    table: &OpenTable,
    features: &[String],
) -> Result<PdpSettings, ExplainError> {
    let size = |given: Option<u64>, default: usize| {
        given.map_or(default, |given| {
            usize::try_from(given).unwrap_or(usize::MAX)
        })
    };
    let named = pdp.features.as_deref();
    let named = named.map(|named| positions("methods.pdp.features", named, (table, features)));
    Ok(PdpSettings {
        grid_resolution: size(pdp.grid_resolution, DEFAULT_GRID_RESOLUTION),
        features: match named.transpose()? {
            Some(named) => PdpFeatures::Named(named),
            None => PdpFeatures::Top(size(pdp.top_k_features, DEFAULT_TOP_FEATURES)),
        },
    })
}

/// Where the named columns are among the features.
fn positions(
    key: &str,
    chosen: &[ColumnReference],
    (table, features): (&OpenTable, &[String]),
) -> Result<Vec<usize>, ExplainError> {
    let mut found = Vec::with_capacity(chosen.len());
    for (at, choice) in chosen.iter().enumerate() {
        let key = format!("{key}[{at}]");
        let name = table.column(&key, choice)?;
        let Some(place) = features.iter().position(|feature| *feature == name) else {
            return Err(ExplainError::Unfit {
                problems: format!(
                    "`{key}` is `{name}`, which the model does not see: it is the label, an id or \
                     excluded"
                ),
            });
        };
        if !found.contains(&place) {
            found.push(place);
        }
    }
    Ok(found)
}

fn label_headers(config: &AnalysisConfig) -> Option<Vec<String>> {
    let headers = config.predictor.as_ref()?.label_headers.as_ref()?;
    let said = headers.iter().map(|header| match header {
        ConfigValue::Integer(number) => number.to_string(),
        ConfigValue::Float(number) => number.to_string(),
        ConfigValue::Text(text) => text.clone(),
        ConfigValue::Boolean(truth) => truth.to_string(),
    });
    Some(said.collect())
}
