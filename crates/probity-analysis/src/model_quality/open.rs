//! The dataset of a model-quality analysis, and its columns by name.
//!
//! Columns are named as Model Monitor names its attributes: by name, by position (of captured
//! events among the columns of their side), or by an expression over JSON records. Whatever a
//! flat reading finds is taken from it; else the choices are read as expressions.

use datafusion::arrow::datatypes::SchemaRef;
use futures::TryStreamExt;
use probity_data::dataset::{
    self, CaptureSide, ColumnChoice, Dataset, Format, ReadDataset, ReadOptions, RecordColumns,
    RecordExpression, RecordRole, RecordValue, UnknownColumn,
};
use probity_data::location::{Environment, SourceFile, find_files};
use probity_domain::document::model_quality_statistics::ProblemType;

use super::ModelQualityError;
use super::request::QualityRequest;

#[derive(Debug)]
pub(super) struct OpenRows {
    pub(super) dataset: Dataset,
    pub(super) size_bytes: Option<u64>,
    pub(super) names: ColumnNames,
}

/// Columns by their name in the table.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnNames {
    pub(super) label: String,
    pub(super) prediction: Option<String>,
    pub(super) probability: Option<String>,
    pub(super) segments: Vec<String>,
}

pub(super) async fn open(
    request: &QualityRequest,
    environment: &Environment,
) -> Result<OpenRows, ModelQualityError> {
    let columns = &request.columns;
    match (
        request.problem_type,
        &columns.prediction,
        &columns.probability,
    ) {
        (ProblemType::BinaryClassification, None, None) => {
            return Err(ModelQualityError::NoPrediction {
                options: "--prediction or --probability",
            });
        }
        (ProblemType::MulticlassClassification | ProblemType::Regression, None, _) => {
            return Err(ModelQualityError::NoPrediction {
                options: "--prediction",
            });
        }
        _ => {}
    }
    // Once: standard input cannot be found again.
    let files = find_files(&request.input.location, environment).await?;
    let flat = open_as(request, &request.input.read, files.clone()).await;
    let is_json = match &flat {
        Ok(rows) => is_of_records(rows.dataset.format()),
        Err(Unopened::Columns(format, _)) => is_of_records(*format),
        Err(Unopened::Other(_)) => false,
    };
    match flat {
        Ok(rows) => Ok(rows),
        Err(Unopened::Other(error)) => Err(error),
        Err(Unopened::Columns(_, error)) if !is_json => Err(error),
        Err(Unopened::Columns(_, error)) => match expressions(request) {
            Ok(columns) => {
                let read = ReadOptions {
                    record_columns: Some(columns),
                    ..request.input.read.clone()
                };
                open_as(request, &read, files)
                    .await
                    .map_err(Unopened::into_error)
            }
            Err(_) => Err(error),
        },
    }
}

fn is_of_records(format: Format) -> bool {
    match format {
        Format::Json | Format::JsonLines | Format::Capture | Format::MergedCapture => true,
        Format::Csv | Format::Parquet => false,
    }
}

enum Unopened {
    /// The dataset is there, but not the columns, or not flat.
    Columns(Format, ModelQualityError),
    Other(ModelQualityError),
}

impl Unopened {
    fn into_error(self) -> ModelQualityError {
        match self {
            Self::Columns(_, error) | Self::Other(error) => error,
        }
    }
}

async fn open_as(
    request: &QualityRequest,
    read: &ReadOptions,
    files: Vec<SourceFile>,
) -> Result<OpenRows, Unopened> {
    let other = |error: ModelQualityError| Unopened::Other(error);
    let location = &request.input.location;
    let size_bytes = files.iter().map(|file| file.size_bytes()).sum();
    let dataset = dataset::open(files, read.clone())
        .await
        .map_err(|error| other(error.into()))?;
    let format = dataset.format();
    let unread = |error: ReadDataset| Unopened::Columns(format, error.into());
    let first = dataset.partitions().try_next().await.map_err(unread)?;
    let Some(partition) = first else {
        return Err(other(ModelQualityError::NoRows {
            location: location.clone(),
        }));
    };
    let schema = partition.schema().map_err(unread)?;
    let names = names(request, &schema).map_err(|error| Unopened::Columns(format, error))?;
    Ok(OpenRows {
        dataset,
        size_bytes,
        names,
    })
}

fn names(request: &QualityRequest, schema: &SchemaRef) -> Result<ColumnNames, ModelQualityError> {
    let resolve = |option, choice: &ColumnChoice, side: Option<CaptureSide>| {
        let found = match side {
            Some(side) => choice.resolve_on(schema, side),
            None => choice.resolve(schema),
        };
        named(option, request, schema, found)
    };
    let output = |option, choice: &Option<ColumnChoice>| {
        choice
            .as_ref()
            .map(|choice| resolve(option, choice, Some(CaptureSide::Output)))
            .transpose()
    };
    let columns = &request.columns;
    let label = match &columns.label {
        Some(choice) => resolve("--label", choice, Some(CaptureSide::GroundTruth))?,
        None => match CaptureSide::GroundTruth.columns(schema).first() {
            Some(at) => schema.field(*at).name().clone(),
            None => return Err(ModelQualityError::NoLabel),
        },
    };
    Ok(ColumnNames {
        label,
        prediction: output("--prediction", &columns.prediction)?,
        probability: output("--probability", &columns.probability)?,
        segments: request
            .segments
            .iter()
            .map(|choice| resolve("--segment", choice, None))
            .collect::<Result<_, _>>()?,
    })
}

fn named(
    option: &'static str,
    request: &QualityRequest,
    schema: &SchemaRef,
    found: Result<usize, UnknownColumn>,
) -> Result<String, ModelQualityError> {
    match found {
        Ok(at) => Ok(schema.field(at).name().clone()),
        Err(source) => Err(ModelQualityError::Column {
            option,
            location: request.input.location.clone(),
            source,
        }),
    }
}

/// The choices as expressions; fails where one is none.
fn expressions(request: &QualityRequest) -> Result<RecordColumns, ()> {
    let columns = &request.columns;
    let choices = [
        (columns.label.as_ref(), RecordRole::Label),
        (columns.prediction.as_ref(), RecordRole::Output),
        (columns.probability.as_ref(), RecordRole::Output),
    ];
    let segments = request
        .segments
        .iter()
        .map(|choice| (Some(choice), RecordRole::Other));
    let mut values = Vec::new();
    for (choice, role) in choices.into_iter().chain(segments) {
        let Some(choice) = choice else { continue };
        let ColumnChoice::Name(text) = choice else {
            return Err(());
        };
        let expression = RecordExpression::parse(text).map_err(drop)?;
        values.push(RecordValue { expression, role });
    }
    RecordColumns::new(None, values, None).map_err(drop)
}
