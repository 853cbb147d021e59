//! The parts of an `analysis.json` as they stand in the file, lenient where its writers
//! differ: the guide prints `∞` where the service writes `"Infinity"`, and a value or a
//! column may be a bare number.

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::analysis::{BiasStage, FacetMetrics, MetricEntry, MetricValue, StageMetrics};
use super::java_double::{non_finite_name, non_finite_value};
use super::ordered_map::OrderedMap;
use super::python_json::PythonFloat;

#[derive(Serialize, Deserialize)]
pub(super) struct WrittenStage {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<Text>,
    facets: Option<OrderedMap<Vec<FacetMetrics>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label_value_or_threshold: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl TryFrom<WrittenStage> for StageMetrics {
    type Error = &'static str;

    fn try_from(written: WrittenStage) -> Result<StageMetrics, &'static str> {
        let facets = written.facets.map(|facets| facets.0);
        match (facets, written.error) {
            (None, None) => Err("missing field `facets`"),
            (facets, Some(error)) if facets.as_ref().is_none_or(Vec::is_empty) => {
                Ok(StageMetrics::Failed { error })
            }
            (facets, _) => Ok(StageMetrics::Computed(BiasStage {
                label: written.label.unwrap_or_default().0,
                facets: facets.unwrap_or_default(),
                label_value_or_threshold: written.label_value_or_threshold.unwrap_or_default().0,
            })),
        }
    }
}

impl From<StageMetrics> for WrittenStage {
    fn from(stage: StageMetrics) -> WrittenStage {
        match stage {
            StageMetrics::Computed(stage) => WrittenStage {
                label: Some(Text(stage.label)),
                facets: Some(OrderedMap(stage.facets)),
                label_value_or_threshold: Some(Text(stage.label_value_or_threshold)),
                error: None,
            },
            StageMetrics::Failed { error } => WrittenStage {
                label: None,
                facets: Some(OrderedMap::default()),
                label_value_or_threshold: None,
                error: Some(error),
            },
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct WrittenFacet {
    #[serde(default)]
    value_or_threshold: Text,
    metrics: Vec<MetricEntry>,
}

impl From<WrittenFacet> for FacetMetrics {
    fn from(written: WrittenFacet) -> FacetMetrics {
        FacetMetrics {
            value_or_threshold: written.value_or_threshold.0,
            metrics: written.metrics,
        }
    }
}

impl From<FacetMetrics> for WrittenFacet {
    fn from(facet: FacetMetrics) -> WrittenFacet {
        WrittenFacet {
            value_or_threshold: Text(facet.value_or_threshold),
            metrics: facet.metrics,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct WrittenMetric {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    value: Option<WrittenNumber>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<WrittenMetric> for MetricEntry {
    fn from(written: WrittenMetric) -> MetricEntry {
        let value = match written.value {
            Some(WrittenNumber::Float(number)) => MetricValue::Float(number),
            Some(WrittenNumber::Integer(number)) => MetricValue::Integer(number),
            None => MetricValue::Error(written.error.unwrap_or_default()),
        };
        MetricEntry {
            name: written.name,
            description: written.description,
            value,
        }
    }
}

impl From<MetricEntry> for WrittenMetric {
    fn from(entry: MetricEntry) -> WrittenMetric {
        let (value, error) = match entry.value {
            MetricValue::Float(number) => (Some(WrittenNumber::Float(number)), None),
            MetricValue::Integer(number) => (Some(WrittenNumber::Integer(number)), None),
            // A `null` of another program may have no reason.
            MetricValue::Error(error) => (None, Some(error).filter(|error| !error.is_empty())),
        };
        WrittenMetric {
            name: entry.name,
            description: entry.description,
            value,
            error,
        }
    }
}

pub(super) enum WrittenNumber {
    Float(f64),
    Integer(i64),
}

impl Serialize for WrittenNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Integer(number) => serializer.serialize_i64(*number),
            Self::Float(number) => match non_finite_name(*number) {
                Some(name) => serializer.serialize_str(name),
                None => serializer.serialize_f64(*number),
            },
        }
    }
}

impl<'de> Deserialize<'de> for WrittenNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WrittenNumber, D::Error> {
        struct NumberVisitor;

        impl Visitor<'_> for NumberVisitor {
            type Value = WrittenNumber;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, null, \"Infinity\" or \"-Infinity\"")
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<WrittenNumber, E> {
                Ok(WrittenNumber::Float(value))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<WrittenNumber, E> {
                Ok(WrittenNumber::Integer(value))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<WrittenNumber, E> {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "beyond 2^63, where no metric lies"
                )]
                let number = i64::try_from(value)
                    .map_or(WrittenNumber::Float(value as f64), WrittenNumber::Integer);
                Ok(number)
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<WrittenNumber, E> {
                let value = match name {
                    "∞" | "+∞" => Some(f64::INFINITY),
                    "-∞" | "−∞" => Some(f64::NEG_INFINITY),
                    _ => non_finite_value(name),
                };
                value
                    .map(WrittenNumber::Float)
                    .ok_or_else(|| E::invalid_value(Unexpected::Str(name), &self))
            }
        }

        deserializer.deserialize_any(NumberVisitor)
    }
}

/// A text that other programs may have written as a number or a truth value.
#[derive(Default, Serialize)]
pub(super) struct Text(pub(super) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        struct TextVisitor;

        impl Visitor<'_> for TextVisitor {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a number")
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Text, E> {
                Ok(Text(value.to_owned()))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Text, E> {
                Ok(Text(value.to_string()))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Text, E> {
                Ok(Text(PythonFloat(value).to_string()))
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Text, E> {
                Ok(Text(if value { "True" } else { "False" }.to_owned()))
            }
        }

        deserializer.deserialize_any(TextVisitor)
    }
}
