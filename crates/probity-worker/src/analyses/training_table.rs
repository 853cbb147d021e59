//! From captured records to a table as the model was trained on: features under their headers,
//! the label, and what the endpoint predicted.
//!
//! A bias monitor's configuration names the columns of the training set (`headers`, with the
//! label among them), while a capture has the features in the input, the predictions in the
//! output, and the label in the ground truth. Sources: pages "Configure parameters to monitor
//! bias drift", "… feature attribution drift"; the notebooks of amazon-sagemaker-examples for
//! endpoints and transform jobs with CSV, JSON and JSON Lines.

use probity_analysis::records::{Column, Rule, Survey};
use probity_data::dataset::{
    CaptureSide, ColumnChoice, RecordColumns, RecordExpression, RecordRole, RecordValue,
};
use probity_domain::document::analysis_config::{
    AnalysisConfig, ColumnReference, ConfigValue, DEFAULT_PROBABILITY_THRESHOLD,
};

use super::changes::reserved_columns;
use super::failure::AnalysisFailed;
use super::spec::JobSpec;

/// Where the configuration does not name it.
const LABEL: &str = "label";
pub(super) const PREDICTED_LABEL: &str = "predicted_label";

/// What the definition says of the records.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes {
    pub(super) features: Option<String>,
    pub(super) inference: Option<String>,
    pub(super) probability: Option<String>,
    pub(super) threshold: Option<f64>,
}

/// What a table is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    Features,
    FeaturesAndOutcomes,
}

impl Attributes {
    pub(super) fn of(spec: &JobSpec) -> Result<Attributes, AnalysisFailed> {
        let text = |name| spec.variable(name).map(str::to_owned);
        let name = "probability_threshold_attribute";
        let threshold = spec.variable(name).map(|text| {
            text.parse().map_err(|_| AnalysisFailed::Variable {
                name,
                value: text.to_owned(),
                expected: "a number",
            })
        });
        Ok(Attributes {
            features: text("features_attribute"),
            inference: text("inference_attribute"),
            probability: text("probability_attribute"),
            threshold: threshold.transpose()?,
        })
    }

    /// The output's value that is taken, and whether it is a score.
    fn output(&self) -> (Option<&str>, IsScore) {
        match (&self.inference, &self.probability) {
            (Some(label), None) => (Some(label), IsScore::No),
            (Some(label), Some(score)) if label != score => (Some(label), IsScore::No),
            (_, Some(score)) => (Some(score), IsScore::Yes),
            // The whole output, as Clarify takes it where nothing is said.
            (None, None) => (None, IsScore::Yes),
        }
    }

    /// What to take of JSON records; `None` where no expression is given, as of CSV.
    pub(super) fn expressions(
        &self,
        config: &AnalysisConfig,
        parts: Parts,
    ) -> Result<Option<RecordColumns>, AnalysisFailed> {
        let is_position = |text: &str| text.trim().parse::<usize>().is_ok();
        let (output, _) = self.output();
        let output = output.filter(|text| !is_position(text));
        if self.features.is_none() && output.is_none() {
            return Ok(None);
        }
        let mut values = Vec::new();
        let features = match &self.features {
            Some(text) => Some(expression("FeaturesAttribute", text)?),
            None => {
                for header in features_of(config) {
                    let text = format!("\"{}\"", header.replace('"', "\\\""));
                    values.push(RecordValue {
                        expression: expression("headers", &text)?,
                        role: RecordRole::Other,
                    });
                }
                None
            }
        };
        if parts == Parts::FeaturesAndOutcomes {
            values.push(RecordValue {
                expression: expression("label", label_expression(config))?,
                role: RecordRole::Label,
            });
            let text = output.unwrap_or("@");
            values.push(RecordValue {
                expression: expression("InferenceAttribute", text)?,
                role: RecordRole::Output,
            });
        }
        let columns = RecordColumns::new(features, values, None);
        columns
            .map(Some)
            .map_err(|error| problem(error.to_string()))
    }

    /// The columns of the table, in the order of the training set.
    pub(super) fn columns(
        &self,
        config: &AnalysisConfig,
        (survey, parts): (&Survey, Parts),
    ) -> Result<Vec<Column>, AnalysisFailed> {
        let found = match self.expressions(config, parts)? {
            Some(_) => by_expression(survey, parts)?,
            None => self.by_side(survey, parts)?,
        };
        let mut found = found;
        if let (Parts::Features, Some(headers)) = (parts, &config.headers)
            && survey.on_side(CaptureSide::Input).is_empty()
            && !headers.is_empty()
        {
            // What the model answered comes after what it was asked.
            found.features.truncate(headers.len());
        }
        let names = feature_names(config, found.features.len())?;
        let mut columns: Vec<Column> = names
            .into_iter()
            .zip(&found.features)
            .map(|(name, from)| Column {
                name,
                from: *from,
                rule: Rule::AsItIs,
            })
            .collect();
        if let Some((label, output)) = found.outcomes {
            columns.insert(
                label_place(config, columns.len()),
                Column {
                    name: label_name(config),
                    from: label,
                    rule: Rule::AsItIs,
                },
            );
            columns.push(Column {
                name: PREDICTED_LABEL.to_owned(),
                from: output,
                rule: self.rule(config),
            });
        }
        Ok(columns)
    }

    /// CSV payloads, and JSON whose keys are the columns.
    fn by_side(&self, survey: &Survey, parts: Parts) -> Result<Found, AnalysisFailed> {
        let input = survey.on_side(CaptureSide::Input);
        let output = match survey.columns.iter().any(|column| column.side.is_some()) {
            true => survey.on_side(CaptureSide::Output),
            // Records of transform jobs that nobody merged have no sides.
            false => {
                let reserved = reserved_columns(survey);
                let all = 0..survey.columns.len();
                all.filter(|at| !reserved.contains(at)).collect()
            }
        };
        if parts == Parts::Features {
            return match input.is_empty() {
                true => Ok(Found {
                    features: self.without_named(survey, output),
                    outcomes: None,
                }),
                false => Ok(Found {
                    features: input,
                    outcomes: None,
                }),
            };
        }
        let label = survey.on_side(CaptureSide::GroundTruth);
        let label = label.first().copied();
        let label = label.ok_or_else(|| problem("the records have no ground truth".to_owned()))?;
        let predicted = self.predicted(survey)?;
        let features = match input.is_empty() {
            // A transform job that joins its input to its output has one side.
            true => {
                let mut features = self.without_named(survey, output);
                features.retain(|at| *at != predicted);
                features
            }
            false => input,
        };
        Ok(Found {
            features,
            outcomes: Some((label, predicted)),
        })
    }

    fn predicted(&self, survey: &Survey) -> Result<usize, AnalysisFailed> {
        let (output, _) = self.output();
        let choice = match output {
            Some(text) => ColumnChoice::from(text),
            None => ColumnChoice::from(0),
        };
        let found = choice.resolve_on(&survey.schema(), CaptureSide::Output);
        found.map_err(|error| {
            problem(format!(
                "the prediction is not in what the model answered: {error}"
            ))
        })
    }

    /// Columns of an output that holds the input too, without what the definition calls the
    /// model's answers.
    fn without_named(&self, survey: &Survey, mut output: Vec<usize>) -> Vec<usize> {
        let schema = survey.schema();
        for choice in [&self.inference, &self.probability].into_iter().flatten() {
            let choice = ColumnChoice::from(choice.as_str());
            if let Ok(found) = choice.resolve_on(&schema, CaptureSide::Output) {
                output.retain(|at| *at != found);
            }
        }
        output
    }

    /// From a score to a label, as Clarify decides: greater than the threshold is 1.
    fn rule(&self, config: &AnalysisConfig) -> Rule {
        let (_, is_score) = self.output();
        if is_score == IsScore::No {
            return Rule::AsItIs;
        }
        let positive = config.label_values_or_threshold.as_deref();
        let (then, otherwise) = match positive {
            Some([ConfigValue::Text(text)]) if text.parse::<f64>().is_err() => {
                (text.clone(), format!("not {text}"))
            }
            _ => ("1".to_owned(), "0".to_owned()),
        };
        Rule::Above {
            threshold: self.threshold.unwrap_or(DEFAULT_PROBABILITY_THRESHOLD),
            then,
            otherwise,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IsScore {
    Yes,
    No,
}

/// Positions among the survey's columns.
struct Found {
    features: Vec<usize>,
    /// Of the label, and of what was predicted.
    outcomes: Option<(usize, usize)>,
}

/// Columns that expressions made: the features first, then the values.
fn by_expression(survey: &Survey, parts: Parts) -> Result<Found, AnalysisFailed> {
    let n = survey.columns.len();
    let all: Vec<usize> = (0..n).collect();
    match parts {
        Parts::Features => Ok(Found {
            features: all,
            outcomes: None,
        }),
        Parts::FeaturesAndOutcomes if n > 2 => Ok(Found {
            features: all[..n - 2].to_vec(),
            outcomes: Some((n - 2, n - 1)),
        }),
        Parts::FeaturesAndOutcomes => Err(problem(
            "the expressions find no features in the records".to_owned(),
        )),
    }
}

fn expression(key: &str, text: &str) -> Result<RecordExpression, AnalysisFailed> {
    RecordExpression::parse(text).map_err(|error| problem(format!("`{key}` is `{text}`: {error}")))
}

fn problem(problem: String) -> AnalysisFailed {
    AnalysisFailed::Captured { problem }
}

fn label_expression(config: &AnalysisConfig) -> &str {
    match &config.label {
        Some(ColumnReference::Name(name)) => name,
        Some(ColumnReference::Index(_)) | None => LABEL,
    }
}

/// What the table calls it: its header.
pub(super) fn label_name(config: &AnalysisConfig) -> String {
    match (&config.label, &config.headers) {
        (Some(ColumnReference::Index(at)), Some(headers)) => headers
            .get(*at)
            .cloned()
            .unwrap_or_else(|| LABEL.to_owned()),
        (Some(ColumnReference::Name(name)), _) => name.clone(),
        (Some(ColumnReference::Index(_)) | None, _) => LABEL.to_owned(),
    }
}

/// Its place in the training set: facets may be named by theirs.
fn label_place(config: &AnalysisConfig, n_features: usize) -> usize {
    let place = match (&config.label, &config.headers) {
        (Some(ColumnReference::Index(at)), _) => Some(*at),
        (Some(ColumnReference::Name(name)), Some(headers)) => {
            headers.iter().position(|header| header == name)
        }
        (Some(ColumnReference::Name(_)), None) | (None, _) => None,
    };
    place.unwrap_or(n_features).min(n_features)
}

/// The headers but those of label and prediction.
fn features_of(config: &AnalysisConfig) -> Vec<String> {
    let headers = config.headers.as_deref().unwrap_or_default();
    let outcomes = [&config.label, &config.predicted_label];
    let is_outcome = |at: usize, header: &String| {
        outcomes.into_iter().flatten().any(|choice| match choice {
            ColumnReference::Name(name) => name == header,
            ColumnReference::Index(index) => *index == at,
        })
    };
    headers
        .iter()
        .enumerate()
        .filter(|(at, header)| !is_outcome(*at, header))
        .map(|(_, header)| header.clone())
        .collect()
}

/// Names of `n` features. Headers may name label and prediction after them.
fn feature_names(config: &AnalysisConfig, n: usize) -> Result<Vec<String>, AnalysisFailed> {
    if config.headers.is_none() {
        return Ok((0..n).map(|at| format!("column_{at}")).collect());
    }
    let mut names = features_of(config);
    // `label` may be the expression of a label whose header, the last, is another name.
    if names.len() > n && names.len() - n <= 2 {
        names.truncate(n);
    }
    match names.len() == n {
        true => Ok(names),
        false => Err(problem(format!(
            "`headers` of the configuration names {} features, and the captured records have {n}",
            names.len()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> AnalysisConfig {
        AnalysisConfig::from_monitor_json(text.as_bytes()).unwrap()
    }

    #[test]
    fn headers_of_the_training_set_name_the_features_without_the_label() {
        let config = config(
            r#"{"headers": ["label", "gender", "age"], "label": "label",
                "label_values_or_threshold": [1],
                "facet": [{"name_or_index": "gender", "value_or_threshold": [0]}]}"#,
        );
        assert_eq!(feature_names(&config, 2).unwrap(), ["gender", "age"]);
        assert_eq!(label_place(&config, 2), 0);
        assert_eq!(label_name(&config), "label");
        let wrong = feature_names(&config, 3).unwrap_err().to_string();
        assert_eq!(
            wrong,
            "`headers` of the configuration names 2 features, and the captured records have 3"
        );
    }

    #[test]
    fn a_score_alone_is_compared_with_the_threshold_and_a_label_is_not() {
        let config = config(
            r#"{"headers": ["x", "y"], "label": "y", "label_values_or_threshold": [1],
                "facet": [{"name_or_index": "x", "value_or_threshold": [0]}]}"#,
        );
        let rule = |inference: Option<&str>, probability: Option<&str>| {
            let attributes = Attributes {
                inference: inference.map(str::to_owned),
                probability: probability.map(str::to_owned),
                threshold: Some(0.8),
                ..Attributes::default()
            };
            attributes.rule(&config)
        };
        let decided = Rule::Above {
            threshold: 0.8,
            then: "1".to_owned(),
            otherwise: "0".to_owned(),
        };
        assert_eq!(rule(None, None), decided);
        assert_eq!(rule(None, Some("0")), decided);
        assert_eq!(rule(Some("0"), Some("0")), decided);
        assert_eq!(rule(Some("0"), None), Rule::AsItIs);
        assert_eq!(rule(Some("0"), Some("1")), Rule::AsItIs);
    }
}
