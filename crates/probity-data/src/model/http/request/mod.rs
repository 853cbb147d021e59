//! Records as the bodies of requests, in whatever form a model takes them.

mod csv;
mod rows;
mod spelling;
mod template;
mod v2;

use std::ops::Range;

use datafusion::arrow::array::RecordBatch;
use probity_domain::document::analysis_config::{ContentTemplate as GivenTemplate, ContentType};
use serde_json::Value;

use super::options::{HttpOptions, InvalidHttpOptions, Protocol};
use crate::model::AskModel;
use rows::Rows;
use spelling::Column;
use template::{ContentTemplate, Features, Holds, RecordTemplate};
pub(super) use v2::ModelInputs;

/// How records become the body of a request.
#[derive(Clone, Debug)]
pub(super) struct RequestForm {
    body: Body,
    feature_names: Option<Vec<String>>,
    text_features: Vec<String>,
}

#[derive(Clone, Debug)]
enum Body {
    Csv,
    Lines(RecordTemplate),
    Json(ContentTemplate, RecordTemplate),
    V2,
    Mlflow,
}

const LINES_EXAMPLE: &str = r#"it is missing; for example `{"features":$features}`"#;
const JSON_EXAMPLE: &str = r#"it is missing; for example `{"instances":$records}`"#;
const RECORD_EXAMPLE: &str = "it is missing; for example `$features` or `$features_kvp`";

impl RequestForm {
    pub(super) fn new(options: &HttpOptions) -> Result<RequestForm, InvalidHttpOptions> {
        let body = match options.protocol {
            Protocol::V2 => Body::V2,
            Protocol::Mlflow => Body::Mlflow,
            Protocol::SageMaker => sagemaker_body(options)?,
        };
        Ok(RequestForm {
            body,
            feature_names: options.feature_names.clone(),
            text_features: options.text_features.clone(),
        })
    }

    pub(super) fn content_type(&self) -> &'static str {
        match self.body {
            Body::Csv => "text/csv",
            Body::Lines(_) => "application/jsonlines",
            Body::Json(..) | Body::V2 | Body::Mlflow => "application/json",
        }
    }

    /// Every record, ready to be sent alone or with others. `inputs` is what a V2 model said of itself.
    pub(super) fn encode(
        &self,
        records: &RecordBatch,
        inputs: Option<&ModelInputs>,
    ) -> Result<EncodedRecords, AskModel> {
        let columns = spelling::columns(records, &self.text_features)?;
        let names = self.names(&columns)?;
        let features = Features {
            columns: &columns,
            names: &names,
        };
        let n_records = records.num_rows();
        let mut max_records = usize::MAX;
        let content = match &self.body {
            Body::Csv => {
                let rows = Rows::encode(n_records, |row, out| csv::write(&columns, row, out))?;
                Content::rows(rows, String::new(), "\n", String::new())
            }
            Body::Lines(template) => {
                let rows = Rows::encode(n_records, |row, out| template.write(&features, row, out))?;
                Content::rows(rows, String::new(), "\n", String::new())
            }
            Body::Json(content, record) => {
                if content.holds == Holds::OneRecord {
                    max_records = 1;
                }
                let rows = Rows::encode(n_records, |row, out| record.write(&features, row, out))?;
                let (before, after) = content.around(&features);
                Content::rows(rows, before, ",", after)
            }
            Body::Mlflow => {
                let rows = Rows::encode(n_records, |row, out| features.write_list(row, out))?;
                let mut before = r#"{"dataframe_split":{"columns":"#.to_owned();
                features.write_names(&mut before);
                before.push_str(r#","data":["#);
                Content::rows(rows, before, ",", "]}}".to_owned())
            }
            Body::V2 => {
                let encoded = v2::encode(&features, n_records, inputs)?;
                max_records = encoded.max_records;
                Content::Inputs(encoded.inputs)
            }
        };
        Ok(EncodedRecords {
            content,
            n_records,
            max_records,
        })
    }

    fn names(&self, columns: &[Column]) -> Result<Vec<String>, AskModel> {
        match &self.feature_names {
            Some(names) if names.len() != columns.len() => Err(AskModel::Records {
                reason: format!(
                    "they have {} features, and `feature_names` names {}",
                    columns.len(),
                    names.len()
                ),
            }),
            Some(names) => Ok(names.clone()),
            None => Ok(columns.iter().map(|column| column.name.clone()).collect()),
        }
    }
}

fn sagemaker_body(options: &HttpOptions) -> Result<Body, InvalidHttpOptions> {
    let missing = |setting, example: &str| InvalidHttpOptions::setting(setting, example);
    let content = options.content_template.as_ref().map(text_of);
    match options.content_type {
        ContentType::Csv => Ok(Body::Csv),
        ContentType::JsonLines => {
            let template = content.ok_or_else(|| missing("content_template", LINES_EXAMPLE))?;
            Ok(Body::Lines(RecordTemplate::of_lines(&template)?))
        }
        ContentType::Json => {
            let content = content.ok_or_else(|| missing("content_template", JSON_EXAMPLE))?;
            let record = options.record_template.as_deref();
            let record = record.ok_or_else(|| missing("record_template", RECORD_EXAMPLE))?;
            Ok(Body::Json(
                ContentTemplate::new(&content)?,
                RecordTemplate::of_record(record)?,
            ))
        }
        ContentType::Jpeg | ContentType::Png | ContentType::Npy => {
            let problem = format!("`{}` is no form of records", options.content_type.name());
            Err(InvalidHttpOptions::setting("content_type", problem))
        }
    }
}

/// Of texts by name, a text that holds a placeholder is a template of its own, and any other is a text.
fn text_of(template: &GivenTemplate) -> String {
    match template {
        GivenTemplate::Text(text) => text.clone(),
        GivenTemplate::Members(members) => {
            let member = |(key, value): (&String, &Value)| {
                let value = match value.as_str() {
                    Some(text) if text.contains('$') => text.to_owned(),
                    _ => value.to_string(),
                };
                format!("{}:{value}", Value::from(key.as_str()))
            };
            let members: Vec<String> = members.iter().map(member).collect();
            format!("{{{}}}", members.join(","))
        }
    }
}

/// The records of a batch, each written once; any run of them is the body of a request.
#[derive(Debug)]
pub(super) struct EncodedRecords {
    content: Content,
    pub(super) n_records: usize,
    /// That a request of this form can hold.
    pub(super) max_records: usize,
}

#[derive(Debug)]
enum Content {
    Rows {
        rows: Rows,
        before: String,
        between: &'static str,
        after: String,
    },
    Inputs(Vec<v2::Input>),
}

impl Content {
    fn rows(rows: Rows, before: String, between: &'static str, after: String) -> Content {
        Content::Rows {
            rows,
            before,
            between,
            after,
        }
    }
}

impl EncodedRecords {
    pub(super) fn body(&self, range: Range<usize>) -> String {
        match &self.content {
            Content::Rows {
                rows,
                before,
                between,
                after,
            } => {
                let mut body = String::with_capacity(self.bytes(range.clone()));
                body.push_str(before);
                rows.write(range, between, &mut body);
                body.push_str(after);
                body
            }
            Content::Inputs(inputs) => v2::body(inputs, range),
        }
    }

    /// The length of a body; of V2 not less than it.
    pub(super) fn bytes(&self, range: Range<usize>) -> usize {
        match &self.content {
            Content::Rows {
                rows,
                before,
                between,
                after,
            } => before.len() + after.len() + rows.bytes(range, between),
            Content::Inputs(inputs) => v2::bytes(inputs, range),
        }
    }
}
