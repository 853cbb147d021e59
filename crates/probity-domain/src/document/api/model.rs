//! A model: where its archive lies, or which URL answers for it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Rest;

/// `CreateModel` as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Model {
    pub model_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_container: Option<ContainerDefinition>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<ContainerDefinition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_role_arn: Option<String>,
    #[serde(flatten)]
    pub rest: Rest,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ContainerDefinition {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_hostname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// `SingleModel` where it is missing, or `MultiModel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_data_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_data_source: Option<ModelDataSource>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_package_name: Option<String>,
    #[serde(flatten)]
    pub rest: Rest,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ModelDataSource {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub s3_data_source: Option<S3ModelDataSource>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct S3ModelDataSource {
    pub s3_uri: String,
    /// `S3Prefix` or `S3Object`.
    pub s3_data_type: String,
    /// `None` or `Gzip`.
    pub compression_type: String,
    #[serde(flatten)]
    pub rest: Rest,
}

impl Model {
    /// The containers in the order that a request passes them.
    pub fn all_containers(&self) -> impl Iterator<Item = &ContainerDefinition> {
        self.primary_container.iter().chain(&self.containers)
    }
}

impl ContainerDefinition {
    /// Where the model's files lie.
    pub fn model_data_uri(&self) -> Option<&str> {
        let source = self
            .model_data_source
            .as_ref()
            .and_then(|source| source.s3_data_source.as_ref())
            .map(|source| source.s3_uri.as_str());
        source.or(self.model_data_url.as_deref())
    }

    /// One container for many models, that each request names.
    pub fn is_multi_model(&self) -> bool {
        self.mode.as_deref() == Some("MultiModel")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_model_reads_back_as_it_was_written() {
        let written = json!({
            "ModelName": "fraud",
            "PrimaryContainer": {
                "Image": "a/b:1",
                "ModelDataUrl": "s3://b/model.tar.gz",
                "Environment": { "PROBITY_MODEL_URL": "http://127.0.0.1:9/" },
                "ImageConfig": { "RepositoryAccessMode": "Platform" },
            },
            "ExecutionRoleArn": "arn:aws:iam::111122223333:role/Governor",
            "EnableNetworkIsolation": false,
        });
        let model: Model = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&model).unwrap(), written);
        let container = model.all_containers().next().unwrap();
        assert_eq!(container.model_data_uri(), Some("s3://b/model.tar.gz"));
    }

    #[test]
    fn a_data_source_goes_before_a_url() {
        let container: ContainerDefinition = serde_json::from_value(json!({
            "ModelDataUrl": "s3://b/old",
            "ModelDataSource": { "S3DataSource": {
                "S3Uri": "s3://b/new/", "S3DataType": "S3Prefix", "CompressionType": "None",
            } },
        }))
        .unwrap();
        assert_eq!(container.model_data_uri(), Some("s3://b/new/"));
    }
}
