//! The dashboard as a browser meets it: who comes in, what every answer is bound by, and that
//! nothing that users wrote becomes markup.

use std::fmt::Write as _;

use probity_app::session::{self, NewLink};
use probity_app::{Access, Caller};
use probity_server::{Authentication, Limits};
use probity_store::user::{self, NewKey, User};
use serde_json::{Value, json};

use crate::client::{Reply, Running, SECRET};

/// A browser: it keeps its cookies.
pub(crate) struct Browser<'a> {
    server: &'a Running,
    cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    pub(crate) fn of(server: &'a Running) -> Browser<'a> {
        Browser {
            server,
            cookies: Vec::new(),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.send(&format!("GET {path} HTTP/1.1\r\n"), "").await
    }

    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Reply {
        let start =
            format!("POST {path} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n");
        self.send(&start, body).await
    }

    pub(crate) async fn send(&mut self, start: &str, body: &str) -> Reply {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let mut request = format!(
            "{start}Host: localhost\r\nAccept: text/html\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        if !cookies.is_empty() {
            let _ = write!(request, "Cookie: {}\r\n", cookies.join("; "));
        }
        let reply = self
            .server
            .send(format!("{request}\r\n{body}").as_bytes())
            .await;
        for line in reply.head.lines() {
            let Some(cookie) = line.strip_prefix("set-cookie: ") else {
                continue;
            };
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        reply
    }

    /// The key that the forms of a page carry.
    pub(crate) async fn form_key(&mut self, path: &str) -> String {
        let page = self.get(path).await.body;
        let (_, rest) = page.split_once("name=\"form_key\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    pub(crate) async fn log_in(&mut self, secret: &str) -> Reply {
        self.log_in_as("ADMIN", secret).await
    }

    pub(crate) async fn log_in_as(&mut self, access_key_id: &str, secret: &str) -> Reply {
        let key = self.form_key("/login").await;
        let secret = secret.replace('/', "%2F");
        let form =
            format!("form_key={key}&access_key_id={access_key_id}&secret_access_key={secret}");
        self.post("/login", &form).await
    }
}

/// With `alice` and her key in the store, where sessions look them up.
pub(crate) async fn server() -> Running {
    let server = Running::start(Limits::default()).await;
    let mut unit = server.app.store.begin().await.unwrap();
    let alice = User {
        name: "alice".to_owned(),
        access: "administrator".to_owned(),
        created_ms: 1,
        disabled_ms: None,
    };
    user::create(&mut unit, &alice).await.unwrap();
    let key = NewKey {
        id: "ADMIN",
        user: "alice",
        secret: SECRET,
        at_ms: 1,
    };
    user::create_key(&mut unit, &server.app.vault, &key)
        .await
        .unwrap();
    unit.commit().await.unwrap();
    server
}

pub(crate) fn alice() -> Caller {
    Caller {
        user: "alice".to_owned(),
        access: Access::Administrator,
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        request_id: "r".to_owned(),
    }
}

#[tokio::test]
async fn no_page_is_shown_without_a_login() {
    let server = server().await;
    let mut browser = Browser::of(&server);
    for path in ["/", "/dashboard", "/dashboard.csv"] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, 303, "{path}");
        assert!(reply.head.contains("location: /login"), "{}", reply.head);
    }
    let reply = browser.post("/dashboard/views", "name=x&query=").await;
    assert_eq!(reply.status, 403);
}

#[tokio::test]
async fn a_key_signs_in_and_signing_out_ends_it() {
    let server = server().await;
    let mut browser = Browser::of(&server);
    let reply = browser.log_in(SECRET).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let cookie = reply
        .head
        .lines()
        .find(|line| line.contains("probity_session"))
        .unwrap();
    assert!(cookie.contains("httponly; samesite=strict"), "{cookie}");
    assert!(!cookie.contains("; secure"), "{cookie}");
    let page = browser.get("/dashboard").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("No models yet"), "{}", page.body);
    let kept = browser.cookies.clone();
    let key = browser.form_key("/dashboard").await;
    let out = browser.post("/logout", &format!("form_key={key}")).await;
    assert_eq!(out.status, 303);
    // Also for who kept the cookie.
    browser.cookies = kept;
    assert_eq!(browser.get("/dashboard").await.status, 303);
}

#[tokio::test]
async fn a_wrong_secret_is_refused_and_then_nothing_is_tried() {
    let server = server().await;
    let mut browser = Browser::of(&server);
    for _ in 0..5 {
        let reply = browser.log_in("wrong").await;
        assert_eq!(reply.status, 403);
        assert!(reply.body.contains("no such key with this secret"));
    }
    let reply = browser.log_in(SECRET).await;
    assert_eq!(reply.status, 429);
    assert!(reply.head.contains("retry-after:"), "{}", reply.head);
}

#[tokio::test]
async fn forms_of_others_are_refused() {
    let server = server().await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    for form in ["", "form_key=0", "form_key=&theme=dark"] {
        assert_eq!(browser.post("/logout", form).await.status, 403, "{form}");
    }
    let key = browser.form_key("/dashboard").await;
    let start = "POST /logout HTTP/1.1\r\nSec-Fetch-Site: cross-site\r\n\
                 Content-Type: application/x-www-form-urlencoded\r\n";
    let reply = browser.send(start, &format!("form_key={key}")).await;
    assert_eq!(reply.status, 403);
    assert_eq!(browser.get("/dashboard").await.status, 200);
}

#[tokio::test]
async fn a_session_ends_with_its_time_its_key_and_its_user() {
    let server = server().await;
    let app = &server.app;
    // The real clock of the server stands at its start; a session that began a day before is over.
    let now_ms = app.clock.now_ms();
    let old = session::begin(app, &alice(), "ADMIN", now_ms - 86_400_000)
        .await
        .unwrap();
    let mut browser = Browser::of(&server);
    browser.cookies = vec![("probity_session".to_owned(), old.as_str().to_owned())];
    assert_eq!(browser.get("/dashboard").await.status, 303);
    let good = session::begin(app, &alice(), "ADMIN", now_ms)
        .await
        .unwrap();
    browser.cookies = vec![("probity_session".to_owned(), good.as_str().to_owned())];
    assert_eq!(browser.get("/dashboard").await.status, 200);
    let mut unit = app.store.begin().await.unwrap();
    user::revoke_key(&mut unit, "ADMIN", now_ms).await.unwrap();
    unit.commit().await.unwrap();
    assert_eq!(browser.get("/dashboard").await.status, 303);
}

#[tokio::test]
async fn a_link_signs_in_once() {
    let server = server().await;
    let link = NewLink {
        user: "alice",
        expires_ms: server.app.clock.now_ms() + 60_000,
    };
    let token = session::create_link(&server.app, &alice(), link)
        .await
        .unwrap();
    let path = format!("/sign-in?token={}", token.as_str());
    let mut browser = Browser::of(&server);
    assert_eq!(browser.get(&path).await.status, 303);
    assert_eq!(browser.get("/dashboard").await.status, 200);
    let mut other = Browser::of(&server);
    let reply = other.get(&path).await;
    assert_eq!(reply.status, 403);
    assert!(reply.body.contains("used already"), "{}", reply.body);
    assert_eq!(other.get("/dashboard").await.status, 303);
}

#[tokio::test]
async fn every_page_is_bound_by_a_strict_policy() {
    let server = server().await;
    let mut browser = Browser::of(&server);
    let mut replies = vec![browser.get("/login").await];
    browser.log_in(SECRET).await;
    replies.push(browser.get("/dashboard").await);
    replies.push(browser.get("/dashboard.csv").await);
    for reply in &replies {
        assert!(
            reply
                .head
                .contains("content-security-policy: default-src 'none'")
        );
        assert!(!reply.head.contains("unsafe-inline"));
        for header in [
            "x-frame-options: deny",
            "x-content-type-options: nosniff",
            "referrer-policy: same-origin",
            "cache-control: no-store",
        ] {
            assert!(reply.head.contains(header), "{header}: {}", reply.head);
        }
        assert!(!reply.body.contains(" style="), "inline styles are refused");
        assert!(
            !reply.body.contains("<script>"),
            "inline scripts are refused"
        );
    }
    let page = &replies[0].body;
    let (_, rest) = page.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let path = rest.split('"').next().unwrap();
    let sheet = browser.get(path).await;
    assert_eq!(sheet.status, 200);
    assert!(sheet.head.contains("immutable"), "{}", sheet.head);
    assert!(sheet.head.contains("content-type: text/css"));
}

#[tokio::test]
async fn a_server_without_signatures_shows_its_pages_to_everybody() {
    let server = Running::with(Limits::default(), Authentication::None).await;
    let mut browser = Browser::of(&server);
    let page = browser.get("/dashboard").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("No sign-in"));
    // Another site's form is refused there as well.
    let reply = browser.post("/dashboard/views", "name=x&query=").await;
    assert_eq!(reply.status, 403);
}

pub(crate) const HOSTILE: &str = "\"><script>alert(1)</script>&amp;'";

async fn call(server: &Running, verb: &str, input: Value) {
    let (app, caller) = (&server.app, &alice());
    let done = match verb {
        "card" => probity_app::model_card::create(app, caller, input).await,
        _ => probity_app::model::create(app, caller, input).await,
    };
    done.unwrap();
}

pub(crate) async fn with_models(server: &Running, count: usize) {
    for number in 0..count {
        let name = format!("model-{number:04}");
        let input = json!({
            "ModelName": name,
            "PrimaryContainer": { "Image": "i", "ModelDataUrl": "s3://b/model.tar.gz" },
            "ExecutionRoleArn": "arn:aws:iam::111122223333:role/r",
        });
        call(server, "model", input).await;
        let content = json!({
            "model_overview": { "model_id": name, "model_owner": HOSTILE },
            "intended_uses": { "risk_rating": "High" },
        });
        let input = json!({
            "ModelCardName": format!("card-{number:04}"),
            "ModelCardStatus": "Draft",
            "Content": content.to_string(),
        });
        call(server, "card", input).await;
    }
}

#[tokio::test]
async fn what_users_wrote_is_text_everywhere() {
    let server = server().await;
    with_models(&server, 1).await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let key = browser.form_key("/dashboard").await;
    let name = "%22%3E%3Cscript%3Ealert%281%29%3C%2Fscript%3E";
    let form = format!("form_key={key}&name={name}&query=q%3D{name}");
    assert_eq!(browser.post("/dashboard/views", &form).await.status, 303);
    for path in [
        "/dashboard".to_owned(),
        format!("/dashboard?q={name}&sort={name}&monitor={name}&region={name}"),
        format!("/login?next=%2F{name}"),
        "/nothing-like-this".to_owned(),
    ] {
        let page = browser.get(&path).await;
        assert!(
            !page.body.contains("<script>alert"),
            "{path}: {}",
            page.body
        );
    }
    let page = browser.get("/dashboard").await;
    assert!(
        page.body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn a_model_has_a_page_that_says_what_is_missing() {
    let server = server().await;
    with_models(&server, 1).await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let page = browser.get("/models/model-0000").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("Nowhere: no endpoint serves it"));
    assert!(
        page.body.contains("&lt;script&gt;alert(1)"),
        "the owner is shown as text"
    );
    assert!(!page.body.contains("<script>alert"));
    let missing = browser.get("/models/%3Cb%3E").await;
    assert_eq!(missing.status, 404);
    assert!(
        missing.body.contains("&lt;b&gt;") && !missing.body.contains("<b>&"),
        "{}",
        missing.body
    );
    assert!(
        missing.body.contains("Request"),
        "the id to tell is on the page"
    );
    assert_eq!(browser.get("/monitors/none").await.status, 404);
}

/// An evaluation that says to be from this report.
fn bound(name: &str, report: (&str, &str), metric: f64) -> Value {
    let (uri, text) = report;
    let hash = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let hash: String = hash
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    json!({
        "name": name,
        "metric_groups": [metric_group(metric)],
        "metadata": { "probity:report": uri, "probity:sha256": hash },
    })
}

fn metric_group(value: f64) -> Value {
    json!({"name": "g", "metric_data": [{"name": "m", "type": "number", "value": value}]})
}

#[tokio::test]
async fn the_page_of_a_model_reads_the_reports_of_its_card() {
    let server = server().await;
    let policy = "[card]\nevidence = \"bound\"\n";
    let policy = probity_domain::document::governance_policy::GovernancePolicy::from_toml(policy);
    server.app.policy.set(policy.unwrap());
    let report = json!({ "metric_groups": [metric_group(0.5)] }).to_string();
    server.put(("reports", "kept.json"), &report);
    let kept = "s3://reports/kept.json";
    with_models(&server, 1).await;
    let evaluations = |value: f64, place: &str| {
        json!({
            "model_overview": { "model_id": "model-0000" },
            "evaluation_details": [bound("quality", (place, &report), value)],
        })
        .to_string()
    };
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    for (value, place, said, finds) in [
        (0.5, kept, "Verified, current", false),
        (0.9, kept, "are not those of the report", true),
        (0.5, "s3://reports/gone.json", "Nothing lies at", true),
    ] {
        let input = json!({"ModelCardName": "card-0000", "Content": evaluations(value, place)});
        probity_app::model_card::update(&server.app, &alice(), input)
            .await
            .unwrap();
        let page = browser.get("/models/model-0000").await;
        assert!(page.body.contains(said), "{said}: {}", page.body);
        assert_eq!(
            page.body.contains("The policy of this workspace finds"),
            finds,
            "{said}"
        );
    }
}

#[tokio::test]
async fn the_page_of_a_model_says_who_approved_it() {
    let server = server().await;
    let policy = "[card]\nexpires_after = \"60d\"\n";
    let policy = probity_domain::document::governance_policy::GovernancePolicy::from_toml(policy);
    server.app.policy.set(policy.unwrap());
    with_models(&server, 2).await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let page = browser.get("/models/model-0000").await.body;
    assert!(page.contains("Not approved"), "{page}");
    for status in ["PendingReview", "Approved"] {
        let input = json!({ "ModelCardName": "card-0000", "ModelCardStatus": status });
        probity_app::model_card::update(&server.app, &alice(), input)
            .await
            .unwrap();
    }
    let page = browser.get("/models/model-0000").await.body;
    assert!(page.contains("Approved by alice, "), "{page}");
    assert!(page.contains(", until <time"), "{page}");
    let (_, rest) = page.split_once("/activity?about=").unwrap();
    let (about, rest) = rest.split_once('"').unwrap();
    assert!(rest.starts_with(">All activity of this model"), "{page}");
    let activity = browser.get(&format!("/activity?about={about}")).await.body;
    assert!(activity.contains("model/model-0000"), "{activity}");
    assert!(!activity.contains("model-0001"), "{activity}");
}

#[tokio::test]
async fn what_was_done_is_filtered_and_read_in_pages() {
    let server = server().await;
    with_models(&server, 30).await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let page = browser.get("/activity").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("signed in"), "signing in is an event");
    assert!(page.body.contains("rel=\"next\""));
    assert!(page.body.len() < 150_000, "{} bytes", page.body.len());
    let about = browser.get("/activity?what=sagemaker%3ACreateModel").await;
    assert!(about.body.contains("model/model-0029") && !about.body.contains("model-card/"));
    let none = browser.get("/activity?who=nobody").await;
    assert!(none.body.contains("Nothing like this was done"));
}

#[tokio::test]
async fn nothing_has_a_nul_in_its_name() {
    let server = server().await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    for path in [
        "/models/%00",
        "/models/a%00b",
        "/monitors/%00",
        "/cards/%00",
    ] {
        assert_eq!(browser.get(path).await.status, 404, "{path}");
    }
    let about = browser.get("/activity?who=a%00b").await;
    assert_eq!(about.status, 200);
    assert!(!about.body.contains('\0'));
}

#[tokio::test]
async fn a_page_of_many_models_is_small() {
    let server = server().await;
    with_models(&server, 60).await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let page = browser.get("/dashboard").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("1–40"), "{}", page.body);
    assert!(page.body.len() < 150_000, "{} bytes", page.body.len());
    let second = browser.get("/dashboard?sort=name&page=2").await;
    assert!(second.body.contains("/models/model-0059"));
    assert!(!second.body.contains("/models/model-0001"));
    let file = browser.get("/dashboard.csv?sort=name").await;
    assert_eq!(
        file.body
            .lines()
            .filter(|line| line.starts_with("model-"))
            .count(),
        60
    );
}

#[tokio::test]
async fn filters_and_views_stand_in_the_address() {
    let server = server().await;
    with_models(&server, 3).await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let found = browser.get("/dashboard?q=0002&risk=High").await;
    assert!(found.body.contains("/models/model-0002"));
    assert!(!found.body.contains("/models/model-0001"));
    let none = browser.get("/dashboard?risk=Low").await;
    assert!(none.body.contains("No model is like this"));
    let beyond = browser.get("/dashboard?page=9").await;
    assert!(
        beyond.body.contains("There is no such page") && beyond.body.contains("3 models"),
        "{}",
        beyond.body
    );
    let owned = browser.get("/dashboard?owner=nobody").await;
    assert!(owned.body.contains("No model is like this") && owned.body.contains("Owner: nobody"));
    let by_name = browser.get("/dashboard?sort=name&order=desc").await.body;
    assert!(
        by_name.contains("<option value=\"name-desc\" selected>"),
        "{by_name}"
    );
    let at = |text: &str| by_name.find(text).unwrap();
    assert!(at("/models/model-0002") < at("/models/model-0001"));
    assert!(!by_name.contains("name=\"order\""), "{by_name}");
    // As the button of the form sends it, and the way back.
    let plain = browser.get("/dashboard?q=&risk=High&sort=").await.body;
    assert!(
        plain.contains("<option value=\"\" selected>Attention"),
        "{plain}"
    );
    let key = browser.form_key("/dashboard").await;
    let form = format!("form_key={key}&name=mine&query=q%3D0002%26page%3D7&next=%2Fdashboard");
    assert_eq!(browser.post("/dashboard/views", &form).await.status, 303);
    let page = browser.get("/dashboard").await;
    assert!(
        page.body.contains("href=\"/dashboard?q=0002\""),
        "{}",
        page.body
    );
    let form = format!("form_key={key}&delete=mine&next=%2Fdashboard");
    browser.post("/dashboard/views", &form).await;
    assert!(!browser.get("/dashboard").await.body.contains(">mine<"));
}

#[tokio::test]
async fn the_documentation_is_read_without_signing_in() {
    let server = server().await;
    let mut browser = Browser::of(&server);
    for (path, text) in [
        ("/docs", "Documentation"),
        ("/docs/server", "<h1 id=\"the-server\">"),
        ("/docs?q=silence", "<mark>"),
        ("/docs?q=%3Cscript%3Ezzz", "No page has all of these words"),
    ] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(reply.body.contains(text), "{path}: {}", reply.body);
        assert!(!reply.body.contains("<script>"), "{path}");
        assert!(reply.head.contains("default-src 'none'"), "{}", reply.head);
        assert!(reply.body.len() < 150_000, "{path}: {}", reply.body.len());
    }
    let reply = browser.get("/docs/server.md").await;
    assert!(
        reply.head.contains("location: /docs/server"),
        "{}",
        reply.head
    );
    assert_eq!(browser.get("/docs/nothing").await.status, 404);
    assert_eq!(browser.get("/docs/../etc/passwd").await.status, 404);
    browser.log_in(SECRET).await;
    let page = browser.get("/docs/server").await.body;
    assert!(page.contains("Sign out"), "{page}");
}
