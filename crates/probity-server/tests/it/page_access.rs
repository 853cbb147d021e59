//! The dashboard for a user who may only read: every page is shown, nothing is offered that would
//! be refused, and what is asked for all the same is refused and changes nothing.

use probity_app::job_definition::model_quality;
use probity_app::monitoring_execution::{EndedExecution, finish, run_now};
use probity_app::session::{self, NewLink};
use probity_app::{Access, Caller, endpoint, endpoint_config, monitoring_schedule};
use probity_domain::document::execution::ExecutionBody;
use probity_domain::resource::ExecutionEnd;
use probity_server::{Authentication, Limits};
use probity_store::audit;
use probity_store::user::{self, NewKey, User};
use serde_json::{Value, json};

use crate::client::{DOMAIN, Running, SECRET};
use crate::pages::Browser;

fn caller(name: &str, access: Access) -> Caller {
    Caller {
        user: name.to_owned(),
        access,
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        request_id: "r".to_owned(),
    }
}

/// A user, and a browser that is signed in by a link.
pub(crate) async fn browser<'a>(server: &'a Running, name: &str, access: Access) -> Browser<'a> {
    let mut unit = server.app.store.begin().await.unwrap();
    let row = User {
        name: name.to_owned(),
        access: access.as_str().to_owned(),
        created_ms: 1,
        disabled_ms: None,
    };
    user::create(&mut unit, &row).await.unwrap();
    let key = NewKey {
        id: &name.to_uppercase(),
        user: name,
        secret: SECRET,
        at_ms: 1,
    };
    user::create_key(&mut unit, &server.app.vault, &key)
        .await
        .unwrap();
    unit.commit().await.unwrap();
    let mut browser = Browser::of(server);
    let link = link(server, &caller("operator", Access::Administrator), name).await;
    let entered = browser.get(&link.unwrap()).await;
    assert_eq!(entered.status, 303, "{}", entered.body);
    browser
}

async fn link(server: &Running, maker: &Caller, name: &str) -> Result<String, probity_app::Fault> {
    let link = NewLink {
        user: name,
        expires_ms: server.app.clock.now_ms() + 60_000,
    };
    let token = session::create_link(&server.app, maker, link).await?;
    Ok(format!("/sign-in?token={}", token.as_str()))
}

fn definition() -> Value {
    json!({
        "JobDefinitionName": "d",
        "ModelQualityAppSpecification": {
            "ImageUri": "1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer",
            "ProblemType": "Regression",
        },
        "ModelQualityJobInput": {
            "EndpointInput": {
                "EndpointName": "e", "LocalPath": "/opt/ml/processing/input",
                "InferenceAttribute": "0",
            },
            "GroundTruthS3Input": { "S3Uri": "s3://b/labels" },
        },
        "ModelQualityJobOutputConfig": { "MonitoringOutputs": [{ "S3Output": {
            "S3Uri": "s3://b/results", "LocalPath": "/opt/ml/processing/output",
        } }] },
        "JobResources": { "ClusterConfig": {
            "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20,
        } },
        "RoleArn": ROLE,
    })
}

/// A model with a card, and a monitor of its quality that is in alert.
async fn watched(server: &Running) {
    let (app, ada) = (&server.app, &caller("ada", Access::Administrator));
    let model = json!({
        "ModelName": "m",
        "PrimaryContainer": { "Image": "i", "ModelDataUrl": "s3://b/model.tar.gz" },
        "ExecutionRoleArn": ROLE,
    });
    probity_app::model::create(app, ada, model).await.unwrap();
    let card = json!({
        "ModelCardName": "c", "ModelCardStatus": "PendingReview",
        "Content": json!({ "model_overview": { "model_id": ada.arn("model/m").to_string() } })
            .to_string(),
    });
    probity_app::model_card::create(app, ada, card)
        .await
        .unwrap();
    let config = json!({
        "EndpointConfigName": "ec",
        "ProductionVariants": [{ "VariantName": "a", "ModelName": "m" }],
    });
    endpoint_config::create(app, ada, config).await.unwrap();
    let named = json!({ "EndpointName": "e", "EndpointConfigName": "ec" });
    endpoint::create(app, ada, named).await.unwrap();
    endpoint::finish(app, &ada.region, "e", &endpoint::Prepared::Ready)
        .await
        .unwrap();
    model_quality::create(app, ada, definition()).await.unwrap();
    let schedule = json!({
        "MonitoringScheduleName": "s",
        "MonitoringScheduleConfig": {
            "ScheduleConfig": { "ScheduleExpression": "cron(0 * ? * * *)" },
            "MonitoringJobDefinitionName": "d",
            "MonitoringType": "ModelQuality",
        },
    });
    monitoring_schedule::create(app, ada, schedule)
        .await
        .unwrap();
    let ended = EndedExecution {
        end: ExecutionEnd::CompletedWithViolations,
        exit_message: None,
        failure_reason: None,
        violations: Some(1),
        metrics: Vec::new(),
        intervals: Vec::new(),
        found: ExecutionBody::default(),
        jobs: Vec::new(),
    };
    let id = run_now(app, ada, ("s", Some((0, 3_600_000))))
        .await
        .unwrap();
    finish(app, &id, ended).await.unwrap();
}

const ROLE: &str = "arn:aws:iam::111122223333:role/service-role/Governor";

/// Pages, each with a text that it shows.
const PAGES: [(&str, &str); 9] = [
    ("/cards", "c"),
    ("/cards/c", "c"),
    ("/cards/c/versions/1", "c"),
    ("/cards/c/review", "c"),
    ("/dashboard", "m"),
    ("/models/m", "Monitors"),
    ("/monitors/s", "In alert since"),
    ("/activity", "ada"),
    ("/dashboard.csv", "m,"),
];

/// Where forms go that change nothing but what the user sees.
const OWN: [&str; 3] = ["/logout", "/theme", "/dashboard/views"];

/// Where the forms of a page are sent.
fn targets(page: &str) -> Vec<String> {
    let forms = page.split("<form ").skip(1);
    let posted = forms.filter(|form| {
        let tag = form.split('>').next().unwrap();
        tag.contains("method=\"post\"")
    });
    posted
        .map(|form| {
            let (_, action) = form.split_once("action=\"").unwrap();
            action.split(['"', '?']).next().unwrap().to_owned()
        })
        .collect()
}

#[tokio::test]
async fn a_reader_sees_every_page_and_is_offered_nothing_that_would_be_refused() {
    let server = Running::start(Limits::default()).await;
    watched(&server).await;
    let mut reader = browser(&server, "bob", Access::ReadOnly).await;
    let mut writer = browser(&server, "eve", Access::Administrator).await;
    let mut offered = Vec::new();
    for (path, text) in PAGES {
        let page = reader.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        assert!(page.body.contains(text), "{path}: {}", page.body);
        for target in targets(&page.body) {
            assert!(OWN.contains(&target.as_str()), "{path} offers {target}");
        }
        offered.extend(targets(&writer.get(path).await.body));
    }
    // Who may do it is offered it.
    assert!(offered.iter().any(|target| target == "/monitors/s"));
}

#[tokio::test]
async fn what_a_reader_asks_for_all_the_same_is_refused_and_changes_nothing() {
    let server = Running::start(Limits::default()).await;
    watched(&server).await;
    let mut reader = browser(&server, "bob", Access::ReadOnly).await;
    let key = reader.form_key("/dashboard").await;
    let before = reader.get("/monitors/s").await.body;
    for (form, typed) in [
        ("do=run", None),
        ("do=acknowledge&alert=Default&reason=known", Some("known")),
        ("do=silence&reason=quiet&hours=1", Some("quiet")),
    ] {
        let form = format!("form_key={key}&{form}");
        let refused = reader.post("/monitors/s", &form).await;
        assert_eq!(refused.status, 403, "{form}: {}", refused.body);
        assert!(refused.body.contains("bob"), "{}", refused.body);
        // What was typed is kept, and not offered to be sent once more.
        let has = |text: &str| refused.body.contains(text);
        assert!(!has("Send it once more"), "{}", refused.body);
        assert_eq!(has("What you typed"), typed.is_some(), "{}", refused.body);
        if let Some(typed) = typed {
            assert!(has(&format!("\n{typed}</textarea>")), "{}", refused.body);
        }
    }
    let after = reader.get("/monitors/s").await.body;
    for text in ["Seen by", "Nobody is notified until", "asked for"] {
        assert_eq!(before.contains(text), after.contains(text), "{text}");
    }
    let rows = |page: &str| page.matches("id=\"run-").count();
    assert_eq!(rows(&before), rows(&after));
    // The same forms of somebody who may.
    let mut writer = browser(&server, "eve", Access::Administrator).await;
    let key = writer.form_key("/dashboard").await;
    for (form, text) in [
        ("do=acknowledge&alert=Default&reason=known", "Seen by"),
        (
            "do=silence&reason=quiet&hours=1",
            "Nobody is notified until",
        ),
    ] {
        let form = format!("form_key={key}&{form}");
        let done = writer.post("/monitors/s", &form).await;
        assert_eq!(done.status, 303, "{form}");
        assert!(
            writer.get("/monitors/s").await.body.contains(text),
            "{text}"
        );
    }
    let page = writer.get("/monitors/s").await.body;
    let silence = page.split_once("name=\"silence\" value=\"").unwrap().1;
    let silence = silence.split('"').next().unwrap();
    let form = format!("form_key={key}&do=lift&silence={silence}&reason=mended");
    assert_eq!(writer.post("/monitors/s", &form).await.status, 303);
    let page = writer.get("/monitors/s").await.body;
    assert!(!page.contains("Nobody is notified until"), "{page}");
    assert_eq!(writer.post("/monitors/s", &form).await.status, 404);
    let form = format!("form_key={key}&do=run");
    assert_eq!(writer.post("/monitors/s", &form).await.status, 303);
    assert_eq!(
        rows(&writer.get("/monitors/s").await.body),
        rows(&before) + 1
    );
}

#[tokio::test]
async fn a_reader_keeps_views_of_their_own() {
    let server = Running::start(Limits::default()).await;
    watched(&server).await;
    let mut reader = browser(&server, "bob", Access::ReadOnly).await;
    let mut writer = browser(&server, "eve", Access::Administrator).await;
    let key = reader.form_key("/dashboard").await;
    let form = format!("form_key={key}&name=bobs-view&query=q%3Dm");
    assert_eq!(reader.post("/dashboard/views", &form).await.status, 303);
    assert!(reader.get("/dashboard").await.body.contains("bobs-view"));
    assert!(!writer.get("/dashboard").await.body.contains("bobs-view"));
    let form = format!("form_key={key}&delete=bobs-view");
    assert_eq!(reader.post("/dashboard/views", &form).await.status, 303);
    assert!(!reader.get("/dashboard").await.body.contains("bobs-view"));
}

#[tokio::test]
async fn a_reader_makes_no_link_that_signs_anybody_in() {
    let server = Running::start(Limits::default()).await;
    let mut reader = browser(&server, "bob", Access::ReadOnly).await;
    let made = link(&server, &caller("bob", Access::ReadOnly), "bob").await;
    assert!(matches!(made, Err(probity_app::Fault::Denied { .. })));
    // A link does not make more of the user than they are.
    let own = link(&server, &caller("ada", Access::Administrator), "bob").await;
    assert_eq!(reader.get(&own.unwrap()).await.status, 303);
    assert!(reader.get("/dashboard").await.body.contains("read-only"));
}

#[tokio::test]
async fn who_looks_whether_a_link_is_there_does_not_use_it_up() {
    let server = Running::start(Limits::default()).await;
    let mut known = browser(&server, "bob", Access::ReadOnly).await;
    let path = link(&server, &caller("ada", Access::Administrator), "bob")
        .await
        .unwrap();
    let mut other = Browser::of(&server);
    for browser in [&mut known, &mut other] {
        let head = format!("HEAD {path} HTTP/1.1\r\n");
        assert_eq!(browser.send(&head, "").await.status, 303);
    }
    assert_eq!(other.get("/dashboard").await.status, 303, "to the sign-in");
    assert_eq!(other.get(&path).await.status, 303);
    assert_eq!(other.get("/dashboard").await.status, 200);
}

#[tokio::test]
async fn the_event_of_a_link_is_about_whom_it_signs_in() {
    let server = Running::start(Limits::default()).await;
    let _ = browser(&server, "bob", Access::ReadOnly).await;
    let wanted = audit::ListEvents {
        resource_arn: Some("arn:aws:iam::111122223333:user/bob".to_owned()),
        action: Some("probity:CreateSignInLink".to_owned()),
        limit: 10,
        ..audit::ListEvents::default()
    };
    let found = audit::list(&server.app.store, &wanted).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].event.actor, "operator");
}

#[tokio::test]
async fn a_server_that_asks_for_no_key_is_not_read_by_a_name_of_another_site() {
    let server = Running::with(Limits::default(), Authentication::None).await;
    let asked = async |host: &str, request: &str| {
        let request = format!("{request}\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        server.send(request.as_bytes()).await
    };
    let page = "GET /dashboard HTTP/1.1\r\nAccept: text/html";
    let verb = "POST / HTTP/1.1\r\nX-Amz-Target: SageMaker.ListModels\r\n\
                Content-Type: application/x-amz-json-1.1\r\nContent-Length: 0";
    for request in [
        page,
        verb,
        "GET /metrics HTTP/1.1",
        "GET /bucket/key HTTP/1.1",
    ] {
        let refused = asked("rebound.example:8420", request).await;
        assert_eq!(refused.status, 403, "{request}: {}", refused.body);
        assert!(refused.body.contains("rebound.example"), "{}", refused.body);
    }
    for host in ["localhost:8420", "127.0.0.1", DOMAIN] {
        assert_eq!(asked(host, page).await.status, 200, "{host}");
        assert_eq!(asked(host, verb).await.status, 200, "{host}");
    }
    // Where everybody shows a key, names are nobody's secret.
    let server = Running::start(Limits::default()).await;
    let request = format!("{page}\r\nHost: any.example\r\nConnection: close\r\n\r\n");
    assert_eq!(server.send(request.as_bytes()).await.status, 303);
}
