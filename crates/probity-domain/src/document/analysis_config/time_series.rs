//! Time series: where their parts lie, and `methods.asymmetric_shapley_value`.

use serde::Serialize;

use super::node::Node;
use super::place::{Place, column, count, list, named, value};
use super::schema;
use super::value::{ColumnReference, ConfigValue, named_values};

/// All by JMESPath, or all by index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimeSeriesData {
    pub target_time_series: ColumnReference,
    pub item_id: ColumnReference,
    pub timestamp: ColumnReference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_time_series: Option<Vec<ColumnReference>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub static_covariates: Option<Vec<ColumnReference>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dataset_format: Option<TimeSeriesFormat>,
}

named_values! {
    /// How a JSON document holds several series.
    pub enum TimeSeriesFormat {
        Columns = "columns",
        ItemRecords = "item_records",
        TimestampRecords = "timestamp_records",
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct AsymmetricShapley {
    /// `chronological` where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<ExplanationDirection>,
    /// `timewise` where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub granularity: Option<ExplanationGranularity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_samples: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<TimeSeriesBaseline>,
}

named_values! {
    pub enum ExplanationDirection {
        Chronological = "chronological",
        AntiChronological = "anti_chronological",
        Bidirectional = "bidirectional",
    }
}

named_values! {
    pub enum ExplanationGranularity {
        Timewise = "timewise",
        FineGrained = "fine_grained",
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum TimeSeriesBaseline {
    /// Of a file.
    Location(String),
    Values(TimeSeriesBaselineValues),
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TimeSeriesBaselineValues {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_time_series: Option<MissingSeriesValues>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_time_series: Option<MissingSeriesValues>,
    /// Item and its covariates, in the order of the file.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "serialize_items"
    )]
    pub static_covariates: Option<Vec<(String, Vec<ConfigValue>)>>,
}

named_values! {
    /// What stands for the steps that are left out.
    pub enum MissingSeriesValues {
        Zero = "zero",
        Mean = "mean",
    }
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
fn serialize_items<S: serde::Serializer>(
    items: &Option<Vec<(String, Vec<ConfigValue>)>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let items = items.iter().flatten();
    serializer.collect_map(items.map(|(item, values)| (item, values)))
}

pub(super) fn data(place: &Place<'_>) -> Option<TimeSeriesData> {
    let example = r#"{"target_time_series": "[*].target", "item_id": "[*].id", "timestamp": "[*].time", "dataset_format": "timestamp_records"}"#;
    let members = place.object(schema::TIME_SERIES, example)?;
    let target = members.required(
        "target_time_series",
        "it locates the series that is forecast",
        column("\"[*].target\""),
    );
    let item_id = members.required(
        "item_id",
        "it locates the name of a series",
        column("\"[*].id\""),
    );
    let timestamp = members.required(
        "timestamp",
        "it locates the time of a step",
        column("\"[*].time\""),
    );
    let columns = list(column("\"[*].price\""), r#"["[*].price"]"#);
    let related = members.optional("related_time_series", &columns);
    let covariates = members.optional("static_covariates", &columns);
    let format = members.optional("dataset_format", named);
    Some(TimeSeriesData {
        target_time_series: target?,
        item_id: item_id?,
        timestamp: timestamp?,
        related_time_series: related,
        static_covariates: covariates,
        dataset_format: format,
    })
}

pub(super) fn asymmetric(place: &Place<'_>) -> Option<AsymmetricShapley> {
    let example = r#"{"direction": "chronological", "granularity": "timewise"}"#;
    let members = place.object(schema::ASYMMETRIC, example)?;
    Some(AsymmetricShapley {
        direction: members.optional("direction", named),
        granularity: members.optional("granularity", named),
        num_samples: members.optional("num_samples", count("10")),
        baseline: members.optional("baseline", baseline),
    })
}

fn baseline(place: &Place<'_>) -> Option<TimeSeriesBaseline> {
    let example = r#"{"target_time_series": "zero"}"#;
    match place.node {
        Node::Text(location) => Some(TimeSeriesBaseline::Location(location.clone())),
        Node::Object(_) => {
            let members = place.object(schema::ASYMMETRIC_BASELINE, example)?;
            Some(TimeSeriesBaseline::Values(TimeSeriesBaselineValues {
                target_time_series: members.optional("target_time_series", named),
                related_time_series: members.optional("related_time_series", named),
                static_covariates: members.optional("static_covariates", covariates),
            }))
        }
        _ => place.wrong("a location or an object", example),
    }
}

fn covariates(place: &Place<'_>) -> Option<Vec<(String, Vec<ConfigValue>)>> {
    let example = r#"{"item1": [1, 1], "item2": [0, 1]}"#;
    let Some(items) = place.any_members() else {
        return place.wrong("an object with a list for each item", example);
    };
    let values = list(value("1"), "[1, 1]");
    let items: Vec<_> = items
        .iter()
        .map(|(item, place)| values(place).map(|values| (item.clone(), values)))
        .collect();
    items.into_iter().collect()
}

impl TimeSeriesData {
    /// Every reference with its key.
    pub(super) fn references(&self) -> Vec<(String, &ColumnReference)> {
        let mut references = vec![
            ("target_time_series".to_owned(), &self.target_time_series),
            ("item_id".to_owned(), &self.item_id),
            ("timestamp".to_owned(), &self.timestamp),
        ];
        let lists = [
            ("related_time_series", &self.related_time_series),
            ("static_covariates", &self.static_covariates),
        ];
        for (key, list) in lists {
            for (index, reference) in list.iter().flatten().enumerate() {
                references.push((format!("{key}[{index}]"), reference));
            }
        }
        references
    }
}
