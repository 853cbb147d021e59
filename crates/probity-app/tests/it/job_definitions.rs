//! The four kinds of monitoring job definitions.

use probity_app::{Access, job_definition};
use serde_json::{Value, json};

use crate::server::{self, Server, existing, invalid, missing, values};

fn definition(words: &str, image: &str) -> Value {
    json!({
        "JobDefinitionName": "d",
        format!("{words}AppSpecification"): {
            "ImageUri": image,
            "Environment": { "publish_cloudwatch_metrics": "Enabled" },
        },
        format!("{words}JobInput"): {
            "EndpointInput": { "EndpointName": "e", "LocalPath": "/opt/ml/processing/input" },
        },
        format!("{words}JobOutputConfig"): { "MonitoringOutputs": [{ "S3Output": {
            "S3Uri": "s3://b/reports", "LocalPath": "/opt/ml/processing/output",
        } }] },
        "JobResources": { "ClusterConfig": {
            "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20,
        } },
        "RoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
        format!("{words}BaselineConfig"): { "BaseliningJobName": "j" },
    })
}

macro_rules! kind {
    ($name:ident, $module:ident, $words:literal, $image:literal, $kind:literal) => {
        #[tokio::test]
        async fn $name() {
            use job_definition::$module::{create, delete, describe, list};
            let Server { app, ada, .. } = &Server::start().await;
            let request = definition($words, $image);
            let created = create(app, ada, request.clone()).await.unwrap();
            let arn = concat!("arn:aws:sagemaker:us-west-2:111122223333:", $kind, "/d");
            assert_eq!(created, json!({ "JobDefinitionArn": arn }));
            assert_eq!(existing(create(app, ada, request.clone()).await), concat!($kind, " d"));

            let named = json!({ "JobDefinitionName": "d" });
            let shown = describe(app, ada, named.clone()).await.unwrap();
            for (member, value) in request.as_object().unwrap() {
                assert_eq!(&shown[member], value, "{member}");
            }
            assert_eq!(shown["StoppingCondition"]["MaxRuntimeInSeconds"], 3600);

            let of_endpoint = |name: &str| json!({ "EndpointName": name });
            let listed = list(app, ada, of_endpoint("e")).await.unwrap();
            assert_eq!(
                listed["JobDefinitionSummaries"][0],
                json!({
                    "CreationTime": shown["CreationTime"],
                    "MonitoringJobDefinitionName": "d",
                    "MonitoringJobDefinitionArn": arn,
                    "EndpointName": "e",
                })
            );
            let none = list(app, ada, of_endpoint("f")).await.unwrap();
            assert_eq!(none, json!({ "JobDefinitionSummaries": [] }));

            delete(app, ada, named.clone()).await.unwrap();
            assert_eq!(missing(describe(app, ada, named.clone()).await), concat!($kind, " d"));
            let reader = server::caller("bob", Access::ReadOnly, "us-west-2");
            for refused in [
                create(app, &reader, request).await,
                delete(app, &reader, named).await,
            ] {
                assert!(matches!(refused, Err(probity_app::Fault::Denied { .. })));
            }
        }
    };
}

kind!(
    data_quality_definitions_are_kept,
    data_quality,
    "DataQuality",
    "1.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer",
    "data-quality-job-definition"
);
kind!(
    model_quality_definitions_are_kept,
    model_quality,
    "ModelQuality",
    "1.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer",
    "model-quality-job-definition"
);
kind!(
    model_bias_definitions_are_kept,
    model_bias,
    "ModelBias",
    "1.dkr.ecr.us-west-2.amazonaws.com/sagemaker-clarify-processing:1.0",
    "model-bias-job-definition"
);
kind!(
    model_explainability_definitions_are_kept,
    model_explainability,
    "ModelExplainability",
    "1.dkr.ecr.us-west-2.amazonaws.com/sagemaker-clarify-processing:1.0",
    "model-explainability-job-definition"
);

#[tokio::test]
async fn a_definition_watches_an_endpoint_or_transform_jobs_never_both() {
    use job_definition::data_quality::{create, list};
    let Server { app, ada, .. } = &Server::start().await;
    let image = "1.dkr.ecr/sagemaker-model-monitor-analyzer";
    let endpoint = json!({ "EndpointName": "e", "LocalPath": "/in" });
    let batch = json!({
        "DataCapturedDestinationS3Uri": "s3://b/capture",
        "DatasetFormat": { "Csv": { "Header": true } },
        "LocalPath": "/in",
    });
    let mut two_formats = batch.clone();
    two_formats["DatasetFormat"]["Parquet"] = json!({});
    for (input, problem) in [
        (json!({}), "needs an EndpointInput"),
        (
            json!({ "EndpointInput": endpoint, "BatchTransformInput": batch }),
            "not both",
        ),
        (
            json!({ "BatchTransformInput": two_formats }),
            "exactly one of Csv",
        ),
    ] {
        let mut request = definition("DataQuality", image);
        request["DataQualityJobInput"] = input;
        let message = invalid(create(app, ada, request).await);
        assert!(message.contains(problem), "{message}");
    }
    let mut request = definition("DataQuality", image);
    request["DataQualityJobInput"] = json!({ "BatchTransformInput": batch });
    create(app, ada, request).await.unwrap();
    let listed = list(app, ada, json!({})).await.unwrap();
    assert_eq!(
        values(&listed, "JobDefinitionSummaries", "EndpointName"),
        [""]
    );

    let other = definition("DataQuality", "1.dkr.ecr/mine:1");
    assert!(invalid(create(app, ada, other).await).contains("does not run here"));
}
