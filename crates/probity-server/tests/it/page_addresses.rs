//! Addresses that people type: those that lead nowhere, those that are a page's but for a slash, and
//! those that may be an object's.

use probity_app::Access;
use probity_server::{Authentication, Limits};

use crate::client::{Running, SECRET};
use crate::page_access::browser;
use crate::pages::{Browser, server, with_models};

const NOWHERE: [&str; 5] = [
    "/nope",
    "/nope/",
    "/model/credit-approval",
    "/monitors/a/else",
    "/bucket/key.csv",
];

#[tokio::test]
async fn an_address_that_leads_nowhere_is_answered_with_a_page() {
    let server = server().await;
    let mut browser = browser(&server, "bob", Access::ReadOnly).await;
    for path in NOWHERE {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, 404, "{path}: {}", reply.body);
        assert!(
            reply.body.contains("There is no such page")
                && reply.body.contains("aria-label=\"Main\"")
                && reply.body.contains("Request <code>"),
            "{path}: {}",
            reply.body
        );
        assert!(reply.head.contains("default-src 'none'"), "{}", reply.head);
    }
}

#[tokio::test]
async fn who_is_not_signed_in_is_told_that_an_address_leads_nowhere() {
    let server = server().await;
    let mut stranger = Browser::of(&server);
    for path in NOWHERE {
        let reply = stranger.get(path).await;
        assert_eq!(reply.status, 404, "{path}: {}", reply.body);
        assert!(
            reply.body.contains("href=\"/login\"") && !reply.body.contains("Fleet</a>"),
            "{path}: {}",
            reply.body
        );
    }
}

#[tokio::test]
async fn a_client_of_the_object_store_is_refused_in_its_own_words() {
    let server = server().await;
    for path in ["/bucket/key?X-Amz-Signature=0", "/bucket/key"] {
        let accept = match path.contains('?') {
            true => "text/html",
            false => "*/*",
        };
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
        );
        let reply = server.send(request.as_bytes()).await;
        assert!(reply.status >= 400, "{path}");
        assert!(reply.body.contains("<Code>"), "{path}: {}", reply.body);
    }
}

#[tokio::test]
async fn what_people_type_leads_to_the_page_that_they_mean() {
    let server = server().await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    for (path, place) in [
        ("/dashboard/", "/dashboard"),
        ("/cards/?q=x", "/cards?q=x"),
        ("/models/m/", "/models/m"),
        ("/docs/server/", "/docs/server"),
        ("/models", "/dashboard"),
        ("/models/", "/dashboard"),
        ("/monitors?region=eu-west-1", "/dashboard?region=eu-west-1"),
        ("/alerts", "/dashboard?monitor=alert"),
    ] {
        let reply = browser.get(path).await;
        assert_eq!(reply.status, 303, "{path}: {}", reply.body);
        let location = format!("location: {place}\r\n");
        assert!(reply.head.contains(&location), "{path}: {}", reply.head);
    }
}

#[tokio::test]
async fn a_browser_reads_objects_of_a_server_that_asks_for_no_signature() {
    let server = Running::with(Limits::default(), Authentication::None).await;
    let mut browser = Browser::of(&server);
    // This server has no object store: what matters is who is asked.
    for path in ["/models", "/alerts", "/data/rows.csv", "/nope"] {
        let reply = browser.get(path).await;
        assert!(
            reply.status != 303 && !reply.body.contains("There is no such page"),
            "{path}: {}",
            reply.body
        );
    }
    let page = browser.get("/dashboard/").await;
    assert!(
        page.head.contains("location: /dashboard\r\n"),
        "{}",
        page.head
    );
}

#[tokio::test]
async fn the_tabs_of_the_fleet_count_what_a_press_on_them_finds() {
    let server = server().await;
    with_models(&server, 3).await;
    let mut browser = Browser::of(&server);
    browser.log_in(SECRET).await;
    for (path, count) in [
        ("/dashboard", 3),
        ("/dashboard?q=0002", 1),
        ("/dashboard?risk=Low", 0),
    ] {
        let page = browser.get(path).await.body;
        let tab = format!("All <b>{count}</b>");
        assert!(page.contains(&tab), "{path}: {page}");
    }
}
