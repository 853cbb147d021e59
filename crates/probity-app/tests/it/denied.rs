//! Who may only read changes nothing, and learns that before anything else.

use std::future::Future;

use probity_app::{Access, App, Caller, Fault};
use probity_app::{
    endpoint, endpoint_config, model, processing_job, tags, training_job, transform_job,
};
use serde_json::{Value, json};

use crate::server::{self, Server, invalid};

async fn denied<'a, F>(
    verb: impl Fn(&'a App, &'a Caller, Value) -> F,
    app: &'a App,
    bob: &'a Caller,
) where
    F: Future<Output = Result<Value, Fault>> + 'a,
{
    match verb(app, bob, json!({})).await {
        Err(Fault::Denied { user, .. }) => assert_eq!(user, "bob"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_reader_writes_nothing() {
    let server = &Server::start().await;
    let app = &server.app;
    let bob = &server::caller("bob", Access::ReadOnly, "us-west-2");
    denied(model::create, app, bob).await;
    denied(model::delete, app, bob).await;
    denied(endpoint_config::create, app, bob).await;
    denied(endpoint_config::delete, app, bob).await;
    denied(endpoint::create, app, bob).await;
    denied(endpoint::update, app, bob).await;
    denied(endpoint::update_weights_and_capacities, app, bob).await;
    denied(endpoint::delete, app, bob).await;
    denied(processing_job::create, app, bob).await;
    denied(processing_job::stop, app, bob).await;
    denied(processing_job::delete, app, bob).await;
    denied(transform_job::create, app, bob).await;
    denied(transform_job::stop, app, bob).await;
    denied(tags::add, app, bob).await;
    denied(tags::delete, app, bob).await;
    assert!(server.actions().await.is_empty());
}

#[tokio::test]
async fn a_training_job_is_missed_in_the_words_that_the_sdk_knows() {
    let server = &Server::start().await;
    let app = &server.app;
    let bob = &server::caller("bob", Access::ReadOnly, "us-west-2");
    let answer = training_job::describe(app, bob, json!({ "TrainingJobName": "t" })).await;
    assert_eq!(invalid(answer), "Requested resource not found.");
    let listed = training_job::list(app, bob, json!({})).await.unwrap();
    assert_eq!(listed, json!({ "TrainingJobSummaries": [] }));
}
