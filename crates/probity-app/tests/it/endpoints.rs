//! Endpoints from their configuration to their end.

use probity_app::endpoint::{self, Prepared};
use probity_app::{App, Caller, endpoint_config, model};
use probity_store::job::{self, Claim};
use serde_json::{Value, json};

use crate::server::{self, Server, existing, invalid, missing, values};

const ARN: &str = "arn:aws:sagemaker:us-west-2:111122223333:endpoint/e";
const REGION: &str = "us-west-2";

fn variant(name: &str, model: &str, weight: f64) -> Value {
    json!({
        "VariantName": name,
        "ModelName": model,
        "InitialInstanceCount": 1,
        "InstanceType": "ml.m5.large",
        "InitialVariantWeight": weight,
    })
}

fn config(name: &str, variants: &[Value]) -> Value {
    json!({
        "EndpointConfigName": name,
        "ProductionVariants": variants,
        "DataCaptureConfig": {
            "EnableCapture": true,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": format!("s3://b/{name}"),
            "CaptureOptions": [{ "CaptureMode": "Input" }, { "CaptureMode": "Output" }],
        },
    })
}

fn named(name: &str) -> Value {
    json!({ "EndpointName": name })
}

/// A model, a configuration of it and an endpoint `e` that is being created.
async fn creating(app: &App, ada: &Caller) {
    model::create(app, ada, server::model("m")).await.unwrap();
    let first = config("c1", &[variant("a", "m", 1.0), variant("b", "m", 3.0)]);
    endpoint_config::create(app, ada, first).await.unwrap();
    let request = json!({ "EndpointName": "e", "EndpointConfigName": "c1" });
    let created = endpoint::create(app, ada, request).await.unwrap();
    assert_eq!(created, json!({ "EndpointArn": ARN }));
}

async fn in_service(app: &App, ada: &Caller) {
    creating(app, ada).await;
    endpoint::finish(app, REGION, "e", &Prepared::Ready)
        .await
        .unwrap();
}

async fn describe(app: &App, ada: &Caller) -> Value {
    endpoint::describe(app, ada, named("e")).await.unwrap()
}

#[tokio::test]
async fn a_configuration_names_models_that_exist() {
    let Server { app, ada, .. } = &Server::start().await;
    let unknown = endpoint_config::create(app, ada, config("c", &[variant("a", "m", 1.0)])).await;
    assert_eq!(missing(unknown), "model m");
    model::create(app, ada, server::model("m")).await.unwrap();
    let twice = config("c", &[variant("a", "m", 1.0), variant("a", "m", 1.0)]);
    assert!(invalid(endpoint_config::create(app, ada, twice).await).contains("unique"));
    let mut shadow = config("c", &[variant("a", "m", 1.0)]);
    shadow["ShadowProductionVariants"] = json!([variant("s", "m", 1.0)]);
    assert!(invalid(endpoint_config::create(app, ada, shadow).await).contains("shadow"));
    let component = config("c", &[json!({ "VariantName": "a" })]);
    assert!(invalid(endpoint_config::create(app, ada, component).await).contains("no model"));

    let good = config("c", &[variant("a", "m", 1.0)]);
    endpoint_config::create(app, ada, good.clone())
        .await
        .unwrap();
    let again = endpoint_config::create(app, ada, good.clone()).await;
    assert_eq!(existing(again), "endpoint-config c");
    let request = json!({ "EndpointConfigName": "c" });
    let shown = endpoint_config::describe(app, ada, request).await.unwrap();
    for member in ["ProductionVariants", "DataCaptureConfig"] {
        assert_eq!(shown[member], good[member], "{member}");
    }
}

#[tokio::test]
async fn an_endpoint_is_in_service_when_its_models_are_ready() {
    let Server { app, ada, .. } = &Server::start().await;
    let nowhere = json!({ "EndpointName": "e", "EndpointConfigName": "c1" });
    assert_eq!(
        missing(endpoint::create(app, ada, nowhere).await),
        "endpoint-config c1"
    );
    creating(app, ada).await;
    let shown = describe(app, ada).await;
    assert_eq!(shown["EndpointStatus"], "Creating");
    assert_eq!(shown["EndpointConfigName"], "c1");
    assert_eq!(shown["DataCaptureConfig"]["CaptureStatus"], "Stopped");
    assert_eq!(shown.get("ProductionVariants"), None);
    let summary = &shown["PendingDeploymentSummary"];
    assert_eq!(
        values(summary, "ProductionVariants", "VariantName"),
        ["a", "b"]
    );

    let claim = Claim {
        owner: "w",
        kinds: &[endpoint::JOB_KIND],
        now_ms: i64::MAX / 2,
        due_ms: i64::MAX / 2,
        lease_ms: 1000,
    };
    let job = job::claim(&app.store, &claim).await.unwrap().unwrap();
    assert_eq!((job.subject.as_str(), job.region.as_str()), ("e", REGION));
    let pending = endpoint::pending(app, REGION, "e").await.unwrap().unwrap();
    let served: Vec<_> = pending
        .served()
        .iter()
        .map(|variant| {
            (
                variant.name,
                variant.weight,
                variant.model.model_name.as_str(),
            )
        })
        .collect();
    assert_eq!(served, [("a", 1.0, "m"), ("b", 3.0, "m")]);

    endpoint::finish(app, REGION, "e", &Prepared::Ready)
        .await
        .unwrap();
    let shown = describe(app, ada).await;
    assert_eq!(shown["EndpointStatus"], "InService");
    assert_eq!(
        shown["DataCaptureConfig"],
        json!({
            "EnableCapture": true,
            "CaptureStatus": "Started",
            "CurrentSamplingPercentage": 100,
            "DestinationS3Uri": "s3://b/c1",
            "KmsKeyId": "",
        })
    );
    let variants = &shown["ProductionVariants"];
    assert_eq!(variants[1]["CurrentWeight"], 3.0);
    assert_eq!(variants[1]["CurrentInstanceCount"], 1);
    let image = &server::model("m")["PrimaryContainer"]["Image"];
    assert_eq!(&variants[0]["DeployedImages"][0]["SpecifiedImage"], image);
    assert_eq!(shown.get("PendingDeploymentSummary"), None);
    assert_eq!(shown.get("InService"), None);

    // A second worker that did the same has nothing to say.
    let late = Prepared::Failed("too late".to_owned());
    endpoint::finish(app, REGION, "e", &late).await.unwrap();
    assert_eq!(describe(app, ada).await, shown);
    assert_eq!(endpoint::pending(app, REGION, "e").await.unwrap(), None);
}

#[tokio::test]
async fn a_failed_endpoint_says_why_and_can_only_be_deleted() {
    let Server { app, ada, .. } = &Server::start().await;
    creating(app, ada).await;
    let failed = Prepared::Failed("no such archive".to_owned());
    endpoint::finish(app, REGION, "e", &failed).await.unwrap();
    let shown = describe(app, ada).await;
    assert_eq!(shown["EndpointStatus"], "Failed");
    assert_eq!(shown["FailureReason"], "no such archive");
    assert_eq!(shown["EndpointConfigName"], "c1");
    let update = json!({ "EndpointName": "e", "EndpointConfigName": "c1" });
    assert!(invalid(endpoint::update(app, ada, update).await).contains("Failed"));
    endpoint::delete(app, ada, named("e")).await.unwrap();
    assert_eq!(
        missing(endpoint::describe(app, ada, named("e")).await),
        "endpoint e"
    );
    endpoint::finish(app, REGION, "e", &Prepared::Ready)
        .await
        .unwrap();
    assert_eq!(endpoint::pending(app, REGION, "e").await.unwrap(), None);
}

#[tokio::test]
async fn what_is_in_service_outlives_its_model_and_its_configuration() {
    let Server { app, ada, .. } = &Server::start().await;
    in_service(app, ada).await;
    let before = describe(app, ada).await;
    model::delete(app, ada, json!({ "ModelName": "m" }))
        .await
        .unwrap();
    let request = json!({ "EndpointConfigName": "c1" });
    endpoint_config::delete(app, ada, request).await.unwrap();
    assert_eq!(describe(app, ada).await, before);
}

#[tokio::test]
async fn an_update_replaces_the_configuration_when_it_is_ready() {
    let Server { app, ada, .. } = &Server::start().await;
    in_service(app, ada).await;
    let second = config("c2", &[variant("b", "m", 9.0)]);
    endpoint_config::create(app, ada, second).await.unwrap();
    let update = json!({ "EndpointName": "e", "EndpointConfigName": "c2" });
    let missing_config = json!({ "EndpointName": "e", "EndpointConfigName": "c3" });
    assert_eq!(
        missing(endpoint::update(app, ada, missing_config).await),
        "endpoint-config c3"
    );
    endpoint::update(app, ada, update.clone()).await.unwrap();
    let shown = describe(app, ada).await;
    assert_eq!(shown["EndpointStatus"], "Updating");
    assert_eq!(shown["EndpointConfigName"], "c1");
    assert_eq!(shown["DataCaptureConfig"]["CaptureStatus"], "Started");
    assert_eq!(
        shown["PendingDeploymentSummary"]["EndpointConfigName"],
        "c2"
    );

    for refused in [
        endpoint::update(app, ada, update.clone()).await,
        endpoint::delete(app, ada, named("e")).await,
    ] {
        let expected = format!("Cannot update in-progress endpoint \"{ARN}\".");
        assert_eq!(invalid(refused), expected);
    }
    let failed = Prepared::Failed("no such archive".to_owned());
    endpoint::finish(app, REGION, "e", &failed).await.unwrap();
    let shown = describe(app, ada).await;
    assert_eq!(shown["EndpointStatus"], "InService");
    assert_eq!(shown["EndpointConfigName"], "c1");
    assert_eq!(shown["FailureReason"], "no such archive");

    let mut retaining = update;
    retaining["RetainAllVariantProperties"] = json!(true);
    endpoint::update(app, ada, retaining).await.unwrap();
    endpoint::finish(app, REGION, "e", &Prepared::Ready)
        .await
        .unwrap();
    let shown = describe(app, ada).await;
    assert_eq!(shown["EndpointConfigName"], "c2");
    assert_eq!(shown.get("FailureReason"), None);
    assert_eq!(values(&shown, "ProductionVariants", "VariantName"), ["b"]);
    assert_eq!(shown["ProductionVariants"][0]["CurrentWeight"], 3.0);
    assert_eq!(shown["DataCaptureConfig"]["DestinationS3Uri"], "s3://b/c1");
}

#[tokio::test]
async fn weights_change_while_the_endpoint_serves() {
    let server = &Server::start().await;
    let Server { app, ada, .. } = server;
    in_service(app, ada).await;
    let weights = |variant: &str| {
        json!({ "EndpointName": "e", "DesiredWeightsAndCapacities": [
            { "VariantName": "a", "DesiredWeight": 0.5, "DesiredInstanceCount": 4 },
            { "VariantName": variant, "DesiredWeight": 0.0 },
        ] })
    };
    let change = endpoint::update_weights_and_capacities;
    assert!(invalid(change(app, ada, weights("z")).await).contains("`z`"));
    change(app, ada, weights("b")).await.unwrap();
    let shown = describe(app, ada).await;
    assert_eq!(shown["EndpointStatus"], "InService");
    assert_eq!(shown["ProductionVariants"][0]["CurrentWeight"], 0.5);
    assert_eq!(shown["ProductionVariants"][0]["CurrentInstanceCount"], 4);
    assert_eq!(shown["ProductionVariants"][1]["DesiredWeight"], 0.0);
    let actions = server.actions().await;
    assert_eq!(
        actions[2..],
        [
            "sagemaker:CreateEndpoint",
            "probity:FinishEndpoint",
            "sagemaker:UpdateEndpointWeightsAndCapacities",
        ]
    );
}

#[tokio::test]
async fn endpoints_are_listed_by_their_state() {
    let Server { app, ada, .. } = &Server::start().await;
    in_service(app, ada).await;
    let request = json!({ "EndpointName": "f", "EndpointConfigName": "c1" });
    endpoint::create(app, ada, request.clone()).await.unwrap();
    assert_eq!(
        existing(endpoint::create(app, ada, request).await),
        "endpoint f"
    );
    let listed = |request: Value| async move {
        let listed = endpoint::list(app, ada, request).await.unwrap();
        values(&listed, "Endpoints", "EndpointName").join(" ")
    };
    assert_eq!(listed(json!({ "StatusEquals": "InService" })).await, "e");
    assert_eq!(listed(json!({ "StatusEquals": "Creating" })).await, "f");
    assert_eq!(
        listed(json!({ "SortBy": "Status", "SortOrder": "Ascending" })).await,
        "f e"
    );
}
