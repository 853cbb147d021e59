//! The processing job that an execution is, as `DescribeProcessingJob` shows it.
//!
//! Names and paths are those of real executions of a model-quality schedule: the job
//! `model-quality-monitoring-202105062300-de32d8acceeef6a1626b8fa6` with its inputs by the hour
//! and the output `result`. A model-quality or bias execution has a second job, which merged the
//! captures with labels, of the same time and digits.

use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::api::processing_job::{
    AppSpecification, ProcessingInput, ProcessingJob, ProcessingOutput, ProcessingOutputConfig,
    ProcessingS3Input, ProcessingS3Output,
};
use sha2::{Digest, Sha256};

use super::environment::{
    CONFIG_PATH, CONSTRAINTS_PATH, OUTPUT_PATH, POSTPROCESSOR_PATH, PREPROCESSOR_PATH,
    STATISTICS_PATH, environment, hour_folder, minute, output_path,
};
use super::order::{Order, Records};

/// Folders of an hour end with the endpoint, the variant, and four parts of the time.
const PARTS_OF_CAPTURES: usize = 6;
/// Merged records of transform jobs have only the time.
const PARTS_OF_TIME: usize = 4;

const MERGER_REPOSITORY: &str = "sagemaker-model-monitor-groundtruth-merger";
const GROUND_TRUTH_PATH: &str = "/opt/ml/processing/groundtruth";

/// The job that analyses.
pub fn processing_job(order: &Order) -> ProcessingJob {
    let specification = &order.definition.app_specification;
    let text = |name: &str| {
        let found = specification
            .rest
            .get(name)
            .and_then(|list| list.as_array());
        let texts = found.into_iter().flatten();
        texts
            .filter_map(|text| text.as_str().map(str::to_owned))
            .collect()
    };
    ProcessingJob {
        processing_job_name: job_name(order, kind(order.monitoring_type)),
        processing_inputs: inputs(order),
        processing_output_config: Some(ProcessingOutputConfig {
            outputs: vec![result(output_uri(order), output_path(order), "Continuous")],
            kms_key_id: order.definition.job_output_config.kms_key_id.clone(),
        }),
        app_specification: AppSpecification {
            image_uri: specification.image_uri.clone(),
            container_entrypoint: text("ContainerEntrypoint"),
            container_arguments: text("ContainerArguments"),
        },
        environment: environment(order),
        ..shared(order)
    }
}

/// Where captures and labels lie that are to be merged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergePlaces {
    /// Folders `…/endpoint/variant/yyyy/mm/dd/hh`, or objects that transform jobs wrote.
    pub captures: Vec<String>,
    /// Folders `…/yyyy/mm/dd/hh` of labels.
    pub ground_truth: Vec<String>,
}

/// The job that merges labels with what was captured, before [`processing_job`].
pub fn merge_job(order: &Order, places: &MergePlaces) -> ProcessingJob {
    let input = order.input();
    let captures = numbered("endpoint_input", &places.captures, |uri| {
        place_below(&input.local_path, uri, PARTS_OF_CAPTURES)
    });
    let labels = numbered("groundtruth_input", &places.ground_truth, |uri| {
        place_below(GROUND_TRUTH_PATH, uri, PARTS_OF_TIME)
    });
    let image = &order.definition.app_specification.image_uri;
    let registry = image.rsplit_once('/').map(|(registry, _)| registry);
    let image_uri = match registry {
        Some(registry) => format!("{registry}/{MERGER_REPOSITORY}"),
        None => MERGER_REPOSITORY.to_owned(),
    };
    let variables = [
        ("dataset_source", input.local_path.as_str()),
        ("ground_truth_source", GROUND_TRUTH_PATH),
        ("output_path", OUTPUT_PATH),
    ];
    ProcessingJob {
        processing_job_name: job_name(order, "groundtruth-merge"),
        processing_inputs: labels.chain(captures).collect(),
        processing_output_config: Some(ProcessingOutputConfig {
            outputs: vec![result(
                merge_output(order),
                OUTPUT_PATH.to_owned(),
                "EndOfJob",
            )],
            kms_key_id: None,
        }),
        app_specification: AppSpecification {
            image_uri,
            ..AppSpecification::default()
        },
        environment: variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        ..shared(order)
    }
}

/// Below it the merged records lie, by endpoint, variant and hour; by schedule and hour of
/// transform jobs.
pub fn merge_output(order: &Order) -> String {
    format!("{}/merge", output_root(order))
}

fn shared(order: &Order) -> ProcessingJob {
    let mut job = ProcessingJob {
        processing_resources: order.definition.job_resources.clone(),
        stopping_condition: order.definition.stopping_condition.clone(),
        role_arn: Some(order.definition.role_arn.clone()).filter(|role| !role.is_empty()),
        monitoring_schedule_arn: Some(order.schedule_arn.clone()),
        ..ProcessingJob::default()
    };
    let network = order.definition.rest.get("NetworkConfig");
    if let Some(network) = network {
        job.rest.insert("NetworkConfig".to_owned(), network.clone());
    }
    job
}

fn kind(monitoring_type: MonitoringType) -> &'static str {
    match monitoring_type {
        MonitoringType::DataQuality => "data-quality-monitoring",
        MonitoringType::ModelQuality => "model-quality-monitoring",
        MonitoringType::ModelBias => "model-bias-monitoring",
        // With `model-` before it, the name would be longer than the 63 letters of the API.
        MonitoringType::ModelExplainability => "explainability-monitoring",
    }
}

/// The digits follow from the execution, so that a second attempt has the same name.
fn job_name(order: &Order, kind: &str) -> String {
    let digest = Sha256::digest(order.execution_id.as_bytes());
    let digits: String = digest
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{kind}-{}-{digits}", minute(order.scheduled_ms))
}

fn output_root(order: &Order) -> String {
    let outputs = &order.definition.job_output_config.monitoring_outputs;
    let uri = outputs
        .first()
        .map(|output| output.s3_output.s3_uri.clone());
    uri.unwrap_or_default().trim_end_matches('/').to_owned()
}

/// By the hour in which the execution was due, not that of its window.
pub(super) fn output_uri(order: &Order) -> String {
    let root = output_root(order);
    let hour = hour_folder(order.scheduled_ms);
    let of_hour = match &order.endpoint {
        Some(endpoint) => format!("{root}/{endpoint}/{}/{hour}", order.schedule),
        None => format!("{root}/{}/{hour}", order.schedule),
    };
    match &order.folder {
        Some(folder) => format!("{of_hour}/{folder}"),
        None => of_hour,
    }
}

fn inputs(order: &Order) -> Vec<ProcessingInput> {
    let input = order.input();
    let uris = order.records.uris();
    let mut all: Vec<ProcessingInput> = match &order.records {
        Records::Captures(_) => numbered("endpoint_input", uris, |uri| {
            place_below(&input.local_path, uri, PARTS_OF_CAPTURES)
        })
        .collect(),
        Records::Merged(_) => numbered("endpoint_input", uris, |uri| {
            let parts = match order.endpoint {
                Some(_) => PARTS_OF_CAPTURES,
                None => PARTS_OF_TIME,
            };
            place_below(&input.local_path, folder_of(uri), parts)
        })
        .collect(),
        // Two of them may be called alike, so each has a folder.
        Records::BatchOutput(_) => {
            let mut n = 0;
            numbered("batch_transform_input", uris, |_| {
                n += 1;
                format!("{}/{n}", input.local_path.trim_end_matches('/'))
            })
            .collect()
        }
    };
    let specification = &order.definition.app_specification;
    let scripts = match order.monitoring_type {
        MonitoringType::DataQuality | MonitoringType::ModelQuality => [
            (
                "pre_processor_script",
                specification.record_preprocessor_source_uri.clone(),
                PREPROCESSOR_PATH,
            ),
            (
                "post_processor_script",
                specification.post_analytics_processor_source_uri.clone(),
                POSTPROCESSOR_PATH,
            ),
        ],
        MonitoringType::ModelBias | MonitoringType::ModelExplainability => [
            (
                "analysis_config",
                specification.config_uri.clone(),
                CONFIG_PATH,
            ),
            ("", None, ""),
        ],
    };
    let baseline = [
        (
            "baseline",
            order.baseline.statistics.clone(),
            STATISTICS_PATH,
        ),
        (
            "constraints",
            order.baseline.constraints.clone(),
            CONSTRAINTS_PATH,
        ),
    ];
    let named = baseline.into_iter().chain(scripts);
    all.extend(named.filter_map(|(name, uri, path)| Some(s3_input(name, uri?, path.to_owned()))));
    all
}

fn numbered(
    name: &str,
    uris: &[String],
    mut place: impl FnMut(&str) -> String,
) -> impl Iterator<Item = ProcessingInput> {
    let inputs: Vec<ProcessingInput> = uris
        .iter()
        .enumerate()
        .map(|(at, uri)| s3_input(&format!("{name}_{}", at + 1), uri.clone(), place(uri)))
        .collect();
    inputs.into_iter()
}

/// Of a merged file, the folder of its hour; a folder is its own.
fn folder_of(uri: &str) -> &str {
    match uri.rsplit_once('/') {
        Some((folder, name)) if name.ends_with(".jsonl") => folder,
        Some(_) | None => uri,
    }
}

/// The last `parts` of the URI below a path of the container.
fn place_below(local_path: &str, uri: &str, parts: usize) -> String {
    let path = uri.split_once("://").map_or(uri, |(_, path)| path);
    let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    let last = &names[names.len().saturating_sub(parts)..];
    format!("{}/{}", local_path.trim_end_matches('/'), last.join("/"))
}

fn s3_input(name: &str, s3_uri: String, local_path: String) -> ProcessingInput {
    ProcessingInput {
        input_name: name.to_owned(),
        app_managed: Some(false),
        s3_input: Some(ProcessingS3Input {
            s3_uri,
            local_path: Some(local_path),
            s3_data_type: "S3Prefix".to_owned(),
            s3_input_mode: Some("File".to_owned()),
            s3_data_distribution_type: Some("FullyReplicated".to_owned()),
            s3_compression_type: Some("None".to_owned()),
        }),
        dataset_definition: None,
    }
}

fn result(s3_uri: String, local_path: String, mode: &str) -> ProcessingOutput {
    ProcessingOutput {
        output_name: "result".to_owned(),
        s3_output: Some(ProcessingS3Output {
            s3_uri,
            local_path: Some(local_path),
            s3_upload_mode: mode.to_owned(),
        }),
        feature_store_output: None,
        app_managed: Some(false),
    }
}

#[cfg(test)]
mod tests {
    use probity_data::Window;
    use serde_json::json;

    use super::super::order::Baseline;
    use super::*;

    const HOUR_MS: i64 = 3_600_000;
    /// 2021-05-06T23:00:00Z
    const SCHEDULED_MS: i64 = 1_620_342_000_000;

    fn order(monitoring_type: MonitoringType, definition: serde_json::Value) -> Order {
        let kind = monitoring_type.as_str();
        let mut whole = json!({
            format!("{kind}JobOutputConfig"): { "MonitoringOutputs": [{ "S3Output": {
                "S3Uri": "s3://b/reports",
                "LocalPath": "/opt/ml/processing/output",
                "S3UploadMode": "Continuous",
            } }] },
            "JobResources": { "ClusterConfig": {
                "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20,
            } },
            "RoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
            "StoppingCondition": { "MaxRuntimeInSeconds": 1800 },
        });
        let given = definition.as_object().cloned().unwrap_or_default();
        whole.as_object_mut().unwrap().extend(given);
        Order {
            region: "us-west-2".to_owned(),
            schedule: "churn".to_owned(),
            schedule_arn: "arn:aws:sagemaker:us-west-2:111122223333:monitoring-schedule/churn"
                .to_owned(),
            endpoint: Some("ep".to_owned()),
            monitoring_type,
            definition: serde_json::from_value(whole).unwrap(),
            window: Window {
                start_ms: SCHEDULED_MS - HOUR_MS,
                end_ms: SCHEDULED_MS,
            },
            scheduled_ms: SCHEDULED_MS,
            execution_id: "0198".to_owned(),
            revision: 0,
            has_earlier_points: false,
            records: Records::Merged(vec![
                "s3://b/reports/merge/ep/AllTraffic/2021/05/06/22".to_owned(),
            ]),
            baseline: Baseline {
                constraints: Some("s3://b/base/constraints.json".to_owned()),
                statistics: None,
            },
            folder: None,
        }
    }

    fn model_quality() -> Order {
        order(
            MonitoringType::ModelQuality,
            json!({
                "ModelQualityAppSpecification": {
                    "ImageUri": "1.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer",
                    "ProblemType": "Regression",
                    "Environment": { "publish_cloudwatch_metrics": "Enabled" },
                },
                "ModelQualityJobInput": {
                    "EndpointInput": {
                        "EndpointName": "ep",
                        "LocalPath": "/opt/ml/processing/input_data",
                        "InferenceAttribute": "0",
                    },
                    "GroundTruthS3Input": { "S3Uri": "s3://b/truth" },
                },
            }),
        )
    }

    /// A published record of the service's own job, but for names, accounts and buckets.
    #[test]
    fn a_model_quality_execution_is_the_job_that_the_service_makes() {
        let job = processing_job(&model_quality());
        let (start, digits) = job.processing_job_name.rsplit_once('-').unwrap();
        assert_eq!(start, "model-quality-monitoring-202105062300");
        assert_eq!(digits.len(), 24);
        assert!(digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let environment = serde_json::to_value(&job.environment).unwrap();
        assert_eq!(
            environment,
            json!({
                "analysis_type": "MODEL_QUALITY",
                "baseline_constraints":
                    "/opt/ml/processing/baseline/constraints/constraints.json",
                "dataset_format":
                    r#"{"sagemakerMergeJson":{"captureIndexNames":["endpointOutput"]}}"#,
                "dataset_source": "/opt/ml/processing/input_data",
                "start_time": "2021-05-06T22:00:00Z",
                "end_time": "2021-05-06T23:00:00Z",
                "metric_time": "2021-05-06T22:00:00Z",
                "inference_attribute": "0",
                "output_path": "/opt/ml/processing/output",
                "problem_type": "Regression",
                "publish_cloudwatch_metrics": "Enabled",
                "sagemaker_endpoint_name": "ep",
                "sagemaker_monitoring_schedule_name": "churn",
            })
        );
        let places: Vec<(String, String)> = job
            .processing_inputs
            .iter()
            .map(|input| {
                let place = input.s3_input.as_ref().unwrap();
                (input.input_name.clone(), place.local_path.clone().unwrap())
            })
            .collect();
        let place = |name: &str, path: &str| (name.to_owned(), path.to_owned());
        assert_eq!(
            places,
            [
                place(
                    "endpoint_input_1",
                    "/opt/ml/processing/input_data/ep/AllTraffic/2021/05/06/22"
                ),
                place("constraints", "/opt/ml/processing/baseline/constraints"),
            ]
        );
        let output = job.outputs()[0].s3_output.clone().unwrap();
        assert_eq!(output.s3_uri, "s3://b/reports/ep/churn/2021/05/06/23");
        assert_eq!(output.s3_upload_mode, "Continuous");
        assert_eq!(job.outputs()[0].output_name, "result");
    }

    #[test]
    fn names_of_all_kinds_are_as_long_as_the_api_allows() {
        for monitoring_type in MonitoringType::ALL {
            let mut order = model_quality();
            order.monitoring_type = monitoring_type;
            let name = processing_job(&order).processing_job_name;
            assert!(name.len() <= 63, "{name}");
        }
    }

    #[test]
    fn its_merge_job_has_the_same_digits() {
        let order = model_quality();
        let places = MergePlaces {
            captures: vec!["s3://b/capture/ep/AllTraffic/2021/05/06/22".to_owned()],
            ground_truth: vec!["s3://b/truth/2021/05/06/22".to_owned()],
        };
        let merge = merge_job(&order, &places);
        let job = processing_job(&order);
        let tail = |name: &str| name.rsplit_once('-').map(|(_, tail)| tail.to_owned());
        assert_eq!(
            tail(&merge.processing_job_name),
            tail(&job.processing_job_name)
        );
        assert!(
            merge
                .processing_job_name
                .starts_with("groundtruth-merge-202105062300-")
        );
        let inputs: Vec<&str> = merge
            .processing_inputs
            .iter()
            .filter_map(|input| input.s3_input.as_ref()?.local_path.as_deref())
            .collect();
        assert_eq!(
            inputs,
            [
                "/opt/ml/processing/groundtruth/2021/05/06/22",
                "/opt/ml/processing/input_data/ep/AllTraffic/2021/05/06/22",
            ]
        );
        let output = merge.outputs()[0].s3_output.clone().unwrap();
        assert_eq!(output.s3_uri, "s3://b/reports/merge");
        assert_eq!(
            merge.app_specification.image_uri,
            "1.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-groundtruth-merger"
        );
    }

    fn data_quality() -> Order {
        let mut order = order(
            MonitoringType::DataQuality,
            json!({
                "DataQualityAppSpecification": {
                    "ImageUri": "i/sagemaker-model-monitor-analyzer",
                    "RecordPreprocessorSourceUri": "s3://b/code/preprocess.py",
                    "Environment": { "publish_cloudwatch_metrics": "Disabled", "EXTRA": "1" },
                },
                "DataQualityJobInput": { "EndpointInput": {
                    "EndpointName": "ep",
                    "LocalPath": "/opt/ml/processing/input/endpoint",
                    "ExcludeFeaturesAttribute": "3,age",
                } },
            }),
        );
        order.records = Records::Captures(vec![
            "s3://b/capture/ep/AllTraffic/2021/05/06/22".to_owned(),
            "s3://b/capture/ep/Other/2021/05/06/22/".to_owned(),
        ]);
        order.baseline.statistics = Some("s3://b/base/my-statistics.json".to_owned());
        order
    }

    #[test]
    fn a_data_quality_execution_names_baseline_and_scripts() {
        let job = processing_job(&data_quality());
        let variable = |name: &str| job.environment.get(name).map(String::as_str);
        assert_eq!(variable("publish_cloudwatch_metrics"), Some("Disabled"));
        assert_eq!(variable("EXTRA"), Some("1"));
        assert_eq!(variable("analysis_type"), None);
        assert_eq!(
            variable("baseline_statistics"),
            Some("/opt/ml/processing/baseline/stats/my-statistics.json")
        );
        assert_eq!(
            variable("record_preprocessor_script"),
            Some("/opt/ml/processing/code/preprocessing/preprocess.py")
        );
        assert_eq!(variable("exclude_features_attribute"), Some("3,age"));
        assert_eq!(
            variable("dataset_format"),
            Some(
                r#"{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}"#
            )
        );
        let other = job
            .input_at("/opt/ml/processing/input/endpoint/ep/Other/2021/05/06/22")
            .unwrap();
        assert_eq!(other.s3_uri, "s3://b/capture/ep/Other/2021/05/06/22/");
    }

    #[test]
    fn an_execution_on_transform_jobs_has_no_endpoint_in_its_paths() {
        let mut order = order(
            MonitoringType::DataQuality,
            json!({
                "DataQualityAppSpecification": { "ImageUri": "i/sagemaker-model-monitor-analyzer" },
                "DataQualityJobInput": { "BatchTransformInput": {
                    "DataCapturedDestinationS3Uri": "s3://b/batch",
                    "LocalPath": "/opt/ml/processing/input",
                    "DatasetFormat": { "Json": { "Line": true } },
                } },
            }),
        );
        order.endpoint = None;
        order.records = Records::BatchOutput(vec![
            "s3://b/one/data.jsonl.out".to_owned(),
            "s3://b/two/data.jsonl.out".to_owned(),
        ]);
        let job = processing_job(&order);
        assert_eq!(
            job.environment.get("dataset_format").map(String::as_str),
            Some(r#"{"json":{"lines":true}}"#)
        );
        assert_eq!(job.environment.get("sagemaker_endpoint_name"), None);
        assert!(job.input_at("/opt/ml/processing/input/2").is_some());
        let output = job.outputs()[0].s3_output.clone().unwrap();
        assert_eq!(output.s3_uri, "s3://b/reports/churn/2021/05/06/23");
    }
}
