//! What a transform job asks for, understood before anything is read.

use std::time::Duration;

use probity_domain::document::api::transform_job::TransformJob;
use thiserror::Error;

use super::batches::{Batching, NO_LIMIT, Split, Strategy};
use super::json_path::{InvalidJsonPath, JsonPath};
use super::records::{Join, Processing, Spelling};

/// `MaxPayloadInMB` where it is missing.
const DEFAULT_PAYLOAD_MB: u32 = 6;

/// Of a request that the job sets no limit for; `InvocationsTimeoutInSeconds` has this default.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(600);
const DEFAULT_RETRIES: u32 = 3;

#[derive(Debug, Error)]
pub(crate) enum InvalidTransform {
    #[error("SplitType `{split}` is not read; give `Line` or `None`")]
    Split { split: String },
    #[error("S3DataType `{kind}` is not read; give `S3Prefix` or `ManifestFile`")]
    DataType { kind: String },
    #[error("CompressionType `{kind}` is not read; give `Gzip` or `None`")]
    Compression { kind: String },
    #[error("`{member}`")]
    Filter {
        member: &'static str,
        #[source]
        source: InvalidJsonPath,
    },
}

/// Whether an input is a prefix or a list of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    Prefix,
    Manifest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    Plain,
    Gzip,
}

/// What stands between records of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Assembly {
    Nothing,
    LineEnd,
}

#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) input_uri: String,
    pub(super) listing: Listing,
    pub(super) compression: Compression,
    pub(super) batching: Batching,
    pub(super) content_type: Option<String>,
    pub(super) accept: Option<String>,
    pub(super) processing: Processing,
    pub(super) assembly: Assembly,
    pub(super) output_path: String,
    /// Requests under way at once; `None` leaves it to the machine.
    pub(super) concurrency: Option<usize>,
    pub(super) timeout: Duration,
    pub(super) retries: u32,
}

impl Plan {
    pub(super) fn of(job: &TransformJob) -> Result<Plan, InvalidTransform> {
        let input = &job.transform_input;
        let source = &input.data_source.s3_data_source;
        let output = &job.transform_output;
        let client = job.model_client_config.clone().unwrap_or_default();
        let max_payload = job.max_payload_in_mb.unwrap_or(DEFAULT_PAYLOAD_MB);
        let concurrency = job.max_concurrent_transforms.unwrap_or(0);
        Ok(Plan {
            input_uri: source.s3_uri.clone(),
            listing: match source.s3_data_type.as_str() {
                "S3Prefix" => Listing::Prefix,
                "ManifestFile" => Listing::Manifest,
                kind => {
                    return Err(InvalidTransform::DataType {
                        kind: kind.to_owned(),
                    });
                }
            },
            compression: match input.compression_type.as_deref() {
                None | Some("None") => Compression::Plain,
                Some("Gzip") => Compression::Gzip,
                Some(kind) => {
                    return Err(InvalidTransform::Compression {
                        kind: kind.to_owned(),
                    });
                }
            },
            batching: Batching {
                split: split(input.split_type.as_deref())?,
                strategy: match job.batch_strategy.as_deref() {
                    Some("SingleRecord") => Strategy::Single,
                    _ => Strategy::Multi,
                },
                max_payload_bytes: match max_payload {
                    0 => NO_LIMIT,
                    mb => (mb as usize) << 20,
                },
            },
            content_type: input.content_type.clone(),
            accept: output.accept.clone(),
            processing: processing(job)?,
            assembly: match output.assemble_with.as_deref() {
                Some("Line") => Assembly::LineEnd,
                _ => Assembly::Nothing,
            },
            output_path: output.s3_output_path.trim_end_matches('/').to_owned(),
            concurrency: (concurrency > 0).then_some(concurrency as usize),
            timeout: client
                .invocations_timeout_in_seconds
                .map_or(DEFAULT_TIMEOUT, Duration::from_secs),
            retries: client.invocations_max_retries.unwrap_or(DEFAULT_RETRIES),
        })
    }
}

fn split(said: Option<&str>) -> Result<Split, InvalidTransform> {
    match said {
        None | Some("None") => Ok(Split::Whole),
        Some("Line") => Ok(Split::Lines),
        Some(split) => Err(InvalidTransform::Split {
            split: split.to_owned(),
        }),
    }
}

fn processing(job: &TransformJob) -> Result<Processing, InvalidTransform> {
    let said = job.data_processing.clone().unwrap_or_default();
    let filter = |member, text: Option<&str>| {
        JsonPath::parse(text.unwrap_or("$"))
            .map_err(|source| InvalidTransform::Filter { member, source })
    };
    let content_type = job.transform_input.content_type.as_deref();
    let accept = job.transform_output.accept.as_deref();
    Ok(Processing {
        input_filter: filter("InputFilter", said.input_filter.as_deref())?,
        output_filter: filter("OutputFilter", said.output_filter.as_deref())?,
        join: match said.join_source.as_deref() {
            Some("Input") => Join::Input,
            _ => Join::Nothing,
        },
        input: Spelling::of_content_type(content_type),
        output: Spelling::of_content_type(accept.or(content_type)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plan(job: serde_json::Value) -> Result<Plan, InvalidTransform> {
        Plan::of(&serde_json::from_value(job).unwrap())
    }

    #[test]
    fn what_a_job_leaves_out_has_the_services_default() {
        let found = plan(json!({
            "TransformInput": {"DataSource": {"S3DataSource": {
                "S3DataType": "S3Prefix", "S3Uri": "s3://b/in"
            }}},
            "TransformOutput": {"S3OutputPath": "s3://b/out/"},
        }))
        .unwrap();
        assert_eq!(found.batching.max_payload_bytes, 6 << 20);
        assert_eq!(found.batching.split, Split::Whole);
        assert_eq!(found.output_path, "s3://b/out");
        assert_eq!(found.concurrency, None);
    }

    #[test]
    fn what_is_not_read_is_refused_by_name() {
        let with_split = |split: &str| {
            plan(
                json!({"TransformInput": {"SplitType": split, "DataSource": {"S3DataSource": {
                    "S3DataType": "S3Prefix", "S3Uri": "s3://b/in"
                }}}}),
            )
        };
        for split in ["RecordIO", "TFRecord"] {
            let error = with_split(split).unwrap_err();
            assert!(error.to_string().contains(split), "{error}");
        }
        assert!(with_split("Line").is_ok());
        let augmented = plan(json!({"TransformInput": {"DataSource": {"S3DataSource": {
            "S3DataType": "AugmentedManifestFile", "S3Uri": "s3://b/in"
        }}}}));
        assert!(matches!(augmented, Err(InvalidTransform::DataType { .. })));
    }
}
