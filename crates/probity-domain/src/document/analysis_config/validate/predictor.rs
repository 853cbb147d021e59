//! Whether the model can be found, and asked in the form that it expects.

use super::super::dataset::DatasetType;
use super::super::predictor::{ContentTemplate, ContentType, Predictor};
use super::super::{AnalysisConfig, ConfigProblem};

pub(super) fn check(config: &AnalysisConfig) -> Vec<ConfigProblem> {
    let Some(predictor) = &config.predictor else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    problems.extend(model(predictor));
    problems.extend(endpoint_name_prefix(predictor));
    problems.extend(custom_attributes(predictor));
    problems.extend(content_type(config, predictor));
    problems.extend(templates(config, predictor));
    problems
}

fn model(predictor: &Predictor) -> Vec<ConfigProblem> {
    let new_endpoint = [
        ("model_name", predictor.model_name.is_some()),
        ("instance_type", predictor.instance_type.is_some()),
        (
            "initial_instance_count",
            predictor.initial_instance_count.is_some(),
        ),
    ];
    if predictor.endpoint_name.is_some() {
        if predictor.model_name.is_none() {
            return Vec::new();
        }
        let problem = "the key has no effect: there is an `endpoint_name`, which wins";
        return vec![ConfigProblem::warning("predictor.model_name", problem)];
    }
    if predictor.model_name.is_none() {
        let problem = "there is neither an `endpoint_name` nor a `model_name`";
        return vec![
            ConfigProblem::error("predictor", problem)
                .with_remedy("name the endpoint that answers, or the model to deploy"),
        ];
    }
    let absent = new_endpoint.into_iter().filter(|(_, present)| !present);
    let problem = |(key, _)| {
        ConfigProblem::error(
            format!("predictor.{key}"),
            "the key is missing: the endpoint of `model_name` needs it",
        )
    };
    absent.map(problem).collect()
}

/// Of the developer guide: the service adds its own to it.
const LONGEST_PREFIX: usize = 23;

fn endpoint_name_prefix(predictor: &Predictor) -> Option<ConfigProblem> {
    let prefix = predictor.endpoint_name_prefix.as_ref()?;
    let path = "predictor.endpoint_name_prefix";
    if predictor.endpoint_name.is_some() {
        let problem = "the key has no effect: there is an `endpoint_name`";
        return Some(ConfigProblem::warning(path, problem));
    }
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let legal = prefix.chars().all(allowed)
        && !prefix.starts_with('-')
        && !prefix.ends_with('-')
        && (1..=LONGEST_PREFIX).contains(&prefix.len());
    if legal {
        return None;
    }
    let problem = format!(
        "`{prefix}` cannot begin the name of an endpoint: it takes letters, digits and \
         hyphens between them, at most {LONGEST_PREFIX}"
    );
    Some(ConfigProblem::error(path, problem).with_remedy("for example `\"sm-clarify\"`"))
}

/// Of the header `X-Amzn-SageMaker-Custom-Attributes`.
const LONGEST_ATTRIBUTES: usize = 1024;

fn custom_attributes(predictor: &Predictor) -> Option<ConfigProblem> {
    let attributes = predictor.custom_attributes.as_ref()?;
    let visible = attributes.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if visible && attributes.len() <= LONGEST_ATTRIBUTES {
        return None;
    }
    let problem = format!(
        "the text goes into a header of the request, which takes at most {LONGEST_ATTRIBUTES} \
         visible ASCII characters"
    );
    Some(ConfigProblem::error("predictor.custom_attributes", problem))
}

fn content_type(config: &AnalysisConfig, predictor: &Predictor) -> Option<ConfigProblem> {
    if config.dataset_type != Some(DatasetType::Parquet) || predictor.content_type.is_some() {
        return None;
    }
    let problem = "the key is missing: Parquet is no form of a request";
    Some(
        ConfigProblem::error("predictor.content_type", problem)
            .with_remedy("for example `\"text/csv\"`"),
    )
}

/// That of the dataset where the key is absent.
fn effective_content_type(config: &AnalysisConfig, predictor: &Predictor) -> Option<ContentType> {
    predictor
        .content_type
        .or_else(|| match config.dataset_type? {
            DatasetType::Csv => Some(ContentType::Csv),
            DatasetType::JsonLines => Some(ContentType::JsonLines),
            DatasetType::Json => Some(ContentType::Json),
            DatasetType::Image => Some(ContentType::Jpeg),
            DatasetType::Parquet | DatasetType::Capture => None,
        })
}

const LINES_EXAMPLE: &str = r#"for example `"{\"instances\": $features}"`"#;
const JSON_EXAMPLE: &str = r#"for example `"{\"instances\": $records}"`"#;

fn templates(config: &AnalysisConfig, predictor: &Predictor) -> Vec<ConfigProblem> {
    match effective_content_type(config, predictor) {
        Some(ContentType::JsonLines) => lines_template(predictor).into_iter().collect(),
        Some(ContentType::Json) => {
            let mut problems: Vec<_> = json_template(predictor).into_iter().collect();
            problems.extend(record_template(predictor));
            problems
        }
        Some(ContentType::Csv | ContentType::Jpeg | ContentType::Png | ContentType::Npy) | None => {
            Vec::new()
        }
    }
}

const TEMPLATE: &str = "predictor.content_template";

fn lines_template(predictor: &Predictor) -> Option<ConfigProblem> {
    let template = match &predictor.content_template {
        Some(ContentTemplate::Text(template)) => template,
        Some(ContentTemplate::Members(_)) => return None,
        None => {
            let problem = "the key is missing: it says how a record becomes a line of JSON";
            return Some(ConfigProblem::error(TEMPLATE, problem).with_remedy(LINES_EXAMPLE));
        }
    };
    let places = template.matches("$features").count();
    if places == 1 {
        return None;
    }
    let problem = format!("`$features` is there {places} times, expected once");
    Some(ConfigProblem::error(TEMPLATE, problem).with_remedy(LINES_EXAMPLE))
}

fn json_template(predictor: &Predictor) -> Option<ConfigProblem> {
    let problem = match &predictor.content_template {
        None => "the key is missing: it says how records become a JSON document",
        Some(ContentTemplate::Text(template)) if !template.contains("$record") => {
            "found neither `$records` nor `$record`"
        }
        Some(_) => return None,
    };
    Some(ConfigProblem::error(TEMPLATE, problem).with_remedy(JSON_EXAMPLE))
}

fn record_template(predictor: &Predictor) -> Option<ConfigProblem> {
    let path = "predictor.record_template";
    let remedy = "for example `\"$features\"` or `\"$features_kvp\"`";
    let Some(template) = &predictor.record_template else {
        let problem = "the key is missing: it says how the features become a record";
        return Some(ConfigProblem::error(path, problem).with_remedy(remedy));
    };
    if template.contains('$') {
        return None;
    }
    let problem = "there is no placeholder: every record would be the same";
    Some(ConfigProblem::error(path, problem).with_remedy(remedy))
}
