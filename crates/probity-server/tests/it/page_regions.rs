//! Pages of a server that knows several regions: an address means the same after another region
//! came, and a form does what its page showed.

use std::sync::Arc;

use probity_app::{Access, App, Caller, Clock, model, model_card};
use serde_json::json;

use crate::client::{NOW_MS, Running};
use crate::page_access::browser;
use crate::pages::{alice, server};

fn at(region: &str) -> Caller {
    Caller {
        region: region.to_owned(),
        access: Access::Administrator,
        ..alice()
    }
}

/// An hour after everything else.
#[derive(Debug)]
struct Later;

impl Clock for Later {
    fn now_ms(&self) -> i64 {
        NOW_MS + 3_600_000
    }
}

async fn card(app: &App, region: &str) {
    let input = json!({
        "ModelCardName": "twin",
        "ModelCardStatus": "PendingReview",
        "Content": json!({ "model_overview": { "model_owner": region } }).to_string(),
    });
    model_card::create(app, &at(region), input).await.unwrap();
}

async fn status(server: &Running, region: &str) -> String {
    let wanted = json!({ "ModelCardName": "twin" });
    let card = model_card::describe(&server.app, &at(region), wanted)
        .await
        .unwrap();
    card["ModelCardStatus"].as_str().unwrap().to_owned()
}

/// The value of a hidden field.
fn hidden<'a>(page: &'a str, name: &str) -> &'a str {
    let field = format!("name=\"{name}\" value=\"");
    let (_, rest) = page.split_once(&field).unwrap();
    rest.split_once('"').unwrap().0
}

#[tokio::test]
async fn a_card_is_found_where_there_is_no_model() {
    let server = server().await;
    card(&server.app, "us-west-2").await;
    let mut browser = browser(&server, "ann", Access::Administrator).await;
    assert!(browser.get("/cards").await.body.contains("twin"));
}

#[tokio::test]
async fn a_new_server_shows_what_the_shell_makes() {
    let server = server().await;
    let mut browser = browser(&server, "ann", Access::Administrator).await;
    let page = browser.get("/cards/new").await.body;
    assert_eq!(hidden(&page, "region"), probity_server::DEFAULT_REGION);
}

#[tokio::test]
async fn a_form_does_what_its_page_showed_whatever_came_since() {
    let server = server().await;
    card(&server.app, "us-west-2").await;
    let mut browser = browser(&server, "ann", Access::Administrator).await;
    let page = browser.get("/cards/twin/review").await.body;
    assert!(page.contains("us-west-2"), "{page}");
    let (key, region) = (hidden(&page, "form_key"), hidden(&page, "region"));
    assert_eq!(region, "us-west-2");
    let form = format!("form_key={key}&region={region}&to=Approved&expected=1&comment=fine");
    let unnamed = format!("form_key={key}&to=Approved&expected=1&comment=fine");
    let later = App {
        clock: Arc::new(Later),
        ..server.app.clone()
    };
    card(&later, "eu-west-1").await;
    let model = json!({
        "ModelName": "m",
        "PrimaryContainer": { "Image": "i", "ModelDataUrl": "s3://b/model.tar.gz" },
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/r",
    });
    model::create(&later, &at("eu-west-1"), model)
        .await
        .unwrap();
    // The address means what it meant.
    let page = browser.get("/cards/twin/review").await.body;
    assert_eq!(hidden(&page, "region"), "us-west-2");
    assert!(page.contains("region=us-west-2"), "{page}");
    let refused = browser.post("/cards/twin/review", &unnamed).await;
    assert_eq!(refused.status, 400, "{}", refused.body);
    assert_eq!(status(&server, "us-west-2").await, "PendingReview");
    let done = browser.post("/cards/twin/review", &form).await;
    assert_eq!(done.status, 303, "{}", done.body);
    assert_eq!(status(&server, "us-west-2").await, "Approved");
    assert_eq!(status(&server, "eu-west-1").await, "PendingReview");
    // A form of the other region's page.
    let page = browser
        .get("/cards/twin/review?region=eu-west-1")
        .await
        .body;
    assert_eq!(hidden(&page, "region"), "eu-west-1");
}
