//! Whether the columns that are named are there, and each has one part to play.

use super::super::dataset::DatasetType;
use super::super::place::quoted;
use super::super::spelling::nearest;
use super::super::{AnalysisConfig, ColumnReference, ConfigProblem};

pub(super) fn check(config: &AnalysisConfig) -> Vec<ConfigProblem> {
    let mut problems = headers(config);
    for used in used_columns(config) {
        problems.extend(used.missing());
    }
    problems.extend(labels_excluded(config));
    problems.extend(one_column_twice(config));
    problems
}

/// A column that a key names, and the headers among which it should be.
struct UsedColumn<'c> {
    path: String,
    column: &'c ColumnReference,
    /// Key of the headers, and the headers.
    headers: (&'static str, &'c [String]),
}

impl UsedColumn<'_> {
    fn missing(&self) -> Option<ConfigProblem> {
        let (key, headers) = self.headers;
        match self.column {
            ColumnReference::Index(index) if *index >= headers.len() => {
                let problem = format!(
                    "there is no column {index}: `{key}` names {} columns, counted from 0",
                    headers.len()
                );
                Some(ConfigProblem::error(&self.path, problem))
            }
            ColumnReference::Name(name) if !headers.contains(name) => {
                let problem = format!("there is no column `{name}` in `{key}`");
                let problem = ConfigProblem::error(&self.path, problem);
                Some(problem.with_remedy(like(name, headers)))
            }
            ColumnReference::Index(_) | ColumnReference::Name(_) => None,
        }
    }
}

/// So many headers are listed in a message.
const LISTED: usize = 20;

fn like(name: &str, headers: &[String]) -> String {
    let names: Vec<&str> = headers.iter().map(String::as_str).collect();
    if let Some(meant) = nearest(name, &names) {
        return format!("did you mean `{meant}`?");
    }
    if headers.len() > LISTED {
        return format!(
            "the first of its {} columns are {}",
            headers.len(),
            quoted(&names[..LISTED])
        );
    }
    format!("its columns are {}", quoted(&names))
}

/// Key and list of the headers of a dataset, if they are known.
type Headers<'c> = Option<(&'static str, &'c [String])>;

fn headers_of<'c>(key: &'static str, headers: Option<&'c Vec<String>>) -> Headers<'c> {
    headers.map(|headers| (key, headers.as_slice()))
}

fn used_columns<'c>(config: &'c AnalysisConfig) -> Vec<UsedColumn<'c>> {
    if config.time_series_data_config.is_some() {
        return Vec::new();
    }
    let data = headers_of("headers", config.headers.as_ref());
    let mut used = Vec::new();
    let mut add = |columns: Vec<(String, &'c ColumnReference)>, headers: Headers<'c>| {
        let Some(headers) = headers else {
            return;
        };
        let columns = columns.into_iter();
        used.extend(columns.map(|(path, column)| UsedColumn {
            path,
            column,
            headers,
        }));
    };
    // Of JSON the labels are JMESPaths, no headers.
    if !labels_are_expressions(config) {
        add(optional("label", config.label.as_ref()), data);
        let predicted = optional("predicted_label", config.predicted_label.as_ref());
        match config.predicted_label_dataset_uri {
            None => add(predicted, data),
            Some(_) => {
                let headers = config.predicted_label_headers.as_ref();
                add(predicted, headers_of("predicted_label_headers", headers));
            }
        }
    }
    match config.facet_dataset_uri {
        None => {
            add(facet_columns(config), data);
            add(dividing_columns(config), data);
        }
        // A column of the facets, too, may group or divide the rows.
        Some(_) => {
            let headers = config.facet_headers.as_ref();
            add(facet_columns(config), headers_of("facet_headers", headers));
        }
    }
    add(columns_of_the_model(config), data);
    used
}

fn optional<'c>(
    path: &str,
    column: Option<&'c ColumnReference>,
) -> Vec<(String, &'c ColumnReference)> {
    let column = column.into_iter();
    column.map(|column| (path.to_owned(), column)).collect()
}

fn facet_columns(config: &AnalysisConfig) -> Vec<(String, &ColumnReference)> {
    let facets = config.facets().iter().enumerate();
    facets
        .map(|(index, facet)| {
            (
                format!("facet[{index}].name_or_index"),
                &facet.name_or_index,
            )
        })
        .collect()
}

fn dividing_columns(config: &AnalysisConfig) -> Vec<(String, &ColumnReference)> {
    let mut columns = optional("group_variable", config.group_variable.as_ref());
    for (index, segment) in config.segment_config.iter().flatten().enumerate() {
        let path = format!("segment_config[{index}].name_or_index");
        columns.push((path, &segment.name_or_index));
    }
    columns
}

fn columns_of_the_model(config: &AnalysisConfig) -> Vec<(String, &ColumnReference)> {
    let mut columns = optional(
        "joinsource_name_or_index",
        config.joinsource_name_or_index.as_ref(),
    );
    let methods = config.methods.as_ref();
    let shap = methods.and_then(|methods| methods.shap.as_ref());
    let pdp = methods.and_then(|methods| methods.pdp.as_ref());
    let lists = [
        ("excluded_columns", config.excluded_columns.as_ref()),
        (
            "methods.shap.features_to_explain",
            shap.and_then(|shap| shap.features_to_explain.as_ref()),
        ),
        (
            "methods.pdp.features",
            pdp.and_then(|pdp| pdp.features.as_ref()),
        ),
    ];
    for (key, list) in lists {
        for (index, column) in list.into_iter().flatten().enumerate() {
            columns.push((format!("{key}[{index}]"), column));
        }
    }
    columns
}

fn labels_are_expressions(config: &AnalysisConfig) -> bool {
    matches!(
        config.dataset_type,
        Some(DatasetType::Json | DatasetType::JsonLines)
    )
}

fn headers(config: &AnalysisConfig) -> Vec<ConfigProblem> {
    let lists = [
        ("headers", &config.headers),
        ("facet_headers", &config.facet_headers),
        ("predicted_label_headers", &config.predicted_label_headers),
    ];
    let mut problems = Vec::new();
    for (key, headers) in lists {
        let Some(headers) = headers else {
            continue;
        };
        if headers.is_empty() {
            let problem = ConfigProblem::error(key, "the list is empty");
            problems.push(problem.with_remedy("name every column, or leave the key out"));
        }
        for (index, name) in headers.iter().enumerate() {
            if let Some(first) = headers[..index].iter().position(|earlier| earlier == name) {
                let problem =
                    format!("two columns are named `{name}`, the other one is `{key}[{first}]`");
                problems.push(ConfigProblem::error(format!("{key}[{index}]"), problem));
            }
        }
    }
    problems
}

/// Labels never go to the model; who excludes them may have meant something else.
fn labels_excluded(config: &AnalysisConfig) -> Vec<ConfigProblem> {
    if labels_are_expressions(config) {
        return Vec::new();
    }
    let labels = [
        ("label", &config.label),
        ("predicted_label", &config.predicted_label),
    ];
    let mut problems = Vec::new();
    for (index, excluded) in config.excluded_columns.iter().flatten().enumerate() {
        for (key, label) in labels {
            if label
                .as_ref()
                .is_some_and(|label| same(config, label, excluded))
            {
                let problem = format!(
                    "{} is the `{key}`, which is never sent to the model",
                    excluded.told()
                );
                problems.push(
                    ConfigProblem::warning(format!("excluded_columns[{index}]"), problem)
                        .with_remedy("leave it out of the list"),
                );
            }
        }
    }
    problems
}

/// Whether both name one column of the data, as far as headers tell.
fn same(config: &AnalysisConfig, one: &ColumnReference, other: &ColumnReference) -> bool {
    let headers = config.headers.as_deref().unwrap_or_default();
    let position = |column: &ColumnReference| match column {
        ColumnReference::Index(index) => Some(*index),
        ColumnReference::Name(name) => headers.iter().position(|header| header == name),
    };
    one == other || position(one).is_some_and(|found| position(other) == Some(found))
}

fn one_column_twice(config: &AnalysisConfig) -> Vec<ConfigProblem> {
    let facets = facet_columns(config);
    let mut problems = Vec::new();
    for (index, (path, column)) in facets.iter().enumerate() {
        let mut earlier = facets[..index].iter();
        if let Some(first) = earlier.position(|(_, earlier)| same_facet(config, earlier, column)) {
            let problem = format!(
                "{} is a facet already, `facet[{first}]`; the analysis has one entry per column",
                column.told()
            );
            problems.push(
                ConfigProblem::error(path, problem)
                    .with_remedy("list its values in one of them, or analyse them one by one"),
            );
        } else if is_label(config, column) {
            let problem = format!("{} is the label, it cannot be a facet too", column.told());
            problems.push(ConfigProblem::error(path, problem));
        }
    }
    problems.extend(label_is_predicted_label(config));
    problems
}

fn same_facet(config: &AnalysisConfig, one: &ColumnReference, other: &ColumnReference) -> bool {
    match config.facet_dataset_uri {
        // The headers of the data say nothing of the facets'.
        Some(_) => one == other,
        None => same(config, one, other),
    }
}

/// Whether a facet is the label. A JMESPath may look like another column's name.
fn is_label(config: &AnalysisConfig, facet: &ColumnReference) -> bool {
    if config.facet_dataset_uri.is_some() || labels_are_expressions(config) {
        return false;
    }
    let label = config.label.as_ref();
    label.is_some_and(|label| same(config, label, facet))
}

fn label_is_predicted_label(config: &AnalysisConfig) -> Option<ConfigProblem> {
    let (label, predicted) = (config.label.as_ref()?, config.predicted_label.as_ref()?);
    if config.predicted_label_dataset_uri.is_some() || !same(config, label, predicted) {
        return None;
    }
    let problem = format!(
        "{} is the label: compared with itself every prediction is right",
        predicted.told()
    );
    Some(ConfigProblem::error("predicted_label", problem))
}
