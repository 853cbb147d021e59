//! Lists: order, filters, and pages that survive what comes and goes.

use probity_app::{App, Caller, endpoint_config, model};
use serde_json::{Value, json};

use crate::server::{self, START_MS, Server, invalid, values};

async fn create(app: &App, ada: &Caller, names: &[&str]) {
    for name in names {
        model::create(app, ada, server::model(name)).await.unwrap();
    }
}

async fn names(app: &App, ada: &Caller, request: Value) -> Vec<String> {
    let listed = model::list(app, ada, request).await.unwrap();
    let names = values(&listed, "Models", "ModelName");
    names.into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_newest_comes_first_unless_the_caller_says_otherwise() {
    let Server { app, ada, .. } = &Server::start().await;
    create(app, ada, &["b", "c", "a"]).await;
    for (request, expected) in [
        (json!({}), "acb"),
        (json!({ "SortOrder": "Ascending" }), "bca"),
        (json!({ "SortBy": "Name" }), "cba"),
        (json!({ "SortBy": "Name", "SortOrder": "Ascending" }), "abc"),
        (
            json!({ "SortBy": "CreationTime", "SortOrder": "Descending" }),
            "acb",
        ),
    ] {
        assert_eq!(
            names(app, ada, request.clone()).await.concat(),
            expected,
            "{request}"
        );
    }
}

#[tokio::test]
async fn filters_go_by_name_and_time() {
    let Server { app, ada, .. } = &Server::start().await;
    create(app, ada, &["fraud-1", "Fraud-2", "other"]).await;
    let at = |second: f64| START_MS as f64 / 1000.0 + second;
    for (request, expected) in [
        (json!({ "NameContains": "fraud" }), vec!["fraud-1"]),
        (
            json!({ "NameContains": "raud-" }),
            vec!["Fraud-2", "fraud-1"],
        ),
        (json!({ "NameContains": "%" }), vec![]),
        (
            json!({ "CreationTimeAfter": at(1.0) }),
            vec!["other", "Fraud-2"],
        ),
        (json!({ "CreationTimeBefore": at(1.0) }), vec!["fraud-1"]),
        (
            json!({ "CreationTimeAfter": at(0.5), "CreationTimeBefore": at(1.5) }),
            vec!["Fraud-2"],
        ),
        (
            json!({ "CreationTimeAfter": "2026-11-27T00:00:02Z" }),
            vec!["other"],
        ),
    ] {
        assert_eq!(
            names(app, ada, request.clone()).await,
            expected,
            "{request}"
        );
    }
    invalid(model::list(app, ada, json!({ "CreationTimeAfter": "soon" })).await);
}

#[tokio::test]
async fn a_page_goes_on_where_the_last_one_ended() {
    let Server { app, ada, .. } = &Server::start().await;
    create(app, ada, &["a", "b", "c", "d", "e"]).await;
    let by_name = json!({ "SortBy": "Name", "SortOrder": "Ascending", "MaxResults": 2 });
    let first = model::list(app, ada, by_name.clone()).await.unwrap();
    assert_eq!(values(&first, "Models", "ModelName"), ["a", "b"]);

    // The last item that was shown goes, one before it and one behind it come.
    model::delete(app, ada, json!({ "ModelName": "b" }))
        .await
        .unwrap();
    create(app, ada, &["aa", "bb"]).await;
    let mut request = by_name.clone();
    request["NextToken"] = first["NextToken"].clone();
    request["MaxResults"] = json!(3);
    let second = model::list(app, ada, request.clone()).await.unwrap();
    assert_eq!(values(&second, "Models", "ModelName"), ["bb", "c", "d"]);
    request["NextToken"] = second["NextToken"].clone();
    let third = model::list(app, ada, request).await.unwrap();
    assert_eq!(values(&third, "Models", "ModelName"), ["e"]);
    assert_eq!(third.get("NextToken"), None);
}

#[tokio::test]
async fn a_token_of_another_list_is_refused() {
    let Server { app, ada, .. } = &Server::start().await;
    create(app, ada, &["a", "b"]).await;
    let first = model::list(app, ada, json!({ "MaxResults": 1 }))
        .await
        .unwrap();
    let token = first["NextToken"].as_str().unwrap();
    let with_token = json!({ "NextToken": token });
    assert!(model::list(app, ada, with_token.clone()).await.is_ok());
    invalid(endpoint_config::list(app, ada, with_token).await);
    invalid(model::list(app, ada, json!({ "NextToken": token, "NameContains": "a" })).await);
    invalid(model::list(app, ada, json!({ "NextToken": "AAAA" })).await);
    let empty = model::list(app, ada, json!({ "NextToken": "" }))
        .await
        .unwrap();
    assert_eq!(values(&empty, "Models", "ModelName"), ["b", "a"]);
}

#[tokio::test]
async fn a_page_has_ten_items_where_the_caller_does_not_say() {
    let Server { app, ada, .. } = &Server::start().await;
    let many: Vec<String> = (10..22).map(|number| format!("m{number}")).collect();
    create(
        app,
        ada,
        &many.iter().map(String::as_str).collect::<Vec<_>>(),
    )
    .await;
    assert_eq!(names(app, ada, json!({})).await.len(), 10);
    assert_eq!(
        names(app, ada, json!({ "MaxResults": 100 })).await.len(),
        12
    );
}
