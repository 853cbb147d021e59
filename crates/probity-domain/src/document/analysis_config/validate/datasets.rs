//! Which datasets there are, and what their formats allow.

use super::super::dataset::DatasetType;
use super::super::{AnalysisConfig, ConfigProblem};

pub(super) fn check(config: &AnalysisConfig) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    problems.extend(features(config));
    problems.extend(other_datasets_are_csv(config));
    problems.extend(headers_without_a_dataset(config));
    problems.extend(images_have_no_columns(config));
    problems.extend(rows_are_matched_by_position(config));
    problems
}

fn features(config: &AnalysisConfig) -> Option<ConfigProblem> {
    let series = config.time_series_data_config.is_some();
    match (config.dataset_type?, &config.features) {
        (DatasetType::Json | DatasetType::JsonLines, None) if !series => {
            let problem = "the key is missing: Clarify refuses JSON without it; here each member \
                           of a record is a column with the member's name";
            Some(
                ConfigProblem::warning("features", problem).with_remedy(
                    "name the list of features by a JMESPath, for example `\"features\"`",
                ),
            )
        }
        (DatasetType::Csv | DatasetType::Parquet, Some(_)) => Some(ConfigProblem::warning(
            "features",
            "the key has no effect: of CSV and Parquet every column is a feature but the labels",
        )),
        _ => None,
    }
}

/// Every key that only a dataset of CSV may have.
fn other_datasets_are_csv(config: &AnalysisConfig) -> Vec<ConfigProblem> {
    let Some(dataset_type) = config.dataset_type else {
        return Vec::new();
    };
    if dataset_type == DatasetType::Csv {
        return Vec::new();
    }
    let keys = [
        ("facet_dataset_uri", config.facet_dataset_uri.is_some()),
        ("facet_headers", config.facet_headers.is_some()),
        (
            "predicted_label_dataset_uri",
            config.predicted_label_dataset_uri.is_some(),
        ),
        (
            "predicted_label_headers",
            config.predicted_label_headers.is_some(),
        ),
    ];
    let present = keys.into_iter().filter(|(_, present)| *present);
    let problem = |(key, _)| {
        let problem = format!(
            "facets and predictions of their own go with CSV only, `dataset_type` is `{}`",
            dataset_type.name()
        );
        ConfigProblem::error(key, problem).with_remedy("put these columns into the data")
    };
    present.map(problem).collect()
}

fn headers_without_a_dataset(config: &AnalysisConfig) -> Vec<ConfigProblem> {
    let pairs = [
        (
            "facet_headers",
            config.facet_headers.is_some() && config.facet_dataset_uri.is_none(),
            "facet_dataset_uri",
        ),
        (
            "predicted_label_headers",
            config.predicted_label_headers.is_some()
                && config.predicted_label_dataset_uri.is_none(),
            "predicted_label_dataset_uri",
        ),
    ];
    let alone = pairs.into_iter().filter(|(_, alone, _)| *alone);
    let problem = |(key, _, dataset)| {
        ConfigProblem::warning(key, format!("the key has no effect without `{dataset}`"))
    };
    alone.map(problem).collect()
}

fn images_have_no_columns(config: &AnalysisConfig) -> Vec<ConfigProblem> {
    if config.dataset_type != Some(DatasetType::Image) {
        return Vec::new();
    }
    let keys = [
        ("predicted_label", config.predicted_label.is_some()),
        ("excluded_columns", config.excluded_columns.is_some()),
    ];
    let present = keys.into_iter().filter(|(_, present)| *present);
    let problem = |(key, _)| ConfigProblem::error(key, "images have no columns");
    present.map(problem).collect()
}

fn rows_are_matched_by_position(config: &AnalysisConfig) -> Option<ConfigProblem> {
    let several =
        config.facet_dataset_uri.is_some() || config.predicted_label_dataset_uri.is_some();
    if !several || config.joinsource_name_or_index.is_some() {
        return None;
    }
    let problem = "the key is missing: there are several datasets, whose rows are matched by \
                   position, which goes for single files of equal length only";
    Some(
        ConfigProblem::warning("joinsource_name_or_index", problem)
            .with_remedy("name the column that identifies a row in each dataset"),
    )
}
