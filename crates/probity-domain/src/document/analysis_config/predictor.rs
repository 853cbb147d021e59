//! `predictor`: the model, what it is sent and where its answer lies.

use serde::Serialize;
use serde_json::{Map, Value};

use super::node::{Node, to_map};
use super::place::{Place, column, count, named, text, values};
use super::schema;
use super::value::{ColumnReference, ConfigValue, named_values};

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Predictor {
    /// Wins over `model_name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint_name_prefix: Option<String>,
    /// The pipeline step that checks bias fills it in later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial_instance_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accelerator_type: Option<String>,
    /// Of a request; the type of the dataset where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<ContentType>,
    /// Of an answer; `content_type` where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accept_type: Option<AcceptType>,
    /// Where the predicted label lies in an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<ColumnReference>,
    /// Where the scores lie in an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<ColumnReference>,
    /// A class per score; that of the highest is the predicted label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_headers: Option<Vec<ConfigValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_template: Option<ContentTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record_template: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_attributes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_series_predictor_config: Option<TimeSeriesPredictor>,
}

named_values! {
    pub enum ContentType {
        Csv = "text/csv",
        JsonLines = "application/jsonlines",
        Json = "application/json",
        /// The second spelling passes the SDK's class, not its schema.
        Jpeg = "image/jpeg" | "image/jpg",
        Png = "image/png",
        Npy = "application/x-npy",
    }
}

named_values! {
    pub enum AcceptType {
        Csv = "text/csv",
        JsonLines = "application/jsonlines",
        Json = "application/json",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ContentTemplate {
    Text(String),
    /// Of texts; only in the SDK's schema.
    Members(Map<String, Value>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimeSeriesPredictor {
    /// JMESPath to the forecast of an answer.
    pub forecast: String,
}

pub(super) fn read(place: &Place<'_>) -> Option<Predictor> {
    let members = place.object(schema::PREDICTOR, r#"{"endpoint_name": "endpoint"}"#)?;
    Some(Predictor {
        endpoint_name: members.optional("endpoint_name", text("\"endpoint\"")),
        endpoint_name_prefix: members.optional("endpoint_name_prefix", text("\"shadow\"")),
        model_name: members.optional("model_name", text("\"model\"")),
        target_model: members.optional("target_model", text("\"model.tar.gz\"")),
        instance_type: members.optional("instance_type", text("\"ml.m5.large\"")),
        initial_instance_count: members.optional("initial_instance_count", count("1")),
        accelerator_type: members.optional("accelerator_type", text("\"ml.eia2.medium\"")),
        content_type: members.optional("content_type", named),
        accept_type: members.optional("accept_type", named),
        label: members.optional("label", column("0")),
        probability: members.optional("probability", column("1")),
        label_headers: members.optional("label_headers", values(r#"["cat", "dog"]"#)),
        content_template: members.optional("content_template", content_template),
        record_template: members.optional("record_template", text("\"$features\"")),
        custom_attributes: members.optional("custom_attributes", text("\"trace=1\"")),
        time_series_predictor_config: members
            .optional("time_series_predictor_config", time_series_predictor),
    })
}

fn content_template(place: &Place<'_>) -> Option<ContentTemplate> {
    let is_text = |(_, node): &(String, Node)| matches!(node, Node::Text(_));
    match place.node {
        Node::Text(template) => Some(ContentTemplate::Text(template.clone())),
        Node::Object(members) if members.iter().all(is_text) => {
            Some(ContentTemplate::Members(to_map(members)))
        }
        _ => place.wrong(
            "a text with a placeholder",
            r#""{\"instances\": $features}""#,
        ),
    }
}

fn time_series_predictor(place: &Place<'_>) -> Option<TimeSeriesPredictor> {
    let example = r#"{"forecast": "predictions[*].mean"}"#;
    let members = place.object(schema::TIME_SERIES_PREDICTOR, example)?;
    let forecast = members.required(
        "forecast",
        "it locates the forecast in the answer of the model, for example `\"predictions[*].mean\"`",
        text("\"predictions[*].mean\""),
    )?;
    Some(TimeSeriesPredictor { forecast })
}
