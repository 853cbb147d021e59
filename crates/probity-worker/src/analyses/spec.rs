//! What a processing job is asked for, in the words of the container that it stands for.

use std::collections::BTreeMap;

use probity_domain::document::api::processing_job::{ImageRole, ProcessingJob};

/// Which of AWS's images is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnalysisImage {
    /// `sagemaker-model-monitor-analyzer`: data quality and model quality.
    Analyzer,
    /// `sagemaker-clarify-processing`: bias and explanations.
    Clarify,
}

impl AnalysisImage {
    /// `None` when another image is named.
    pub fn of_role(role: ImageRole) -> Option<AnalysisImage> {
        match role {
            ImageRole::Analyzer => Some(Self::Analyzer),
            ImageRole::Clarify => Some(Self::Clarify),
            ImageRole::Other => None,
        }
    }
}

/// What `S3Uri` of an input names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataType {
    /// Objects whose keys begin so.
    Prefix,
    /// One object that lists others.
    Manifest,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobInput {
    pub name: String,
    pub uri: String,
    /// Below `/opt/ml/processing`.
    pub local_path: String,
    pub data_type: DataType,
}

/// When results appear in their bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadMode {
    EndOfJob,
    Continuous,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobOutput {
    pub name: String,
    pub uri: String,
    pub local_path: String,
    pub upload: UploadMode,
}

/// A job of one of our images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobSpec {
    pub name: String,
    pub image: AnalysisImage,
    pub inputs: Vec<JobInput>,
    pub outputs: Vec<JobOutput>,
    pub environment: BTreeMap<String, String>,
}

impl JobSpec {
    /// A variable that says something.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }
}

impl JobSpec {
    /// Of a processing job as it is kept; `None` when its image is not one of ours.
    pub fn of_processing_job(job: &ProcessingJob) -> Option<JobSpec> {
        let inputs = job.processing_inputs.iter().filter_map(|input| {
            let place = input.s3_input.as_ref()?;
            Some(JobInput {
                name: input.input_name.clone(),
                uri: place.s3_uri.clone(),
                local_path: place.local_path.clone()?,
                data_type: match place.s3_data_type.as_str() {
                    "ManifestFile" => DataType::Manifest,
                    _ => DataType::Prefix,
                },
            })
        });
        let outputs = job.outputs().iter().filter_map(|output| {
            let place = output.s3_output.as_ref()?;
            Some(JobOutput {
                name: output.output_name.clone(),
                uri: place.s3_uri.clone(),
                local_path: place.local_path.clone()?,
                upload: match place.s3_upload_mode.as_str() {
                    "Continuous" => UploadMode::Continuous,
                    _ => UploadMode::EndOfJob,
                },
            })
        });
        Some(JobSpec {
            name: job.processing_job_name.clone(),
            image: AnalysisImage::of_role(job.image_role())?,
            inputs: inputs.collect(),
            outputs: outputs.collect(),
            environment: job.environment.clone(),
        })
    }
}
