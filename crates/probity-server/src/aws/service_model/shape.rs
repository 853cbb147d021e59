//! The service model as it is kept in `service_model.json`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::pattern::Pattern;

const MODEL: &str = include_str!("../../../service_model/service_model.json");
/// The same of the operations that only this server has, written by hand.
const OWN_MODEL: &str = include_str!("../../../service_model/probity.json");

/// Our own service, by the name that the coverage page has.
const OWN: &str = "probity";

#[derive(Debug, Deserialize)]
struct File {
    services: BTreeMap<String, ServiceModel>,
}

/// The operations of one service.
#[derive(Debug, Deserialize)]
pub(crate) struct ServiceModel {
    operations: BTreeMap<String, OperationShapes>,
    shapes: BTreeMap<String, Shape>,
    /// Every operation that AWS has; empty where only those above matter.
    #[serde(default)]
    names: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct OperationShapes {
    #[serde(rename = "in")]
    input: Option<String>,
    #[serde(rename = "out")]
    output: Option<String>,
    #[serde(default)]
    errors: Vec<String>,
    /// What it does, for the page of our own operations.
    #[serde(rename = "d", default)]
    told: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Shape {
    #[serde(rename = "t")]
    pub(super) kind: Kind,
    /// Bounds of a length, a count or a value, whichever the kind has.
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    #[serde(rename = "p")]
    pub(super) pattern: Option<Pattern>,
    #[serde(rename = "e", default)]
    pub(super) values: Vec<String>,
    #[serde(rename = "of", default)]
    pub(super) element: String,
    #[serde(rename = "k", default)]
    pub(super) key: String,
    #[serde(rename = "v", default)]
    pub(super) value: String,
    #[serde(rename = "m", default)]
    pub(super) members: BTreeMap<String, String>,
    #[serde(rename = "r", default)]
    pub(super) required: Vec<String>,
    #[serde(rename = "u", default)]
    pub(super) union: bool,
    /// What a member means, for the page of our own operations.
    #[serde(rename = "d", default)]
    pub(super) told: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(super) enum Kind {
    #[serde(rename = "s")]
    String,
    #[serde(rename = "i")]
    Integer,
    #[serde(rename = "d")]
    Double,
    #[serde(rename = "b")]
    Boolean,
    #[serde(rename = "t")]
    Timestamp,
    #[serde(rename = "x")]
    Blob,
    #[serde(rename = "l")]
    List,
    #[serde(rename = "m")]
    Map,
    #[serde(rename = "o")]
    Structure,
}

impl Kind {
    /// A value that has no parts: its faults are told where it stands, and those of an element
    /// or a map's value with the whole list or map.
    pub(super) fn is_scalar(self) -> bool {
        match self {
            Self::String
            | Self::Integer
            | Self::Double
            | Self::Boolean
            | Self::Timestamp
            | Self::Blob => true,
            Self::List | Self::Map | Self::Structure => false,
        }
    }
}

impl ServiceModel {
    pub(super) fn shape(&self, name: &str) -> Option<&Shape> {
        self.shapes.get(name)
    }

    pub(super) fn input(&self, operation: &str) -> Option<&Shape> {
        let name = self.operations.get(operation)?.input.as_deref()?;
        self.shape(name)
    }

    pub(super) fn output(&self, operation: &str) -> Option<&Shape> {
        let name = self.operations.get(operation)?.output.as_deref()?;
        self.shape(name)
    }

    /// What an operation of ours does.
    pub(crate) fn told(&self, operation: &str) -> &str {
        self.operations
            .get(operation)
            .map_or("", |shapes| shapes.told.as_str())
    }

    /// Whether the model describes this operation's members.
    pub(crate) fn describes(&self, operation: &str) -> bool {
        self.operations.contains_key(operation)
    }

    /// Names of all operations that the model describes.
    pub(crate) fn described(&self) -> impl Iterator<Item = &str> {
        self.operations.keys().map(String::as_str)
    }

    /// Whether AWS has an operation of this name, described here or not.
    pub(crate) fn knows(&self, operation: &str) -> bool {
        self.describes(operation) || self.names.iter().any(|name| name == operation)
    }

    /// How many operations AWS's service has.
    pub(crate) fn n_operations(&self) -> usize {
        self.names.len().max(self.operations.len())
    }

    /// The fault that the model names for this operation when `wanted` is among its faults.
    pub(crate) fn names_error(&self, operation: &str, wanted: &str) -> bool {
        self.operations
            .get(operation)
            .is_some_and(|shapes| shapes.errors.iter().any(|name| name == wanted))
    }

    #[cfg(test)]
    pub(super) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.shapes
            .values()
            .filter_map(|shape| shape.pattern.as_ref())
    }

    /// Members that an answer must have.
    pub(crate) fn required_output(&self, operation: &str) -> &[String] {
        self.output(operation)
            .map_or(&[], |shape| shape.required.as_slice())
    }
}

/// The model of a service by botocore's name for it.
pub(crate) fn service_model(service: &str) -> Option<&'static ServiceModel> {
    static SERVICES: OnceLock<BTreeMap<String, ServiceModel>> = OnceLock::new();
    SERVICES
        .get_or_init(|| match read() {
            Ok(services) => services,
            // A test reads every shape; a file that cannot be read is never shipped.
            Err(error) => {
                tracing::error!("the service model cannot be read: {error}");
                BTreeMap::new()
            }
        })
        .get(service)
}

/// AWS's services, and ours.
fn read() -> serde_json::Result<BTreeMap<String, ServiceModel>> {
    let mut services = serde_json::from_str::<File>(MODEL)?.services;
    services.insert(OWN.to_owned(), serde_json::from_str(OWN_MODEL)?);
    Ok(services)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read_whole() {
        assert_eq!(read().unwrap().len(), 8);
    }

    #[test]
    fn every_name_leads_to_a_shape() {
        for (service, model) in &read().unwrap() {
            let mut names: Vec<&String> = Vec::new();
            for shape in model.shapes.values() {
                names.extend(shape.members.values());
                let parts = [&shape.element, &shape.key, &shape.value];
                names.extend(parts.into_iter().filter(|name| !name.is_empty()));
            }
            for operation in model.operations.values() {
                names.extend(operation.input.iter());
                names.extend(operation.output.iter());
            }
            for name in names {
                assert!(model.shape(name).is_some(), "{service}: {name}");
            }
        }
    }

    #[test]
    fn operations_are_told_from_names_that_aws_does_not_have() {
        let model = service_model("sagemaker").unwrap();
        assert!(model.describes("CreateModel"));
        assert!(!model.describes("CreateDomain") && model.knows("CreateDomain"));
        assert!(!model.knows("CreateNothing"));
        assert_eq!(model.n_operations(), 425);
    }
}
