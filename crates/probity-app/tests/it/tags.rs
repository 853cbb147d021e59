//! Tags on whatever has an ARN.

use probity_app::{Fault, model, tags};
use serde_json::{Value, json};

use crate::server::{self, Server, invalid, missing};

const ARN: &str = "arn:aws:sagemaker:us-west-2:111122223333:model/m";

fn tag(key: &str, value: &str) -> Value {
    json!({ "Key": key, "Value": value })
}

#[tokio::test]
async fn tags_come_with_the_resource_and_go_with_it() {
    let Server { app, ada, .. } = &Server::start().await;
    let mut request = server::model("m");
    request["Tags"] = json!([tag("k", "v")]);
    model::create(app, ada, request).await.unwrap();

    let added = json!({ "ResourceArn": ARN, "Tags": [tag("k", "w"), tag("a", "")] });
    let answer = tags::add(app, ada, added).await.unwrap();
    let both = json!({ "Tags": [tag("a", ""), tag("k", "w")] });
    assert_eq!(answer, both);
    let of_model = json!({ "ResourceArn": ARN });
    assert_eq!(tags::list(app, ada, of_model.clone()).await.unwrap(), both);

    let gone = json!({ "ResourceArn": ARN, "TagKeys": ["a", "never"] });
    tags::delete(app, ada, gone).await.unwrap();
    let one = json!({ "Tags": [tag("k", "w")] });
    assert_eq!(tags::list(app, ada, of_model.clone()).await.unwrap(), one);

    model::delete(app, ada, json!({ "ModelName": "m" }))
        .await
        .unwrap();
    assert_eq!(
        missing(tags::list(app, ada, of_model.clone()).await),
        "model m"
    );
    model::create(app, ada, server::model("m")).await.unwrap();
    let none = json!({ "Tags": [] });
    assert_eq!(tags::list(app, ada, of_model).await.unwrap(), none);
}

#[tokio::test]
async fn a_resource_has_at_most_fifty_tags() {
    let Server { app, ada, .. } = &Server::start().await;
    model::create(app, ada, server::model("m")).await.unwrap();
    let many: Vec<Value> = (0..50).map(|n| tag(&format!("k{n:02}"), "v")).collect();
    let request = json!({ "ResourceArn": ARN, "Tags": many });
    tags::add(app, ada, request.clone()).await.unwrap();
    tags::add(app, ada, request).await.unwrap();
    let one_more = json!({ "ResourceArn": ARN, "Tags": [tag("k50", "v")] });
    let refused = tags::add(app, ada, one_more).await;
    assert!(matches!(refused, Err(Fault::Limit { .. })), "{refused:?}");
    let listed = tags::list(app, ada, json!({ "ResourceArn": ARN }))
        .await
        .unwrap();
    assert_eq!(listed["Tags"].as_array().unwrap().len(), 50);
    assert_eq!(listed.get("NextToken"), None);
}

#[tokio::test]
async fn a_tag_needs_a_resource_and_a_key_of_the_callers() {
    let Server { app, ada, .. } = &Server::start().await;
    model::create(app, ada, server::model("m")).await.unwrap();
    let at = |arn: &str| json!({ "ResourceArn": arn, "Tags": [tag("k", "v")] });
    let nowhere = "arn:aws:sagemaker:us-west-2:111122223333:model/n";
    assert_eq!(missing(tags::add(app, ada, at(nowhere)).await), "model n");
    let unknown = "arn:aws:sagemaker:us-west-2:111122223333:notebook/n";
    invalid(tags::add(app, ada, at(unknown)).await);
    let ours = json!({ "ResourceArn": ARN, "Tags": [tag("aws:k", "v")] });
    invalid(tags::add(app, ada, ours).await);
    let mut twice = server::model("n");
    twice["Tags"] = json!([tag("k", "1"), tag("k", "2")]);
    invalid(model::create(app, ada, twice).await);
}
