//! Pages of model cards as a browser meets them, without scripts: what they show, who may do what,
//! and that nothing that somebody typed is lost. The client of tests writes heads in small letters.

use probity_app::{Access, Caller, model_card};
use probity_domain::document::governance_policy::GovernancePolicy;
use probity_store::user::{self, NewKey, User};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::client::{Reply, Running, SECRET, SHORT_SECRET};
use crate::pages::{Browser, HOSTILE, alice, server};

const NAME: &str = "credit-approval";

/// Who may only read.
async fn with_bob(server: &Running) {
    let mut unit = server.app.store.begin().await.unwrap();
    let bob = User {
        name: "bob".to_owned(),
        access: "read-only".to_owned(),
        created_ms: 1,
        disabled_ms: None,
    };
    user::create(&mut unit, &bob).await.unwrap();
    let key = NewKey {
        id: "READER",
        user: "bob",
        secret: SHORT_SECRET,
        at_ms: 1,
    };
    user::create_key(&mut unit, &server.app.vault, &key)
        .await
        .unwrap();
    unit.commit().await.unwrap();
}

fn carol() -> Caller {
    Caller {
        user: "carol".to_owned(),
        access: Access::Administrator,
        ..alice()
    }
}

/// With members that the form does not hold.
fn content() -> Value {
    json!({
        "model_package_details": { "domain": "finance" },
        "model_overview": { "model_owner": HOSTILE, "model_description": "Scores applications" },
        "intended_uses": { "purpose_of_model": "Tell who pays back", "risk_rating": "High" },
        "evaluation_details": [{
            "name": HOSTILE,
            "metric_groups": [{ "name": "g", "metric_data": [{ "name": "auc", "type": "number", "value": 0.75 }] }],
        }],
        "additional_information": { "custom_details": { HOSTILE: HOSTILE } },
    })
}

async fn create(server: &Running, name: &str, by: &Caller) {
    let input = json!({
        "ModelCardName": name,
        "ModelCardStatus": "Draft",
        "Content": content().to_string(),
    });
    model_card::create(&server.app, by, input).await.unwrap();
}

async fn edited(server: &Running, by: &Caller, change: impl FnOnce(&mut Value)) {
    let mut content = content();
    change(&mut content);
    let input = json!({
        "ModelCardName": NAME,
        "Content": content.to_string(),
        "Reason": HOSTILE,
    });
    model_card::edit(&server.app, by, input).await.unwrap();
}

async fn latest(server: &Running) -> (i64, Value) {
    let wanted = json!({ "ModelCardName": NAME });
    let card = model_card::describe(&server.app, &alice(), wanted)
        .await
        .unwrap();
    let content = card["Content"].as_str().unwrap();
    (
        card["ModelCardVersion"].as_i64().unwrap(),
        serde_json::from_str(content).unwrap(),
    )
}

/// The fields of the form of a page as a browser without scripts would send them.
fn fields(page: &str) -> Vec<(String, String)> {
    fields_of("editor", page)
}

fn fields_of(class: &str, page: &str) -> Vec<(String, String)> {
    let start = format!("<form class=\"{class}\"");
    let form = page.split_once(&start).unwrap().1;
    let form = form.split_once("</form>").unwrap().0;
    let mut fields = Vec::new();
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(unescaped(rest.split_once('"')?.0))
    };
    for (at, _) in form.match_indices('<') {
        let rest = &form[at + 1..];
        let (tag, behind) = rest.split_once('>').unwrap();
        let Some(name) = attribute(tag, "name") else {
            continue;
        };
        if tag.starts_with("input") && !tag.contains("checkbox") {
            fields.push((name, attribute(tag, "value").unwrap_or_default()));
        } else if tag.starts_with("textarea") {
            let text = behind.split_once("</textarea>").unwrap().0;
            let text = text.strip_prefix('\n').unwrap_or(text);
            fields.push((name, unescaped(text).replace('\n', "\r\n")));
        } else if tag.starts_with("select") {
            let options = behind.split_once("</select>").unwrap().0;
            let chosen = options
                .split("<option")
                .find(|option| option.contains(" selected"));
            let value = chosen.and_then(|option| attribute(option, "value"));
            fields.push((name, value.unwrap_or_default()));
        }
    }
    fields
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

/// Sends the form of the page with some fields otherwise.
async fn send(
    browser: &mut Browser<'_>,
    (path, page): (&str, &Reply),
    changed: &[(&str, &str)],
) -> Reply {
    browser.post(path, &changed_form(page, changed)).await
}

fn changed_form(page: &Reply, changed: &[(&str, &str)]) -> String {
    let mut fields = fields(&page.body);
    for (name, value) in changed {
        fields.retain(|(known, _)| known != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    encoded(&fields)
}

fn encoded(fields: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

fn edit_path() -> String {
    format!("/cards/{NAME}/edit")
}

#[tokio::test]
async fn every_page_of_a_card_shows_what_users_wrote_as_text() {
    let server = server().await;
    create(&server, NAME, &alice()).await;
    edited(&server, &alice(), |content| {
        content["intended_uses"]["purpose_of_model"] = HOSTILE.into();
    })
    .await;
    let step =
        json!({ "ModelCardName": NAME, "ModelCardStatus": "PendingReview", "Comment": HOSTILE });
    model_card::review(&server.app, &alice(), step)
        .await
        .unwrap();
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    for path in [
        "/cards".to_owned(),
        "/cards?q=credit&status=PendingReview&risk=High".to_owned(),
        format!("/cards/{NAME}"),
        format!("/cards/{NAME}/versions"),
        format!("/cards/{NAME}/versions/1"),
        format!("/cards/{NAME}/changes?from=1&to=2"),
        format!("/cards/{NAME}/review"),
        edit_path(),
        format!("/cards/{NAME}/edit?as=json"),
        format!("/cards/{NAME}/edit?from=1"),
        "/cards/new".to_owned(),
        "/activity".to_owned(),
        "/activity/3".to_owned(),
        "/activity/chain".to_owned(),
    ] {
        let page = browser.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        assert!(!page.body.contains("<script>alert"), "{path}");
        assert!(!page.body.contains(" style="), "{path}");
        assert!(
            page.body.len() < 150_000,
            "{path}: {} bytes",
            page.body.len()
        );
        let is_of_card = path.contains(NAME) && !path.ends_with("versions");
        assert!(
            !is_of_card || page.body.contains("&lt;script&gt;"),
            "{path} shows the texts"
        );
    }
    for missing in ["/cards/none", "/cards/none/review", "/activity/999999"] {
        assert_eq!(browser.get(missing).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn cards_are_found_by_name_status_and_risk() {
    let server = server().await;
    for number in 0..30 {
        create(&server, &format!("card-{number:02}"), &alice()).await;
    }
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let page = browser.get("/cards").await;
    assert!(page.body.contains("/cards/card-24\"") && !page.body.contains("/cards/card-25\""));
    assert!(page.body.len() < 150_000, "{} bytes", page.body.len());
    let (_, next) = page.body.split_once("rel=\"next\" href=\"").unwrap();
    let next = unescaped(next.split('"').next().unwrap());
    let second = browser.get(&next).await;
    assert!(second.body.contains("/cards/card-25\"") && !second.body.contains("/cards/card-24\""));
    let found = browser.get("/cards?q=-07").await;
    assert!(found.body.contains("/cards/card-07\"") && !found.body.contains("/cards/card-08\""));
    let none = browser.get("/cards?status=Archived").await;
    assert!(none.body.contains("No card is like this"));
}

#[tokio::test]
async fn the_form_saves_what_was_changed_and_keeps_what_it_does_not_hold() {
    let server = server().await;
    create(&server, NAME, &alice()).await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let page = browser.get(&edit_path()).await;
    let same = send(&mut browser, (&edit_path(), &page), &[]).await;
    assert_eq!(same.status, 200);
    assert!(same.body.contains("Nothing was changed"));
    let changed = [
        ("intended_uses.purpose_of_model", "One\r\nTwo"),
        ("reason", "said more"),
        ("do", "save"),
    ];
    let saved = send(&mut browser, (&edit_path(), &page), &changed).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let mut expected = content();
    expected["intended_uses"]["purpose_of_model"] = "One\nTwo".into();
    assert_eq!(latest(&server).await, (2, expected));
    let versions = browser.get(&format!("/cards/{NAME}/versions")).await;
    assert!(versions.body.contains("said more"));
    let changes = browser.get(&format!("/cards/{NAME}/changes")).await;
    assert!(changes.body.contains("<del>"), "{}", changes.body);
    // Of several versions, everybody who wrote one is named.
    edited(&server, &carol(), |content| {
        content["intended_uses"]["purpose_of_model"] = "Three".into();
    })
    .await;
    let changes = browser
        .get(&format!("/cards/{NAME}/changes?from=1&to=3"))
        .await;
    let authors =
        "versions 2 to 3 were written by <strong>alice</strong> and <strong>carol</strong>.";
    assert!(changes.body.contains(authors), "{}", changes.body);
}

#[tokio::test]
async fn a_fault_is_told_at_its_field_and_nothing_is_lost() {
    let server = server().await;
    create(&server, NAME, &alice()).await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let page = browser.get(&edit_path()).await;
    let long = "x".repeat(2049);
    let changed = [
        ("intended_uses.purpose_of_model", long.as_str()),
        ("model_overview.model_version", "three"),
        ("business_details.line_of_business", "kept text"),
    ];
    let refused = send(&mut browser, (&edit_path(), &page), &changed).await;
    assert_eq!(refused.status, 400);
    for said in [
        "at most 2048 are allowed",
        "kept text",
        "href=\"#intended_uses.purpose_of_model\"",
        "aria-invalid=\"true\"",
        &long,
    ] {
        assert!(refused.body.contains(said), "{said}: {}", refused.body);
    }
    assert_eq!(latest(&server).await.0, 1);
    // The script is told the same.
    let told = send(&mut browser, ("/cards/check", &page), &changed).await;
    let told: Value = serde_json::from_str(&told.body).unwrap();
    let fields = told["faults"].as_array().unwrap().iter();
    let fields: Vec<&str> = fields
        .map(|fault| fault["field"].as_str().unwrap())
        .collect();
    assert_eq!(
        fields,
        [
            "model_overview.model_version",
            "intended_uses.purpose_of_model"
        ]
    );
    // More rows, without a script: what was typed stays.
    let more = [
        ("business_details.line_of_business", "kept text"),
        ("more", "evaluation_details"),
    ];
    let more = send(&mut browser, (&edit_path(), &page), &more).await;
    assert!(more.body.contains("e1.was") && more.body.contains("kept text"));
}

#[tokio::test]
async fn what_was_typed_outlives_the_session() {
    let server = server().await;
    create(&server, NAME, &alice()).await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let page = browser.get(&edit_path()).await;
    let typed = "Two\r\nlines & <more>";
    let form = changed_form(&page, &[("intended_uses.purpose_of_model", typed)]);
    let sent = async |browser: &mut Browser<'_>, said: &str, form: &str| {
        let start = format!(
            "POST {} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n{said}\r\n",
            edit_path()
        );
        browser.send(&start, form).await
    };
    let here = "Sec-Fetch-Site: same-origin";
    let key = browser.form_key("/dashboard").await;
    browser.post("/logout", &format!("form_key={key}")).await;
    // Another site may not put words into a page of ours.
    for elsewhere in [
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site\r\nOrigin: http://localhost",
        "Origin: http://elsewhere",
        "Origin: null",
        "X-Nothing: said",
    ] {
        let refused = sent(&mut browser, elsewhere, &form).await;
        assert_eq!(refused.status, 403);
        assert!(!refused.body.contains("&lt;more&gt;"), "{elsewhere}");
    }
    // To a host without TLS, browsers tell no more than the origin.
    let kept = sent(&mut browser, "Origin: http://localhost", &form).await;
    assert!(kept.body.contains("&lt;more&gt;"), "{}", kept.body);
    let kept = sent(&mut browser, here, &form).await;
    assert_eq!(kept.status, 403);
    assert!(kept.body.contains("sign in beside it"), "{}", kept.body);
    browser.log_in(SECRET).await;
    let again = encoded(&fields_of("stack", &kept.body));
    let kept = sent(&mut browser, here, &again).await;
    assert_eq!(kept.status, 403);
    let told = "<p>It asks to save the card <code>";
    assert!(kept.body.contains(told), "{}", kept.body);
    assert!(kept.body.contains("in the name of <strong>alice</strong>"));
    let again = encoded(&fields_of("stack", &kept.body));
    let saved = sent(&mut browser, here, &again).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let (version, content) = latest(&server).await;
    assert_eq!(version, 2);
    let purpose = &content["intended_uses"]["purpose_of_model"];
    assert_eq!(purpose, "Two\nlines & <more>");
}

#[tokio::test]
async fn the_whole_content_is_edited_as_json() {
    let server = server().await;
    create(&server, NAME, &alice()).await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let page = browser.get(&format!("/cards/{NAME}/edit?as=json")).await;
    let broken = send(
        &mut browser,
        (&edit_path(), &page),
        &[("json", "{\"a\": <b>")],
    )
    .await;
    assert_eq!(broken.status, 400);
    assert!(
        broken.body.contains("this is no JSON")
            && broken.body.contains("{&quot;a&quot;: &lt;b&gt;")
    );
    let mut wanted = content();
    wanted["model_package_details"]["task"] = "classification".into();
    let text = wanted.to_string();
    let fields = send(
        &mut browser,
        (&edit_path(), &page),
        &[("json", &text), ("do", "fields")],
    )
    .await;
    assert_eq!(fields.status, 200);
    // What the fields do not hold came along.
    let saved = send(&mut browser, (&edit_path(), &fields), &[("do", "save")]).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert_eq!(latest(&server).await, (2, wanted));
}

#[tokio::test]
async fn who_saves_second_loses_nothing() {
    let server = server().await;
    create(&server, NAME, &alice()).await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let page = browser.get(&edit_path()).await;
    edited(&server, &carol(), |content| {
        content["intended_uses"]["purpose_of_model"] = "Theirs".into();
        content["model_overview"]["model_description"] = "Described by carol".into();
    })
    .await;
    let changed = [
        ("intended_uses.purpose_of_model", "Mine"),
        ("intended_uses.intended_uses", "For officers"),
    ];
    let clash = send(&mut browser, (&edit_path(), &page), &changed).await;
    assert_eq!(clash.status, 409);
    assert!(
        clash.body.contains("carol saved version 2 meanwhile"),
        "{}",
        clash.body
    );
    assert!(clash.body.contains("<dd>Theirs</dd>"));
    assert_eq!(latest(&server).await.0, 2);
    let saved = send(&mut browser, (&edit_path(), &clash), &[("do", "save")]).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let (version, content) = latest(&server).await;
    assert_eq!(version, 3);
    assert_eq!(content["intended_uses"]["purpose_of_model"], "Mine");
    assert_eq!(content["intended_uses"]["intended_uses"], "For officers");
    assert_eq!(
        content["model_overview"]["model_description"],
        "Described by carol"
    );
}

#[tokio::test]
async fn a_card_is_begun_from_what_is_known_of_its_model() {
    let server = server().await;
    let model = json!({
        "ModelName": "fraud",
        "PrimaryContainer": { "Image": "i", "ModelDataUrl": "s3://b/model.tar.gz" },
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/r",
    });
    probity_app::model::create(&server.app, &alice(), model)
        .await
        .unwrap();
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let way = browser.get("/models/fraud/card").await;
    assert!(
        way.head.contains("location: /cards/new?model=fraud"),
        "{}",
        way.head
    );
    let page = browser.get("/cards/new?model=fraud").await;
    assert!(page.body.contains("s3://b/model.tar.gz"), "{}", page.body);
    let refused = send(&mut browser, ("/cards/new", &page), &[("name", "no name")]).await;
    assert_eq!(refused.status, 400);
    assert!(
        refused.body.contains("s3://b/model.tar.gz"),
        "nothing is lost"
    );
    let created = send(&mut browser, ("/cards/new", &page), &[("name", "new")]).await;
    assert_eq!(created.status, 303, "{}", created.body);
    assert!(
        created.head.contains("location: /cards/%6eew"),
        "{}",
        created.head
    );
    assert_eq!(browser.get("/cards/%6Eew").await.status, 200);
    let way = browser.get("/models/fraud/card").await;
    assert!(way.head.contains("location: /cards/%6eew"), "{}", way.head);
}

fn four_eyes(server: &Running) {
    let policy = "[review]\nfour_eyes = true\ncomment = \"required\"\ntransitions = \"ordered\"\n\
                  [card]\nrequired = [\"intended_uses.purpose_of_model\"]\n";
    server
        .app
        .policy
        .set(GovernancePolicy::from_toml(policy).unwrap());
}

async fn decide(browser: &mut Browser<'_>, (to, comment): (&str, &str)) -> Reply {
    let path = format!("/cards/{NAME}/review");
    let key = browser.form_key(&path).await;
    let form = format!("form_key={key}&expected=1&to={to}&comment={comment}");
    browser.post(&path, &form).await
}

#[tokio::test]
async fn an_author_asks_for_a_review_and_another_one_approves() {
    let server = server().await;
    four_eyes(&server);
    create(&server, NAME, &alice()).await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let page = browser.get(&format!("/cards/{NAME}/review")).await;
    assert!(
        page.body.contains("value=\"PendingReview\""),
        "{}",
        page.body
    );
    assert!(
        !page.body.contains("value=\"Approved\""),
        "a draft is not approved at once"
    );
    assert!(page.body.contains("the policy wants one"));
    let silent = decide(&mut browser, ("PendingReview", "")).await;
    assert_eq!(silent.status, 400);
    assert!(silent.body.contains("demands a comment"));
    assert_eq!(
        decide(&mut browser, ("PendingReview", "complete"))
            .await
            .status,
        303
    );
    let page = browser.get(&format!("/cards/{NAME}/review")).await;
    assert!(
        !page.body.contains("value=\"Approved\""),
        "not by who wrote it"
    );
    assert!(page.body.contains("demands four eyes"), "{}", page.body);
    let own = decide(&mut browser, ("Approved", "fine")).await;
    assert_eq!(own.status, 400);
    assert!(own.body.contains("demands four eyes") && own.body.contains(">\nfine</textarea>"));
    // Somebody else wrote this one.
    let step = json!({ "ModelCardName": NAME, "ModelCardStatus": "Approved", "Comment": "read" });
    model_card::review(&server.app, &carol(), step)
        .await
        .unwrap();
    let page = browser.get(&format!("/cards/{NAME}")).await;
    assert!(page.body.contains("by carol"), "{}", page.body);
}

#[tokio::test]
async fn nobody_approves_a_version_that_they_have_not_seen() {
    let server = server().await;
    create(&server, NAME, &carol()).await;
    edited(&server, &carol(), |content| {
        content["intended_uses"]["purpose_of_model"] = "another".into();
    })
    .await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let late = decide(&mut browser, ("Approved", "fine")).await;
    assert_eq!(late.status, 409);
    assert!(late.body.contains("has changed meanwhile"));
}

#[tokio::test]
async fn who_may_only_read_is_shown_no_way_to_write() {
    let server = server().await;
    with_bob(&server).await;
    create(&server, NAME, &alice()).await;
    let mut browser = Browser::of(&server);
    browser.log_in_as("READER", SHORT_SECRET).await;
    for path in [
        "/cards",
        "/cards/credit-approval",
        "/cards/credit-approval/review",
        "/activity",
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200, "{path}");
        for way in [
            "/edit\"",
            "/cards/new",
            "name=\"expected\"",
            "/activity/chain",
        ] {
            assert!(!page.body.contains(way), "{path} leads to {way}");
        }
    }
    for path in [&edit_path(), "/cards/new", "/activity/chain"] {
        assert_eq!(browser.get(path).await.status, 403, "{path}");
    }
    let key = browser.form_key("/cards").await;
    for path in [&edit_path(), "/cards/check", "/cards/new"] {
        let reply = browser
            .post(path, &format!("form_key={key}&card={NAME}"))
            .await;
        assert_eq!(reply.status, 403, "{path}");
    }
    let form = format!("form_key={key}&to=Approved&expected=1");
    let reply = browser.post(&format!("/cards/{NAME}/review"), &form).await;
    assert_eq!(reply.status, 403);
}

#[tokio::test]
async fn a_card_is_a_file_in_every_format() {
    let server = server().await;
    create(&server, NAME, &alice()).await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    for (query, content_type, name) in [
        ("format=Html", "text/html", "credit-approval-v1.html"),
        (
            "format=Markdown&template=AnnexIv",
            "text/markdown",
            "credit-approval-v1-annex-iv.md",
        ),
        (
            "format=HuggingFace",
            "text/markdown",
            "credit-approval-v1.readme.md",
        ),
        (
            "format=Json&version=1",
            "application/json",
            "credit-approval-v1.json",
        ),
    ] {
        let file = browser
            .get(&format!("/cards/{NAME}/document?{query}"))
            .await;
        assert_eq!(file.status, 200, "{query}: {}", file.body);
        assert!(
            file.head.contains(&format!("content-type: {content_type}")),
            "{}",
            file.head
        );
        let disposition = format!("content-disposition: attachment; filename=\"{name}\"");
        assert!(file.head.contains(&disposition), "{}", file.head);
    }
    let bad = browser
        .get(&format!("/cards/{NAME}/document?format=Word"))
        .await;
    assert_eq!(bad.status, 400);
}

#[tokio::test]
async fn the_log_is_filtered_and_its_chain_verified() {
    let server = server().await;
    create(&server, NAME, &alice()).await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    let cards = browser.get("/activity?kind=model-card").await;
    assert!(cards.body.contains("model-card/credit-approval"));
    assert!(!cards.body.contains("signed in"));
    let part = browser.get("/activity?q=SIGNIN").await;
    assert!(part.body.contains("signed in") && !part.body.contains("model-card/"));
    let none = browser.get("/activity?q=100%25_").await;
    assert!(none.body.contains("Nothing like this was done"));
    let file = browser.get("/activity.csv?kind=model-card").await;
    assert_eq!(file.body.lines().count(), 2, "{}", file.body);
    let event = browser.get("/activity/1").await;
    assert!(
        event.body.contains("Follows from the event before"),
        "{}",
        event.body
    );
    let chain = browser.get("/activity/chain").await;
    assert!(
        chain.body.contains("The chain is whole up to event 2"),
        "{}",
        chain.body
    );
}
