//! `methods.shap`: attributions by kernel SHAP, of tables, texts and images.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::languages::LANGUAGES;
use super::node::{Node, to_map};
use super::place::{Place, column, count, list, named, number, scalar, text, truth, whole_number};
use super::problem::ConfigProblem;
use super::schema;
use super::spelling::nearest;
use super::value::{ColumnReference, ConfigValue, named_values};

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Shap {
    /// Computed by clustering where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<ShapBaseline>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_clusters: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_logit: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_samples: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agg_method: Option<AggregationMethod>,
    /// `false` where absent, though the SDK writes `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub save_local_shap_values: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_config: Option<TextConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_config: Option<ImageConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features_to_explain: Option<Vec<ColumnReference>>,
}

/// Rows that stand for "nothing known", in the format of the data and without labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ShapBaseline {
    /// Of a file.
    Location(String),
    Items(Vec<BaselineItem>),
    /// A whole JSON document.
    Document(Map<String, Value>),
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum BaselineItem {
    /// Of CSV or Parquet; `None` is a missing value.
    Row(Vec<Option<ConfigValue>>),
    /// A line of JSON Lines.
    Record(Map<String, Value>),
}

named_values! {
    /// How local values become global ones.
    pub enum AggregationMethod {
        MeanAbsolute = "mean_abs",
        /// Of the signed values.
        Median = "median",
        MeanSquare = "mean_sq",
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TextConfig {
    pub granularity: TextGranularity,
    /// A name or an ISO code, in lower case.
    pub language: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_top_tokens: Option<u64>,
}

named_values! {
    pub enum TextGranularity {
        Token = "token",
        Sentence = "sentence",
        Paragraph = "paragraph",
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ImageConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_segments: Option<u64>,
    /// Whole in the SDK's schema, a float in its class.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "serialize_whole_if_it_is"
    )]
    pub segment_compactness: Option<f64>,
    /// `segmentation`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature_extraction_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_type: Option<ImageModelType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_objects: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iou_threshold: Option<f64>,
    /// How much of the picture outside the box is kept: 0 nothing, 1 everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debug: Option<ImageDebug>,
}

named_values! {
    pub enum ImageModelType {
        Classification = "IMAGE_CLASSIFICATION",
        ObjectDetection = "OBJECT_DETECTION",
    }
}

/// In no guide, only in the SDK's schema.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImageDebug {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_names: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class_ids: Option<Vec<i64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_from: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample_to: Option<i64>,
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn serialize_whole_if_it_is<S: Serializer>(
    number: &Option<f64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    /// Every whole number below has an exact double.
    const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;
    match number {
        None => serializer.serialize_none(),
        Some(number) if number.fract() == 0.0 && number.abs() < LARGEST_EXACT => {
            #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
            let whole = *number as i64;
            serializer.serialize_i64(whole)
        }
        Some(number) => serializer.serialize_f64(*number),
    }
}

pub(super) fn read(place: &Place<'_>) -> Option<Shap> {
    let members = place.object(schema::SHAP, r#"{"num_clusters": 1}"#)?;
    let features = list(column("\"age\""), r#"["age"]"#);
    Some(Shap {
        baseline: members.optional("baseline", baseline),
        num_clusters: members.optional("num_clusters", count("1")),
        use_logit: members.optional("use_logit", truth),
        num_samples: members.optional("num_samples", count("100")),
        agg_method: members.optional("agg_method", named),
        save_local_shap_values: members.optional("save_local_shap_values", truth),
        text_config: members.optional("text_config", text_config),
        image_config: members.optional("image_config", image_config),
        seed: members.optional("seed", whole_number("123")),
        features_to_explain: members.optional("features_to_explain", features),
    })
}

fn baseline(place: &Place<'_>) -> Option<ShapBaseline> {
    match place.node {
        Node::Text(location) => Some(ShapBaseline::Location(location.clone())),
        Node::Object(members) => Some(ShapBaseline::Document(to_map(members))),
        Node::List(items) if !items.is_empty() => {
            list(baseline_item, "[[0, 45, 50.0]]")(place).map(ShapBaseline::Items)
        }
        _ => place.wrong(
            "a location, a list of rows, or an object in the form of the data",
            "[[0, 45, 50.0]]",
        ),
    }
}

fn baseline_item(place: &Place<'_>) -> Option<BaselineItem> {
    match place.node {
        Node::Object(members) => Some(BaselineItem::Record(to_map(members))),
        Node::List(_) => list(baseline_value, "[0, 45, 50.0]")(place).map(BaselineItem::Row),
        _ => place.wrong(
            "a list of the features' values, or an object in the form of the data",
            "[0, 45, 50.0]",
        ),
    }
}

fn baseline_value(place: &Place<'_>) -> Option<Option<ConfigValue>> {
    match scalar(place.node) {
        Some(value) => Some(Some(value)),
        None if *place.node == Node::Null => Some(None),
        None => place.wrong("a number, a text or null", "45"),
    }
}

fn text_config(place: &Place<'_>) -> Option<TextConfig> {
    let example = r#"{"granularity": "token", "language": "english"}"#;
    let members = place.object(schema::TEXT, example)?;
    let granularity = members.required(
        "granularity",
        "it says what is explained: each `token`, `sentence` or `paragraph`",
        named,
    );
    let why = "texts are divided by the rules of their language, for example `\"english\"`";
    let language = members.required("language", why, language);
    let max_top_tokens = members.optional("max_top_tokens", count("50"));
    Some(TextConfig {
        granularity: granularity?,
        language: language?,
        max_top_tokens,
    })
}

fn language(place: &Place<'_>) -> Option<String> {
    let language = text("\"english\"")(place)?.to_lowercase();
    let mut known = LANGUAGES.iter();
    if known.any(|(name, code)| language == *name || language == *code) {
        return Some(language);
    }
    let problem = format!(
        "found {}, expected the English name of a language or its ISO code, such as `english` or `en`",
        place.node.told()
    );
    let problem = ConfigProblem::error(place.path(), problem);
    let names = LANGUAGES.map(|(name, _)| name);
    place.add(match nearest(&language, &names) {
        Some(meant) => problem.with_remedy(format!("did you mean `{meant}`?")),
        None => problem.with_remedy("`multi-language` stands for all others"),
    })
}

fn image_config(place: &Place<'_>) -> Option<ImageConfig> {
    let members = place.object(schema::IMAGE, r#"{"model_type": "IMAGE_CLASSIFICATION"}"#)?;
    Some(ImageConfig {
        num_segments: members.optional("num_segments", count("20")),
        segment_compactness: members.optional("segment_compactness", number("5")),
        feature_extraction_method: members
            .optional("feature_extraction_method", text("\"segmentation\"")),
        model_type: members.optional("model_type", named),
        max_objects: members.optional("max_objects", count("3")),
        iou_threshold: members.optional("iou_threshold", number("0.5")),
        context: members.optional("context", number("1.0")),
        debug: members.optional("debug", image_debug),
    })
}

fn image_debug(place: &Place<'_>) -> Option<ImageDebug> {
    let members = place.object(schema::IMAGE_DEBUG, r#"{"class_ids": [1]}"#)?;
    let names = list(text("\"cat.jpeg\""), r#"["cat.jpeg"]"#);
    Some(ImageDebug {
        image_names: members.optional("image_names", names),
        class_ids: members.optional("class_ids", list(whole_number("1"), "[1]")),
        sample_from: members.optional("sample_from", whole_number("0")),
        sample_to: members.optional("sample_to", whole_number("10")),
    })
}
