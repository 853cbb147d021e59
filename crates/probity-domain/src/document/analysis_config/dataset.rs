//! The keys at the top of the configuration: the data and their columns.

use serde::Serialize;

use super::methods;
use super::place::{Members, Place, column, list, named, number, text, value, values};
use super::predictor;
use super::problem::ConfigProblem;
use super::schema;
use super::time_series;
use super::value::{ColumnReference, ConfigValue, named_values};
use super::{AnalysisConfig, Purpose};

named_values! {
    pub enum DatasetType {
        Csv = "text/csv",
        JsonLines = "application/jsonlines",
        Json = "application/json",
        /// The second spelling is a slip of the guide.
        Parquet = "application/x-parquet" | "application/parquet",
        Image = "application/x-image",
        /// What an endpoint captured; monitors have it.
        Capture = "application/sagemakercapturejson",
    }
}

/// A column whose groups are compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FacetConfig {
    pub name_or_index: ColumnReference,
    /// The values of the sensitive group, or its exclusive lower bound. Absent or empty:
    /// each value in turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_or_threshold: Option<Vec<ConfigValue>>,
}

impl FacetConfig {
    /// None where each value is compared with the rest.
    pub fn values(&self) -> &[ConfigValue] {
        self.value_or_threshold.as_deref().unwrap_or_default()
    }
}

/// Parts of the data that are analysed on their own. The rest is a part too.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SegmentConfig {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_name: Option<String>,
    pub name_or_index: ColumnReference,
    /// Each is a list of values, or of intervals such as `[1, 4]` or `(5, 6]`.
    pub segments: Vec<Vec<ConfigValue>>,
    /// One per segment, and perhaps one for the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_aliases: Option<Vec<String>>,
}

const EXAMPLE: &str = r#"{"dataset_type": "text/csv", "label": "income", "label_values_or_threshold": [1], "facet": [{"name_or_index": "sex", "value_or_threshold": [0]}], "methods": {"pre_training_bias": {"methods": "all"}}}"#;

pub(super) fn read(root: &Place<'_>, purpose: Purpose) -> Option<AnalysisConfig> {
    let members = root.object(schema::TOP, EXAMPLE)?;
    if matches!(purpose, Purpose::Job) {
        require(&members);
    }
    let names = list(text("\"age\""), r#"["age", "sex", "income"]"#);
    let uri = text("\"s3://bucket/folder\"");
    Some(AnalysisConfig {
        version: members.optional("version", version),
        dataset_type: members.optional("dataset_type", named),
        dataset_uri: members.optional("dataset_uri", &uri),
        headers: members.optional("headers", &names),
        label: members.optional("label", column("\"income\"")),
        predicted_label: members.optional("predicted_label", column("\"predicted\"")),
        features: members.optional("features", text("\"features\"")),
        label_values_or_threshold: members.optional("label_values_or_threshold", values("[1]")),
        probability_threshold: members.optional("probability_threshold", number("0.5")),
        segment_config: members.optional("segment_config", list(segment, SEGMENTS_EXAMPLE)),
        facet: members.optional("facet", list(facet, FACETS_EXAMPLE)),
        facet_dataset_uri: members.optional("facet_dataset_uri", &uri),
        facet_headers: members.optional("facet_headers", &names),
        predicted_label_dataset_uri: members.optional("predicted_label_dataset_uri", &uri),
        predicted_label_headers: members.optional("predicted_label_headers", &names),
        excluded_columns: members.optional("excluded_columns", list(column("\"id\""), r#"["id"]"#)),
        joinsource_name_or_index: members.optional("joinsource_name_or_index", column("\"id\"")),
        group_variable: members.optional("group_variable", column("\"region\"")),
        time_series_data_config: members.optional("time_series_data_config", time_series::data),
        methods: members.optional("methods", methods::read),
        predictor: members.optional("predictor", predictor::read),
    })
}

/// What only a monitor may leave out.
fn require(members: &Members<'_>) {
    let present = |_: &Place<'_>| Some(());
    members.required(
        "dataset_type",
        "it says how the data are read, for example `\"text/csv\"`",
        present,
    );
    members.required(
        "methods",
        "it says what is computed, for example `{\"pre_training_bias\": {\"methods\": \"all\"}}`",
        present,
    );
}

fn version(place: &Place<'_>) -> Option<String> {
    let version = text("\"1.0\"")(place)?;
    if version == "1.0" {
        return Some(version);
    }
    let problem = format!("found {}, but there is only version 1.0", place.node.told());
    place.add(
        ConfigProblem::error(place.path(), problem)
            .with_remedy("write `\"1.0\"` or leave the key out"),
    )
}

const FACETS_EXAMPLE: &str = r#"[{"name_or_index": "sex", "value_or_threshold": [0]}]"#;

fn facet(place: &Place<'_>) -> Option<FacetConfig> {
    let members = place.object(schema::FACET, r#"{"name_or_index": "sex"}"#)?;
    let name_or_index = members.required(
        "name_or_index",
        "it names the column whose groups are compared",
        column("\"sex\""),
    );
    let value_or_threshold = members.optional("value_or_threshold", values("[0]"));
    Some(FacetConfig {
        name_or_index: name_or_index?,
        value_or_threshold,
    })
}

const SEGMENTS_EXAMPLE: &str =
    r#"[{"name_or_index": "age", "segments": [["[0, 40]"], ["(40, 99]"]]}]"#;

fn segment(place: &Place<'_>) -> Option<SegmentConfig> {
    let example = r#"{"name_or_index": "region", "segments": [["north"], ["south", "east"]]}"#;
    let members = place.object(schema::SEGMENT, example)?;
    let config_name = members.optional("config_name", text("\"regions\""));
    let name_or_index = members.required(
        "name_or_index",
        "it names the column by which the data are divided",
        column("\"region\""),
    );
    let part = list(value("\"north\""), r#"["north"]"#);
    let segments = members.required(
        "segments",
        "each is a list of values or of intervals, for example `[[\"[0, 40]\"], [\"(40, 99]\"]]`",
        list(part, r#"[["north"], ["south", "east"]]"#),
    );
    let aliases = list(text("\"young\""), r#"["young", "old"]"#);
    let display_aliases = members.optional("display_aliases", aliases);
    Some(SegmentConfig {
        config_name,
        name_or_index: name_or_index?,
        segments: segments?,
        display_aliases,
    })
}
