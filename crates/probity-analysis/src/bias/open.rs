//! The datasets of a configuration, as one table.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use probity_data::dataset::{
    self, CaptureSide, ColumnChoice, Dataset, DatasetType, Format, Header, JoinSide, ReadOptions,
    RecordColumns, RecordExpression, RecordRole, RecordValue, UnknownColumn, join,
    resolve_in_table,
};
use probity_data::location::{Environment, find_files};
use probity_domain::document::analysis_config::{AnalysisConfig, ColumnReference};

use super::BiasError;
use super::columns::first_schema;
use super::request::{BiasRequest, Source};

/// An opened table and its columns.
#[derive(Debug)]
pub(crate) struct OpenTable {
    pub(crate) dataset: Dataset,
    pub(crate) schema: SchemaRef,
    pub(crate) location: String,
    pub(crate) size_bytes: Option<u64>,
    /// Which of the joined datasets has the facets, and the predictions; 0 is the main one.
    facet_table: usize,
    predicted_table: usize,
    facet_location: String,
    predicted_location: String,
}

impl OpenTable {
    pub(crate) async fn open(
        request: &BiasRequest,
        environment: &Environment,
    ) -> Result<OpenTable, BiasError> {
        let config = &request.config;
        let location = request.location()?;
        let read = read_options(request)?;
        let files = match &request.source {
            Source::Given {
                files: Some(files), ..
            }
            | Source::Configured {
                files: Some(files), ..
            } => files.clone(),
            _ => find_files(&location, environment).await?,
        };
        let size_bytes = files.iter().map(|file| file.size_bytes()).sum();
        let mut dataset = dataset::open(files, read).await?;
        let type_said = config.dataset_type.map(|said| said.name());
        if let Some(said) = type_said
            && matches!(request.source, Source::Given { .. })
            && DatasetType::from_name(said).is_ok_and(|said| !said.allows(dataset.format()))
        {
            return Err(BiasError::Unfit {
                problems: format!(
                    "`dataset_type` is `{said}`, but `{location}` was read as {}",
                    dataset.format().name()
                ),
            });
        }
        let mut others = Vec::new();
        let mut table_of = |uri: &Option<String>, headers: &Option<Vec<String>>| {
            uri.as_ref().map_or(0, |uri| {
                others.push(OtherDataset {
                    uri: uri.clone(),
                    headers: headers.clone(),
                });
                others.len()
            })
        };
        let facet_table = table_of(&config.facet_dataset_uri, &config.facet_headers);
        let predicted_table = table_of(
            &config.predicted_label_dataset_uri,
            &config.predicted_label_headers,
        );
        if !others.is_empty() {
            dataset = joined(dataset, others, config, environment).await?;
        }
        let schema = first_schema(&dataset, &location).await?;
        let place = |uri: &Option<String>| uri.clone().unwrap_or_else(|| location.clone());
        Ok(OpenTable {
            dataset,
            schema,
            size_bytes,
            facet_table,
            predicted_table,
            facet_location: place(&config.facet_dataset_uri),
            predicted_location: place(&config.predicted_label_dataset_uri),
            location,
        })
    }

    /// The name in the table of a column of the main dataset.
    pub(crate) fn column(&self, key: &str, choice: &ColumnReference) -> Result<String, BiasError> {
        self.named(key, resolve_in_table(&chosen(choice), &self.schema, 0))
    }

    pub(super) fn label(&self, choice: &ColumnReference) -> Result<String, BiasError> {
        self.on_side("label", choice, CaptureSide::GroundTruth)
    }

    pub(super) fn predicted_label(&self, choice: &ColumnReference) -> Result<String, BiasError> {
        if self.predicted_table == 0 {
            return self.on_side("predicted_label", choice, CaptureSide::Output);
        }
        let found = resolve_in_table(&chosen(choice), &self.schema, self.predicted_table);
        self.named_in("predicted_label", found, &self.predicted_location)
    }

    pub(super) fn facet(&self, at: usize, choice: &ColumnReference) -> Result<String, BiasError> {
        let key = format!("facet[{at}].name_or_index");
        let found = resolve_in_table(&chosen(choice), &self.schema, self.facet_table);
        self.named_in(&key, found, &self.facet_location)
    }

    fn on_side(
        &self,
        key: &str,
        choice: &ColumnReference,
        side: CaptureSide,
    ) -> Result<String, BiasError> {
        let has_sides = self
            .schema
            .fields()
            .iter()
            .any(|field| CaptureSide::of(field).is_some());
        let found = match has_sides {
            true => chosen(choice).resolve_on(&self.schema, side),
            false => resolve_in_table(&chosen(choice), &self.schema, 0),
        };
        self.named(key, found)
    }

    fn named(&self, key: &str, found: Result<usize, UnknownColumn>) -> Result<String, BiasError> {
        self.named_in(key, found, &self.location)
    }

    fn named_in(
        &self,
        key: &str,
        found: Result<usize, UnknownColumn>,
        location: &str,
    ) -> Result<String, BiasError> {
        match found {
            Ok(at) => Ok(self.schema.field(at).name().clone()),
            Err(source) => Err(BiasError::Column {
                key: key.to_owned(),
                location: location.to_owned(),
                source,
            }),
        }
    }
}

pub(super) fn chosen(choice: &ColumnReference) -> ColumnChoice {
    match choice {
        ColumnReference::Name(name) => ColumnChoice::Name(name.clone()),
        ColumnReference::Index(index) => ColumnChoice::Index(*index),
    }
}

/// How the main dataset is read.
fn read_options(request: &BiasRequest) -> Result<ReadOptions, BiasError> {
    let config = &request.config;
    let mut read = match &request.source {
        Source::Given { read, .. } => (**read).clone(),
        Source::Configured { read, .. } => ReadOptions {
            format: read.format.or(format_of(config)?),
            ..(**read).clone()
        },
    };
    let is_text = |format| matches!(format, Some(Format::Json | Format::JsonLines));
    if is_text(read.format.or(format_of(config)?)) {
        read.format = read.format.or(format_of(config)?);
        read.record_columns = Some(record_columns(config)?);
    } else if let Some(headers) = &config.headers
        && read.header == Header::Present
    {
        read.header = Header::Configured;
        read.column_names = Some(headers.clone());
    }
    Ok(read)
}

fn format_of(config: &AnalysisConfig) -> Result<Option<Format>, BiasError> {
    let Some(named) = config.dataset_type else {
        return Ok(None);
    };
    match DatasetType::from_name(named.name()) {
        Ok(known) => Ok(known.format()),
        Err(source) => Err(BiasError::Unfit {
            problems: source.to_string(),
        }),
    }
}

/// The expressions of `features`, `label` and `predicted_label`.
fn record_columns(config: &AnalysisConfig) -> Result<RecordColumns, BiasError> {
    let parse = |key: &str, text: &str| {
        RecordExpression::parse(text).map_err(|source| BiasError::Unfit {
            problems: format!("`{key}` is `{text}`: {source}"),
        })
    };
    let features = config.features.as_deref();
    let features = features.map(|text| parse("features", text)).transpose()?;
    let mut values = Vec::new();
    let outcomes = [
        ("label", &config.label, RecordRole::Label),
        (
            "predicted_label",
            &config.predicted_label,
            RecordRole::Output,
        ),
    ];
    for (key, choice, role) in outcomes {
        let in_main = key == "label" || config.predicted_label_dataset_uri.is_none();
        if let Some(ColumnReference::Name(text)) = choice
            && in_main
        {
            let expression = parse(key, text)?;
            values.push(RecordValue { expression, role });
        }
    }
    check_order_of_headers(config, values.len())?;
    RecordColumns::new(features, values, config.headers.clone()).map_err(|source| {
        BiasError::Unfit {
            problems: source.to_string(),
        }
    })
}

/// Of JSON, `headers` names the features first, then the label, then the prediction. Headers in
/// the order of a CSV would name every feature wrongly; a label that is called like a header
/// which stands elsewhere gives them away.
fn check_order_of_headers(config: &AnalysisConfig, n_outcomes: usize) -> Result<(), BiasError> {
    let (Some(headers), Some(ColumnReference::Name(label))) = (&config.headers, &config.label)
    else {
        return Ok(());
    };
    let named = label.rsplit('.').next().unwrap_or(label).trim_matches('"');
    let expected = headers.len().checked_sub(n_outcomes);
    let found = headers.iter().position(|header| header == named);
    match (found, expected) {
        (Some(found), Some(expected)) if found != expected => Err(BiasError::Unfit {
            problems: format!(
                "`headers` names the label `{named}` at place {found}, counted from 0; of JSON it \
                 names the features first, then the label, so that it stands at place {expected}"
            ),
        }),
        _ => Ok(()),
    }
}

/// A dataset beside the main one; it is CSV.
struct OtherDataset {
    uri: String,
    headers: Option<Vec<String>>,
}

/// The other datasets joined to the main one by their ids.
async fn joined(
    main: Dataset,
    others: Vec<OtherDataset>,
    config: &AnalysisConfig,
    environment: &Environment,
) -> Result<Dataset, BiasError> {
    let Some(id) = &config.joinsource_name_or_index else {
        return Err(BiasError::Unfit {
            problems: "`joinsource_name_or_index` is missing: it names the column of ids by \
                       which the rows of several datasets belong together"
                .to_owned(),
        });
    };
    let mut sides = Vec::with_capacity(others.len());
    for other in others {
        let read = ReadOptions {
            format: Some(Format::Csv),
            header: match other.headers {
                Some(_) => Header::Configured,
                None => Header::Present,
            },
            column_names: other.headers,
            ..ReadOptions::default()
        };
        let files = find_files(&other.uri, environment).await?;
        sides.push(JoinSide {
            dataset: dataset::open(files, read).await?,
            id: chosen(id),
        });
    }
    let main = JoinSide {
        dataset: main,
        id: chosen(id),
    };
    Ok(join(main, sides).await?)
}

/// Names of the columns of the main dataset but those of ids, in their order: facets and
/// predictions of other datasets are no features of a model.
pub(crate) fn names_of_features(table: &OpenTable, config: &AnalysisConfig) -> Vec<String> {
    let names = names_without_ids(table, config).into_iter();
    names
        .filter(|name| {
            let choice = ColumnChoice::Name(name.clone());
            resolve_in_table(&choice, &table.schema, 0).is_ok()
        })
        .collect()
}

/// Names of all columns but those of ids, in their order.
pub(super) fn names_without_ids(table: &OpenTable, config: &AnalysisConfig) -> Vec<String> {
    let id = config
        .joinsource_name_or_index
        .as_ref()
        .and_then(|id| resolve_in_table(&chosen(id), &table.schema, 0).ok());
    let fields = Arc::clone(&table.schema);
    let fields = fields.fields().iter().enumerate();
    fields
        .filter(|(at, _)| Some(*at) != id)
        .map(|(_, field)| field.name().clone())
        .collect()
}
