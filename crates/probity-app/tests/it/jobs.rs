//! Processing jobs and transform jobs from their creation to their end.

use probity_app::{App, Caller, Fault, JobOutcome, LocalProcesses, Started};
use probity_app::{model, processing_job, transform_job};
use serde_json::{Value, json};

use crate::server::{self, Server, existing, invalid, missing, values};

const REGION: &str = "us-west-2";

fn processing(name: &str, image: &str) -> Value {
    json!({
        "ProcessingJobName": name,
        "ProcessingResources": { "ClusterConfig": {
            "InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 20,
        } },
        "AppSpecification": { "ImageUri": image },
        "RoleArn": "arn:aws:iam::111122223333:role/service-role/Governor",
        "ProcessingInputs": [{
            "InputName": "baseline_dataset_input",
            "S3Input": {
                "S3Uri": "s3://b/train.csv",
                "LocalPath": "/opt/ml/processing/input/baseline_dataset_input",
                "S3DataType": "S3Prefix",
            },
        }],
        "ProcessingOutputConfig": { "Outputs": [{
            "OutputName": "monitoring_output",
            "S3Output": {
                "S3Uri": "s3://b/baseline",
                "LocalPath": "/opt/ml/processing/output",
                "S3UploadMode": "EndOfJob",
            },
        }] },
        "Environment": { "output_path": "/opt/ml/processing/output" },
    })
}

const ANALYZER: &str =
    "159807026194.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer";
const OTHER: &str = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1";

fn named(name: &str) -> Value {
    json!({ "ProcessingJobName": name })
}

async fn describe(app: &App, ada: &Caller) -> Value {
    processing_job::describe(app, ada, named("j"))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_processing_job_runs_and_ends_once() {
    let server = &Server::start().await;
    let Server { app, ada, .. } = server;
    let created = processing_job::create(app, ada, processing("j", ANALYZER))
        .await
        .unwrap();
    let arn = "arn:aws:sagemaker:us-west-2:111122223333:processing-job/j";
    assert_eq!(created, json!({ "ProcessingJobArn": arn }));
    let again = processing_job::create(app, ada, processing("j", ANALYZER)).await;
    assert_eq!(existing(again), "processing-job j");

    let shown = describe(app, ada).await;
    assert_eq!(shown["ProcessingJobStatus"], "InProgress");
    assert_eq!(shown["ProcessingInputs"][0]["AppManaged"], false);
    assert_eq!(
        shown["ProcessingOutputConfig"]["Outputs"][0]["AppManaged"],
        false
    );
    assert_eq!(shown["StoppingCondition"]["MaxRuntimeInSeconds"], 86_400);
    assert_eq!(shown.get("ProcessingStartTime"), None);

    let Started::Run(running) = processing_job::start(app, REGION, "j").await.unwrap() else {
        panic!("the job was to be run");
    };
    assert_eq!(running.arn, arn);
    assert_eq!(running.job.outputs().len(), 1);
    assert!(!processing_job::is_stopping(app, REGION, "j").await.unwrap());
    let start = describe(app, ada).await["ProcessingStartTime"].clone();
    assert_eq!(start, running.started_ms as f64 / 1000.0);
    // The worker died, and another takes over: the start stays the first one.
    let second = processing_job::start(app, REGION, "j").await.unwrap();
    assert_eq!(second, Started::Run(running));

    let message = "Completed: Job completed successfully with no violations.";
    let outcome = JobOutcome::completed(Some(message.to_owned()));
    processing_job::finish(app, REGION, "j", &outcome)
        .await
        .unwrap();
    let shown = describe(app, ada).await;
    assert_eq!(shown["ProcessingJobStatus"], "Completed");
    assert_eq!(shown["ExitMessage"], message);
    assert_eq!(shown["ProcessingStartTime"], start);
    assert!(shown["ProcessingEndTime"].as_f64() > start.as_f64());

    processing_job::finish(app, REGION, "j", &JobOutcome::failed("late"))
        .await
        .unwrap();
    assert_eq!(describe(app, ada).await, shown);
    let over = processing_job::start(app, REGION, "j").await.unwrap();
    assert_eq!(over, Started::Over);
    assert_eq!(
        processing_job::start(app, REGION, "k").await.unwrap(),
        Started::Over
    );
    assert_eq!(
        server.actions().await,
        [
            "sagemaker:CreateProcessingJob",
            "probity:StartJob",
            "probity:FinishJob"
        ]
    );
}

#[tokio::test]
async fn a_failed_job_shows_the_beginning_of_its_reason() {
    let Server { app, ada, .. } = &Server::start().await;
    processing_job::create(app, ada, processing("j", ANALYZER))
        .await
        .unwrap();
    let reason = "ä".repeat(2000);
    processing_job::finish(app, REGION, "j", &JobOutcome::failed(reason))
        .await
        .unwrap();
    let shown = describe(app, ada).await;
    assert_eq!(shown["ProcessingJobStatus"], "Failed");
    assert_eq!(
        shown["FailureReason"].as_str().unwrap().chars().count(),
        1024
    );
}

#[tokio::test]
async fn a_job_is_stopped_by_its_worker_and_deleted_when_it_is_over() {
    let Server { app, ada, .. } = &Server::start().await;
    processing_job::create(app, ada, processing("j", ANALYZER))
        .await
        .unwrap();
    processing_job::start(app, REGION, "j").await.unwrap();
    let refused = processing_job::delete(app, ada, named("j")).await;
    assert!(matches!(refused, Err(Fault::InUse { .. })), "{refused:?}");
    processing_job::stop(app, ada, named("j")).await.unwrap();
    processing_job::stop(app, ada, named("j")).await.unwrap();
    assert_eq!(describe(app, ada).await["ProcessingJobStatus"], "Stopping");
    assert!(processing_job::is_stopping(app, REGION, "j").await.unwrap());
    let found = processing_job::start(app, REGION, "j").await.unwrap();
    assert_eq!(found, Started::Stopping);
    processing_job::finish(app, REGION, "j", &JobOutcome::stopped(None))
        .await
        .unwrap();
    assert_eq!(describe(app, ada).await["ProcessingJobStatus"], "Stopped");
    let message = invalid(processing_job::stop(app, ada, named("j")).await);
    assert_eq!(
        message,
        "The request was rejected because the processing job is in status Stopped"
    );
    processing_job::delete(app, ada, named("j")).await.unwrap();
    assert_eq!(
        missing(processing_job::describe(app, ada, named("j")).await),
        "processing-job j"
    );
    processing_job::create(app, ada, processing("j", ANALYZER))
        .await
        .unwrap();
}

#[tokio::test]
async fn an_image_that_does_not_run_is_refused_with_those_that_do() {
    let refusing = Server::start().await;
    let allowing = Server::with(LocalProcesses::Isolated).await;
    let mut script = processing("j", OTHER);
    script["AppSpecification"]["ContainerEntrypoint"] = json!(["python3", "/opt/ml/x.py"]);
    for (server, request, word) in [
        (&refusing, processing("j", OTHER), "--allow-local-processes"),
        (&refusing, script.clone(), "--allow-local-processes"),
        (&allowing, processing("j", OTHER), "ContainerEntrypoint"),
    ] {
        let message = invalid(processing_job::create(&server.app, &server.ada, request).await);
        for part in [
            word,
            "sagemaker-model-monitor-analyzer",
            "sagemaker-clarify-processing",
        ] {
            assert!(message.contains(part), "{message}");
        }
    }
    processing_job::create(&allowing.app, &allowing.ada, script)
        .await
        .unwrap();
}

#[tokio::test]
async fn inputs_and_outputs_are_in_s3_and_have_a_place() {
    let Server { app, ada, .. } = &Server::start().await;
    type Edit = fn(&mut Value);
    let edits: [(Edit, &str); 6] = [
        (
            |job| job["ProcessingInputs"][0]["S3Input"] = Value::Null,
            "needs an S3Input",
        ),
        (
            |job| job["ProcessingInputs"][0]["DatasetDefinition"] = json!({}),
            "not both",
        ),
        (
            |job| job["ProcessingInputs"][0]["S3Input"]["LocalPath"] = Value::Null,
            "LocalPath",
        ),
        (
            |job| {
                let input = job["ProcessingInputs"][0].clone();
                job["ProcessingInputs"] = json!([input, input]);
            },
            "unique",
        ),
        (
            |job| {
                let output = &mut job["ProcessingOutputConfig"]["Outputs"][0];
                output["FeatureStoreOutput"] = json!({ "FeatureGroupName": "f" });
            },
            "feature store",
        ),
        (
            |job| job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"] = Value::Null,
            "needs an S3Output",
        ),
    ];
    for (edit, problem) in edits {
        let mut request = processing("j", ANALYZER);
        edit(&mut request);
        let message = invalid(processing_job::create(app, ada, request).await);
        assert!(message.contains(problem), "{problem}: {message}");
    }
}

#[tokio::test]
async fn jobs_are_listed_by_name_state_and_change() {
    let Server { app, ada, .. } = &Server::start().await;
    for name in ["a", "b", "c"] {
        processing_job::create(app, ada, processing(name, ANALYZER))
            .await
            .unwrap();
    }
    processing_job::finish(app, REGION, "a", &JobOutcome::failed("why"))
        .await
        .unwrap();
    let changed = processing_job::describe(app, ada, named("a"))
        .await
        .unwrap();
    let since = changed["LastModifiedTime"].clone();
    let listed = |request: Value| async move {
        let listed = processing_job::list(app, ada, request).await.unwrap();
        values(&listed, "ProcessingJobSummaries", "ProcessingJobName").concat()
    };
    assert_eq!(listed(json!({})).await, "abc");
    assert_eq!(listed(json!({ "SortOrder": "Descending" })).await, "cba");
    assert_eq!(listed(json!({ "StatusEquals": "Failed" })).await, "a");
    assert_eq!(listed(json!({ "StatusEquals": "InProgress" })).await, "bc");
    assert_eq!(listed(json!({ "LastModifiedTimeAfter": since })).await, "a");
    assert_eq!(
        listed(json!({ "LastModifiedTimeBefore": since })).await,
        "bc"
    );
    assert_eq!(listed(json!({ "SortBy": "Status" })).await, "abc");
    let failed = processing_job::list(app, ada, json!({ "StatusEquals": "Failed" })).await;
    assert_eq!(
        failed.unwrap()["ProcessingJobSummaries"][0]["FailureReason"],
        "why"
    );
}

fn transform(name: &str) -> Value {
    json!({
        "TransformJobName": name,
        "ModelName": "m",
        "MaxPayloadInMB": 6,
        "TransformInput": {
            "DataSource": { "S3DataSource": { "S3DataType": "S3Prefix", "S3Uri": "s3://b/in" } },
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": { "S3OutputPath": "s3://b/out", "AssembleWith": "Line" },
        "TransformResources": { "InstanceType": "ml.m5.large", "InstanceCount": 1 },
        "DataCaptureConfig": { "DestinationS3Uri": "s3://b/capture" },
    })
}

#[tokio::test]
async fn a_transform_job_runs_a_model_that_exists() {
    let Server { app, ada, .. } = &Server::start().await;
    assert_eq!(
        missing(transform_job::create(app, ada, transform("t")).await),
        "model m"
    );
    model::create(app, ada, server::model("m")).await.unwrap();
    transform_job::create(app, ada, transform("t"))
        .await
        .unwrap();
    let again = transform_job::create(app, ada, transform("t")).await;
    assert_eq!(existing(again), "transform-job t");
    let Started::Run(running) = transform_job::start(app, REGION, "t").await.unwrap() else {
        panic!("the job was to be run");
    };
    assert_eq!(running.job.transform_output.s3_output_path, "s3://b/out");
    let model = transform_job::model(app, REGION, &running.job.model_name)
        .await
        .unwrap();
    assert_eq!(model.unwrap().model_name, "m");
    assert_eq!(transform_job::model(app, REGION, "n").await.unwrap(), None);

    transform_job::finish(app, REGION, "t", &JobOutcome::completed(None))
        .await
        .unwrap();
    let request = json!({ "TransformJobName": "t" });
    let shown = transform_job::describe(app, ada, request.clone())
        .await
        .unwrap();
    for member in [
        "TransformInput",
        "TransformOutput",
        "DataCaptureConfig",
        "MaxPayloadInMB",
    ] {
        assert_eq!(shown[member], transform("t")[member], "{member}");
    }
    assert_eq!(shown["TransformJobStatus"], "Completed");
    assert!(shown["TransformEndTime"].as_f64() > shown["TransformStartTime"].as_f64());
    assert_eq!(shown.get("LastModifiedTime"), None);
    let message = invalid(transform_job::stop(app, ada, request).await);
    assert!(
        message.contains("transform job is in status Completed"),
        "{message}"
    );
    let listed = transform_job::list(app, ada, json!({})).await.unwrap();
    assert_eq!(
        values(&listed, "TransformJobSummaries", "TransformJobName"),
        ["t"]
    );
}
