//! From a Model document of the SageMaker API to a model that answers: its data are copied and
//! opened, whatever its image is called, or its container's environment names a URL.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use probity_domain::document::api::model::{ContainerDefinition, Model};

use super::error::OpenServed;
use super::in_process::InProcess;
use super::many::ManyModels;
use super::object::copy_to;
use super::url_model::UrlModel;
use super::{Served, ServedModel};
use crate::location::{Environment, find_files};
use crate::model::{OpenModel, OpenOptions, OpenedModel, open_model_with};

/// Names a model server in a container's environment; then nothing is opened here.
pub const MODEL_URL: &str = "PROBITY_MODEL_URL";

/// The library of an ONNX Runtime, in the server's own environment: a Model document may not
/// choose code that is loaded.
const ONNX_RUNTIME: &str = "PROBITY_ONNX_RUNTIME";

/// Whether the data are one model, or a folder of archives of which a request names one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Holds {
    #[default]
    OneModel,
    /// `Mode` is `MultiModel`.
    Archives,
}

/// What serving needs of a Model document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelSource {
    /// Of the Model, for messages.
    pub name: String,
    /// An archive, a file, or a prefix of `ModelDataSource`.
    pub model_data_uri: Option<String>,
    pub holds: Holds,
    /// Of the container.
    pub environment: BTreeMap<String, String>,
}

impl ModelSource {
    pub fn of_model(model: &Model) -> Result<ModelSource, OpenServed> {
        let mut containers = model.all_containers();
        let first = containers.next();
        let n_more = containers.count();
        match first {
            Some(container) if n_more == 0 => Ok(of_container(&model.model_name, container)),
            Some(_) => Err(OpenServed::Pipeline {
                name: model.model_name.clone(),
                n_containers: n_more + 1,
            }),
            None => Err(OpenServed::NoData {
                name: model.model_name.clone(),
            }),
        }
    }
}

fn of_container(name: &str, container: &ContainerDefinition) -> ModelSource {
    ModelSource {
        name: name.to_owned(),
        model_data_uri: container.model_data_uri().map(str::to_owned),
        holds: match container.is_multi_model() {
            true => Holds::Archives,
            false => Holds::OneModel,
        },
        environment: container.environment.clone(),
    }
}

/// Opens the model that a document describes.
pub async fn open_served(
    source: &ModelSource,
    environment: &Environment,
) -> Result<ServedModel, OpenServed> {
    if let Some(url) = source.environment.get(MODEL_URL) {
        let model = UrlModel::new(url).map_err(|problem| OpenServed::Address {
            name: source.name.clone(),
            problem,
        })?;
        return Ok(ServedModel::of(Served::Url(Box::new(model))));
    }
    let Some(uri) = &source.model_data_uri else {
        return Err(OpenServed::NoData {
            name: source.name.clone(),
        });
    };
    let served = match source.holds {
        Holds::OneModel => {
            let opened = open_data(&source.name, uri, environment).await?;
            Served::InProcess(InProcess::new(opened))
        }
        Holds::Archives => Served::Many(ManyModels::new(
            (source.name.clone(), uri.clone()),
            environment.clone(),
        )),
    };
    Ok(ServedModel::of(served))
}

/// Copies what lies at `uri` and opens it.
pub(super) async fn open_data(
    name: &str,
    uri: &str,
    environment: &Environment,
) -> Result<OpenedModel, OpenServed> {
    let files = find_files(uri, environment).await;
    let files = files.map_err(|source| OpenServed::Locate {
        name: name.to_owned(),
        source,
    })?;
    let copy_failed = |source| OpenServed::Copy {
        name: name.to_owned(),
        source,
    };
    let folder = tempfile::Builder::new()
        .prefix("probity-model-")
        .tempdir_in(environment.temporary_folder())
        .map_err(|error| copy_failed(error.into()))?;
    let mut model = folder.path().to_owned();
    for file in &files {
        let place = folder.path().join(place_below(uri, file.uri()));
        copy_to(file, &place).await.map_err(copy_failed)?;
        if files.len() == 1 {
            model = place;
        }
    }
    let runtime = environment.get(ONNX_RUNTIME).map(PathBuf::from);
    let opening = move || {
        let opened = open(&model, runtime.as_deref());
        drop(folder);
        opened
    };
    let opened = tokio::task::spawn_blocking(opening).await;
    let opened = opened.map_err(|stopped| copy_failed(stopped.into()))?;
    opened.map_err(|source| OpenServed::Open {
        name: name.to_owned(),
        location: uri.to_owned(),
        source: Box::new(source),
    })
}

fn open(model: &Path, onnx_runtime: Option<&Path>) -> Result<OpenedModel, OpenModel> {
    let options = OpenOptions {
        onnx_runtime,
        ..OpenOptions::default()
    };
    open_model_with(model, options)
}

/// Where a file goes in the copy: its name below the prefix, without parts that lead elsewhere.
fn place_below(uri: &str, file: &str) -> PathBuf {
    let below = file.strip_prefix(uri).filter(|below| !below.is_empty());
    let below = below.unwrap_or_else(|| file.rsplit('/').next().unwrap_or(file));
    let parts = below.split(['/', '\\']);
    let parts: PathBuf = parts
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .collect();
    match parts.as_os_str().is_empty() {
        true => PathBuf::from("model"),
        false => parts,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn source(model: serde_json::Value) -> Result<ModelSource, OpenServed> {
        ModelSource::of_model(&serde_json::from_value(model).unwrap())
    }

    #[test]
    fn a_document_says_where_the_data_are() {
        let found = source(json!({"ModelName": "m", "PrimaryContainer": {
            "Image": "x", "ModelDataUrl": "s3://b/model.tar.gz", "Environment": {"A": "1"}
        }}))
        .unwrap();
        let uri = found.model_data_uri.as_deref();
        assert_eq!(uri, Some("s3://b/model.tar.gz"));
        assert_eq!(found.environment["A"], "1");
        let found = source(
            json!({"Containers": [{"Mode": "MultiModel", "ModelDataSource": {
                "S3DataSource": {"S3Uri": "s3://b/m/", "S3DataType": "S3Prefix"}
            }}]}),
        )
        .unwrap();
        assert_eq!(found.model_data_uri.as_deref(), Some("s3://b/m/"));
        assert_eq!(found.holds, Holds::Archives);
        let pipeline = source(json!({"Containers": [{}, {}]}));
        assert!(matches!(pipeline, Err(OpenServed::Pipeline { .. })));
    }

    #[test]
    fn a_copy_stays_in_its_folder() {
        let place = |uri, file| place_below(uri, file).display().to_string();
        assert_eq!(place("s3://b/m/", "s3://b/m/a/model.json"), "a/model.json");
        assert_eq!(place("s3://b/m.tar.gz", "s3://b/m.tar.gz"), "m.tar.gz");
        assert_eq!(place("s3://b/m", "s3://b/m/../../x"), "x");
    }
}
