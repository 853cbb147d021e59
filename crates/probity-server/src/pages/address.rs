//! The addresses of pages. They are guessable, and stay: people send them to each other.
//!
//! Buckets may have the names of pages. A request that is signed, also in its query, never comes
//! here; one that is not is a page's where a browser asks for one, or sends one of its forms.

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, Method, Uri};
use percent_encoding::percent_decode_str;

use super::fields::Fields;
use super::{assets, cards, docs};

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    Home,
    Login,
    Logout,
    /// The link that signs in once.
    SignIn,
    Theme,
    Asset(&'static assets::Asset),
    Fleet,
    FleetCsv,
    /// Saves or deletes a view.
    Views,
    /// `/models/NAME`.
    Model(String),
    /// `/monitors/NAME`.
    Monitor(String),
    /// `/monitors/NAME/features/FEATURE`.
    Feature(String, String),
    /// `/monitors/NAME/runs/ID` and what is below.
    Run(RunAddress),
    /// `/monitors/NAME/constraints`.
    Constraints(String),
    Activity,
    ActivityCsv,
    /// Walks along the chain of the audit log.
    Chain,
    /// `/activity/NUMBER`.
    Event(i64),
    Card(cards::CardAddress),
    /// The stream that tells that something has changed.
    Live,
    /// What stands after `/docs/`.
    Docs(String),
    DocsImage(&'static docs::Image),
}

/// A run, and what of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunAddress {
    pub(crate) monitor: String,
    pub(crate) id: String,
    pub(crate) part: RunPart,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RunPart {
    Page,
    /// Its `report.html`.
    Report,
    /// A file of its folder, by its name there.
    File(String),
}

impl Address {
    pub(crate) fn of(path: &str) -> Option<Address> {
        // PostgreSQL keeps the sign NUL in no text: nothing has it in its name.
        if decoded(path).contains('\0') {
            return None;
        }
        if let Some(asset) = assets::find(path) {
            return Some(Address::Asset(asset));
        }
        if let Some(image) = docs::image(path) {
            return Some(Address::DocsImage(image));
        }
        Some(match path {
            "/" => Address::Home,
            "/login" => Address::Login,
            "/logout" => Address::Logout,
            "/sign-in" => Address::SignIn,
            "/theme" => Address::Theme,
            "/dashboard" => Address::Fleet,
            "/dashboard.csv" => Address::FleetCsv,
            "/dashboard/views" => Address::Views,
            "/activity" => Address::Activity,
            "/activity.csv" => Address::ActivityCsv,
            "/activity/chain" => Address::Chain,
            "/live" => Address::Live,
            "/docs" => Address::Docs(String::new()),
            other => match other.strip_prefix("/docs/") {
                Some(name) => Address::Docs(decoded(name)),
                None => return of_one(other),
            },
        })
    }
}

/// Where a path leads that is a page's but for the slashes at its end.
fn without_slash(path: &str) -> Option<&str> {
    let shorter = path.trim_end_matches('/');
    let is_one = match Address::of(path) {
        // Below the documentation every path is a page's, or nobody's.
        None | Some(Address::Docs(_)) => shorter != path && Address::of(shorter).is_some(),
        Some(_) => false,
    };
    is_one.then_some(shorter)
}

/// The page that stands for a path that people type, with what the address asks for.
pub(super) fn moved(uri: &Uri) -> Option<String> {
    let asked = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    if let Some(page) = without_slash(uri.path()) {
        return Some(asked.address(page));
    }
    match uri.path().trim_end_matches('/') {
        "/models" | "/monitors" => Some(asked.address("/dashboard")),
        "/alerts" => Some(asked.with("monitor", "alert").address("/dashboard")),
        _ => None,
    }
}

/// Whether an unsigned request is a browser's that looks for a page where there is none. Only a
/// server that asks for signatures may say so: on others it may be for an object.
pub(crate) fn is_lost(parts: &Parts) -> bool {
    let query = parts.uri.query().unwrap_or_default();
    // What is left of a signature is S3's to judge.
    let signs = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        let name = name.to_ascii_lowercase();
        name.starts_with("x-amz-") || name == "awsaccesskeyid"
    };
    reads(&parts.method)
        && wants_html(&parts.headers)
        && !parts.headers.contains_key(AUTHORIZATION)
        && !query.split('&').any(signs)
}

/// Whether an unsigned request is a browser's for a page.
pub(crate) fn is_page(parts: &Parts) -> bool {
    let path = parts.uri.path();
    let Some(address) = Address::of(path) else {
        let reads_page = reads(&parts.method) && wants_html(&parts.headers);
        return reads_page && without_slash(path).is_some();
    };
    match (address, &parts.method) {
        (Address::Asset(_) | Address::DocsImage(_), method) => reads(method),
        // The root takes forms of the query protocol.
        (Address::Home, method) => reads(method) && wants_html(&parts.headers),
        (Address::Live, method) => reads(method) && accepts(&parts.headers, "text/event-stream"),
        (_, method) if reads(method) => wants_html(&parts.headers),
        (_, &Method::POST) => sends_form(&parts.headers),
        _ => false,
    }
}

fn reads(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

fn wants_html(headers: &HeaderMap) -> bool {
    accepts(headers, "text/html")
}

fn accepts(headers: &HeaderMap, content_type: &str) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains(content_type))
}

fn sends_form(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| {
        value
            .as_bytes()
            .starts_with(b"application/x-www-form-urlencoded")
    })
}

/// Pages of one thing.
fn of_one(path: &str) -> Option<Address> {
    if let Some(card) = cards::address_of(path) {
        return Some(Address::Card(card));
    }
    if let Some(feature) = of_feature(path) {
        return Some(feature);
    }
    let (kind, name) = path.strip_prefix('/')?.split_once('/')?;
    if kind == "monitors"
        && let Some((name, rest)) = name.split_once('/')
    {
        return below_monitor(decoded(name), rest);
    }
    if name.is_empty() || name.contains('/') {
        return None;
    }
    let name = decoded(name);
    match kind {
        "models" => Some(Address::Model(name)),
        "monitors" => Some(Address::Monitor(name)),
        "activity" => name.parse().ok().map(Address::Event),
        _ => None,
    }
}

fn of_feature(path: &str) -> Option<Address> {
    let (monitor, feature) = path.strip_prefix("/monitors/")?.split_once("/features/")?;
    let is_one = !monitor.is_empty() && !monitor.contains('/') && !feature.contains('/');
    is_one.then(|| Address::Feature(decoded(monitor), decoded(feature)))
}

/// `/monitors/NAME/…`.
fn below_monitor(monitor: String, rest: &str) -> Option<Address> {
    if monitor.is_empty() {
        return None;
    }
    let (kind, rest) = rest.split_once('/').unwrap_or((rest, ""));
    match kind {
        "constraints" if rest.is_empty() => Some(Address::Constraints(monitor)),
        "runs" => {
            let (id, rest) = rest.split_once('/').unwrap_or((rest, ""));
            let part = match rest.split_once('/') {
                Some(("files", file)) if !file.is_empty() => RunPart::File(decoded(file)),
                None if rest == "report" => RunPart::Report,
                None if rest.is_empty() => RunPart::Page,
                Some(_) | None => return None,
            };
            let id = decoded(id);
            (!id.is_empty()).then_some(Address::Run(RunAddress { monitor, id, part }))
        }
        _ => None,
    }
}

/// A part of a path as it was meant.
fn decoded(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_below_a_monitor_has_an_address() {
        let run = |part| {
            Some(Address::Run(RunAddress {
                monitor: "a b".to_owned(),
                id: "r".to_owned(),
                part,
            }))
        };
        for (path, expected) in [
            ("/monitors/a%20b/runs/r", run(RunPart::Page)),
            ("/monitors/a%20b/runs/r/report", run(RunPart::Report)),
            (
                "/monitors/a%20b/runs/r/files/x/y%20z.json",
                run(RunPart::File("x/y z.json".to_owned())),
            ),
            (
                "/monitors/a/constraints",
                Some(Address::Constraints("a".to_owned())),
            ),
            ("/monitors/a/runs/", None),
            ("/monitors/a/runs/r/files/", None),
            ("/monitors/a/else", None),
            ("/monitors//runs/r", None),
        ] {
            assert_eq!(Address::of(path), expected, "{path}");
        }
    }

    #[test]
    fn what_people_type_leads_to_the_page_that_they_mean() {
        for (asked, expected) in [
            ("/dashboard/", Some("/dashboard")),
            ("/dashboard//", Some("/dashboard")),
            ("/cards/?q=a+b", Some("/cards?q=a+b")),
            ("/models/a%20b/", Some("/models/a%20b")),
            ("/docs/", Some("/docs")),
            ("/docs/concepts/", Some("/docs/concepts")),
            ("/models", Some("/dashboard")),
            ("/models/", Some("/dashboard")),
            ("/monitors?region=x", Some("/dashboard?region=x")),
            ("/alerts", Some("/dashboard?monitor=alert")),
            ("/", None),
            ("//", None),
            ("/dashboard", None),
            ("/docs", None),
            ("/nope/", None),
            ("//elsewhere.example/", None),
        ] {
            let moved = moved(&asked.parse().unwrap());
            assert_eq!(moved.as_deref(), expected, "{asked}");
        }
    }
}
