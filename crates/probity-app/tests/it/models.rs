//! Models are created, shown, listed and deleted.

use probity_app::{Access, model};
use serde_json::json;

use crate::server::{self, START_MS, Server, existing, invalid, missing, values};

#[tokio::test]
async fn a_model_is_shown_as_it_was_created() {
    let Server { app, ada, .. } = &Server::start().await;
    let created = model::create(app, ada, server::model("fraud"))
        .await
        .unwrap();
    let arn = "arn:aws:sagemaker:us-west-2:111122223333:model/fraud";
    assert_eq!(created, json!({ "ModelArn": arn }));

    let named = json!({ "ModelName": "fraud" });
    let shown = model::describe(app, ada, named.clone()).await.unwrap();
    let request = server::model("fraud");
    for member in ["ModelName", "ExecutionRoleArn", "PrimaryContainer"] {
        assert_eq!(shown[member], request[member], "{member}");
    }
    assert_eq!(shown["ModelArn"], arn);
    assert_eq!(shown["EnableNetworkIsolation"], false);
    assert_eq!(shown["CreationTime"], (START_MS / 1000) as f64);

    assert_eq!(
        existing(model::create(app, ada, server::model("fraud")).await),
        "model fraud"
    );
    model::delete(app, ada, named.clone()).await.unwrap();
    assert_eq!(
        missing(model::describe(app, ada, named.clone()).await),
        "model fraud"
    );
    assert_eq!(missing(model::delete(app, ada, named).await), "model fraud");
}

#[tokio::test]
async fn a_model_belongs_to_its_region() {
    let Server { app, ada, .. } = &Server::start().await;
    let elsewhere = server::caller("ada", Access::Administrator, "eu-central-1");
    model::create(app, ada, server::model("m")).await.unwrap();
    model::create(app, &elsewhere, server::model("m"))
        .await
        .unwrap();
    model::delete(app, ada, json!({ "ModelName": "m" }))
        .await
        .unwrap();
    let listed = model::list(app, &elsewhere, json!({})).await.unwrap();
    assert_eq!(
        values(&listed, "Models", "ModelArn"),
        ["arn:aws:sagemaker:eu-central-1:111122223333:model/m"]
    );
    assert_eq!(
        model::list(app, ada, json!({})).await.unwrap(),
        json!({ "Models": [] })
    );
}

#[tokio::test]
async fn a_model_without_a_container_is_refused() {
    let Server { app, ada, .. } = &Server::start().await;
    let image = json!({ "Image": "a" });
    for (containers, problem) in [
        (json!({}), "PrimaryContainer or Containers"),
        (
            json!({ "Containers": [] }),
            "PrimaryContainer or Containers",
        ),
        (
            json!({ "PrimaryContainer": {} }),
            "Image or a ModelPackageName",
        ),
        (
            json!({ "PrimaryContainer": image, "Containers": [image] }),
            "Only one of PrimaryContainer and Containers",
        ),
        (
            json!({ "PrimaryContainer": {
                "Image": "a",
                "ModelDataUrl": "s3://b/a",
                "ModelDataSource": { "S3DataSource": { "S3Uri": "s3://b/a" } },
            } }),
            "Only one of ModelDataUrl and ModelDataSource",
        ),
    ] {
        let mut request = containers.clone();
        request["ModelName"] = json!("m");
        let message = invalid(model::create(app, ada, request).await);
        assert!(message.contains(problem), "{containers}: {message}");
    }
    let package = "arn:aws:sagemaker:us-west-2:111122223333:model-package/g/1";
    let request = json!({ "ModelName": "m", "Containers": [{ "ModelPackageName": package }] });
    assert_eq!(
        missing(model::create(app, ada, request).await),
        "model-package g/1"
    );
}

#[tokio::test]
async fn every_write_has_its_event_and_a_refused_one_has_none() {
    let server = &Server::start().await;
    let Server { app, ada, .. } = server;
    model::create(app, ada, server::model("m")).await.unwrap();
    model::create(app, ada, server::model("m"))
        .await
        .unwrap_err();
    model::describe(app, ada, json!({ "ModelName": "m" }))
        .await
        .unwrap();
    model::delete(app, ada, json!({ "ModelName": "m" }))
        .await
        .unwrap();
    model::delete(app, ada, json!({ "ModelName": "m" }))
        .await
        .unwrap_err();
    let actions = server.actions().await;
    assert_eq!(actions, ["sagemaker:CreateModel", "sagemaker:DeleteModel"]);
}
