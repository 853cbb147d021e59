//! Two people at the thresholds of one monitor.

use url::form_urlencoded;

use crate::client::Running;
use crate::monitor_pages::{monitored, ran, signed_in};
use crate::pages::Browser;

const PATH: &str = "/monitors/loans/constraints";
const TWO: &str = r#"{"version": 0.0, "regression_constraints": {
    "mae": {"threshold": 2.5, "comparison_operator": "GreaterThanThreshold"},
    "mse": {"threshold": 8.0, "comparison_operator": "GreaterThanThreshold"}}}"#;

/// The form of a page as a browser would send it.
fn fields(page: &str) -> Fields {
    let form = page.split_once("data-thresholds").unwrap().1;
    let form = form.split_once("</form>").unwrap().0;
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(rest.split_once('"')?.0.replace("&amp;", "&"))
    };
    form.split("<input")
        .skip(1)
        .filter_map(|rest| {
            let tag = rest.split_once('>')?.0;
            let value = attribute(tag, "value").unwrap_or_default();
            Some((attribute(tag, "name")?, value))
        })
        .collect()
}

/// Names and values.
type Fields = Vec<(String, String)>;

/// Sends the form with other values in some of its fields.
async fn send(browser: &mut Browser<'_>, (form, changed): (&Fields, &[(&str, &str)])) -> String {
    let mut body = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form {
        let other = changed.iter().find(|(field, _)| field == name);
        body.append_pair(name, other.map_or(value, |(_, value)| value));
    }
    let asked = changed.iter().find(|(field, _)| *field == "do");
    body.append_pair("do", asked.map_or("preview", |(_, value)| value));
    let reply = browser.post(PATH, &body.finish()).await;
    assert_eq!(reply.status, 303, "{}", reply.body);
    let (_, place) = reply.head.split_once("location: ").unwrap();
    let place = place.lines().next().unwrap();
    place.split('#').next().unwrap().to_owned()
}

async fn shown(browser: &mut Browser<'_>, place: &str) -> Fields {
    fields(&browser.get(place).await.body)
}

fn value<'a>(form: &'a Fields, name: &str) -> &'a str {
    let field = form.iter().find(|(field, _)| field == name);
    field.map_or("", |(_, value)| value)
}

const APPLY: [(&str, &str); 2] = [("do", "apply"), ("reason", "why not")];

async fn two_thresholds() -> Running {
    let server = monitored().await;
    server.put(("baseline", "constraints.json"), TWO);
    ran(&server, (5, 2.0)).await;
    server
}

#[tokio::test]
async fn what_another_put_in_force_is_not_taken_back_by_who_did_not_touch_it() {
    let server = two_thresholds().await;
    let (mut bob, mut cat) = (signed_in(&server).await, signed_in(&server).await);
    let cats = shown(&mut cat, PATH).await;
    let tried = send(&mut cat, (&cats, &[("threshold.mse", "88")])).await;
    let cats = shown(&mut cat, &tried).await;

    let bobs = shown(&mut bob, PATH).await;
    let tried = send(&mut bob, (&bobs, &[("threshold.mae", "99")])).await;
    let bobs = shown(&mut bob, &tried).await;
    let done = send(&mut bob, (&bobs, &APPLY)).await;
    assert!(done.contains("note=applied"), "{done}");

    // She is told of him, and asked for her own change only.
    let told = send(&mut cat, (&cats, &APPLY)).await;
    assert!(told.contains("note=conflict"), "{told}");
    assert!(told.contains("threshold.mse=88"), "{told}");
    assert!(!told.contains("threshold.mae"), "{told}");
    let cats = shown(&mut cat, &told).await;
    assert_eq!(value(&cats, "threshold.mae"), "99");
    let done = send(&mut cat, (&cats, &APPLY)).await;
    assert!(done.contains("note=applied"), "{done}");
    let both = shown(&mut cat, PATH).await;
    assert_eq!(value(&both, "threshold.mae"), "99");
    assert_eq!(value(&both, "threshold.mse"), "88");
}

#[tokio::test]
async fn a_preview_is_of_what_was_typed_and_of_nothing_that_became_old() {
    let server = two_thresholds().await;
    let (mut bob, mut cat) = (signed_in(&server).await, signed_in(&server).await);
    let cats = shown(&mut cat, PATH).await;
    let bobs = shown(&mut bob, PATH).await;
    let tried = send(&mut bob, (&bobs, &[("threshold.mae", "99")])).await;
    let bobs = shown(&mut bob, &tried).await;
    send(&mut bob, (&bobs, &APPLY)).await;
    let tried = send(&mut cat, (&cats, &[("threshold.mse", "88")])).await;
    assert_eq!(tried, "/monitors/loans/constraints?threshold.mse=88");
}
