//! `constraints.json` of a model-quality job: one threshold per metric.
//!
//! Source: files of users of the service (Fregly and Barth, "Data Science on AWS", ch. 9);
//! AWS's own packages add `additional_properties` to a constraint. What we don't know is
//! kept, so that an edit changes nothing but what it sets.

use std::fmt;
use std::io::{self, Write};

use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::java_json;
use super::model_quality_statistics::ProblemType;
use super::number::double;
use super::read::{ReadDocument, read};

const FILE_NAME: &str = "constraints.json";

/// The whole file.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelQualityConstraints {
    pub version: f64,
    /// Decides the name of the section.
    pub problem_type: ProblemType,
    /// In the order of the file.
    pub constraints: Vec<(String, MetricConstraint)>,
    /// Members of the file that we don't know, as read.
    pub other_members: Map<String, Value>,
}

impl ModelQualityConstraints {
    /// Reads the bytes of a `constraints.json`.
    pub fn from_json(bytes: &[u8]) -> Result<ModelQualityConstraints, ReadDocument> {
        read(FILE_NAME, bytes)
    }

    /// Writes the file as SageMaker does.
    pub fn write_json<W: Write>(&self, writer: W) -> io::Result<()> {
        java_json::write(writer, self)
    }

    pub fn of(&self, metric: &str) -> Option<&MetricConstraint> {
        let mut constraints = self.constraints.iter();
        constraints
            .find(|(name, _)| name == metric)
            .map(|(_, constraint)| constraint)
    }
}

/// When a metric's value violates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricConstraint {
    #[serde(with = "double")]
    pub threshold: f64,
    pub comparison_operator: ComparisonOperator,
    /// Members that we don't know, as read; `additional_properties` of AWS's packages.
    #[serde(flatten)]
    pub other_members: Map<String, Value>,
}

/// What a violating value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ComparisonOperator {
    LessThanThreshold,
    GreaterThanThreshold,
}

impl ComparisonOperator {
    /// As the files spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::LessThanThreshold => "LessThanThreshold",
            Self::GreaterThanThreshold => "GreaterThanThreshold",
        }
    }

    /// The plain comparison of the service.
    pub fn is_violated(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::LessThanThreshold => value < threshold,
            Self::GreaterThanThreshold => value > threshold,
        }
    }
}

fn section_name(problem_type: ProblemType) -> &'static str {
    match problem_type {
        ProblemType::Regression => "regression_constraints",
        ProblemType::BinaryClassification => "binary_classification_constraints",
        ProblemType::MulticlassClassification => "multiclass_classification_constraints",
    }
}

impl Serialize for ModelQualityConstraints {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut file = serializer.serialize_map(None)?;
        file.serialize_entry("version", &self.version)?;
        file.serialize_entry(section_name(self.problem_type), &Section(&self.constraints))?;
        for (name, value) in &self.other_members {
            file.serialize_entry(name, value)?;
        }
        file.end()
    }
}

struct Section<'a>(&'a [(String, MetricConstraint)]);

impl Serialize for Section<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, constraint)| (name, constraint)))
    }
}

impl<'de> Deserialize<'de> for ModelQualityConstraints {
    fn deserialize<D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<ModelQualityConstraints, D::Error> {
        deserializer.deserialize_map(FileVisitor)
    }
}

struct FileVisitor;

impl<'de> Visitor<'de> for FileVisitor {
    type Value = ModelQualityConstraints;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the constraints of a model-quality job")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut version = 0.0;
        let mut section = None;
        let mut other_members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == "version" {
                version = map.next_value::<Version>()?.0;
                continue;
            }
            let types = ProblemType::ALL.into_iter();
            match types
                .clone()
                .find(|problem_type| section_name(*problem_type) == name)
            {
                Some(found) if section.is_none() => {
                    section = Some((found, map.next_value::<Constraints>()?.0));
                }
                Some(_) => {
                    return Err(A::Error::custom(
                        "the file has constraints of two problem types",
                    ));
                }
                None => {
                    other_members.insert(name, map.next_value()?);
                }
            }
        }
        let Some((problem_type, constraints)) = section else {
            let names = ProblemType::ALL.map(section_name).join("`, `");
            return Err(A::Error::custom(format!(
                "no constraints of a model-quality job: expected one of `{names}`"
            )));
        };
        Ok(ModelQualityConstraints {
            version,
            problem_type,
            constraints,
            other_members,
        })
    }
}

#[derive(Deserialize)]
struct Version(#[serde(with = "double")] f64);

struct Constraints(Vec<(String, MetricConstraint)>);

impl<'de> Deserialize<'de> for Constraints {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Constraints, D::Error> {
        struct SectionVisitor;

        impl<'de> Visitor<'de> for SectionVisitor {
            type Value = Constraints;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a constraint per metric")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Constraints, A::Error> {
                let mut constraints = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    constraints.push(entry);
                }
                Ok(Constraints(constraints))
            }
        }

        deserializer.deserialize_map(SectionVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        let error = ModelQualityConstraints::from_json(json.as_bytes()).unwrap_err();
        std::error::Error::source(&error).unwrap().to_string()
    }

    #[test]
    fn a_data_quality_file_is_told_apart() {
        let text = error(r#"{"version": 0.0, "features": []}"#);
        assert!(
            text.contains("`binary_classification_constraints`"),
            "{text}"
        );
    }

    #[test]
    fn two_sections_are_refused() {
        let text =
            error(r#"{"regression_constraints": {}, "binary_classification_constraints": {}}"#);
        assert!(text.contains("two problem types"), "{text}");
    }

    #[test]
    fn an_unknown_operator_is_named() {
        let json = r#"{"regression_constraints": {"mae": {"threshold": 1, "comparison_operator": "Above"}}}"#;
        assert!(error(json).contains("`Above`"), "{}", error(json));
    }

    #[test]
    fn equal_to_the_threshold_is_no_violation() {
        assert!(!ComparisonOperator::LessThanThreshold.is_violated(0.5, 0.5));
        assert!(!ComparisonOperator::GreaterThanThreshold.is_violated(0.5, 0.5));
        assert!(ComparisonOperator::LessThanThreshold.is_violated(0.4, 0.5));
        assert!(ComparisonOperator::GreaterThanThreshold.is_violated(0.6, 0.5));
    }
}
