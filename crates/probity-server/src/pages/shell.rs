//! The frame of every page: head, bar with navigation, and what forms carry.

use maud::{DOCTYPE, Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::assets::{ICON, SCRIPT, STYLE_SHEET};
use super::visit::{Theme, Visit, Who};
use super::words;

/// What the bar leads to; only what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Fleet,
    Cards,
    Activity,
    Docs,
    /// A page that is none of them.
    Other,
}

const PLACES: [(Place, &str, &str); 4] = [
    (Place::Fleet, "/dashboard", "Fleet"),
    (Place::Cards, "/cards", "Cards"),
    (Place::Activity, "/activity", "Activity"),
    (Place::Docs, "/docs", "Docs"),
];

/// What a page says about itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head<'a> {
    pub(super) title: &'a str,
    pub(super) place: Place,
}

impl<'a> Head<'a> {
    pub(super) fn of(title: &'a str) -> Head<'a> {
        Head {
            title,
            place: Place::Other,
        }
    }
}

pub(super) fn page(visit: &Visit, head: Head<'_>, body: &Markup) -> Markup {
    whole(visit, (head, Reload::Never), body)
}

/// Of something that changes by itself.
pub(super) fn page_under_way(visit: &Visit, head: Head<'_>, body: &Markup) -> Markup {
    whole(visit, (head, Reload::WithoutScripts), body)
}

/// When a page is loaded again by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reload<'a> {
    Never,
    /// Another one, at once.
    At(&'a str),
    /// This one every few seconds, where no script does better.
    WithoutScripts,
}

fn whole(visit: &Visit, (head, reload): (Head<'_>, Reload<'_>), body: &Markup) -> Markup {
    frame(
        visit,
        (head.title, reload),
        &html! {
            a.skip href="#main" { "Skip to the content" }
            (bar(visit, head.place))
            main #main tabindex="-1" data-mark=[mark(visit)] { (body) }
            footer.foot {
                span { "Probity " (env!("CARGO_PKG_VERSION")) }
                span { "Account " (visit.caller.account) " · " (visit.caller.region) }
                span { "Request " code { (visit.caller.request_id) } }
            }
        },
    )
}

/// Of pages that follow what happens. Others are dear to make, or tell of what does not change.
fn mark(visit: &Visit) -> Option<i64> {
    let parts: Vec<&str> = visit.path.split('/').skip(1).collect();
    let follows = match parts.as_slice() {
        ["dashboard" | "cards"] | ["models" | "monitors", _] | ["monitors", _, "runs", _] => true,
        // Neither its editor nor the form of a new one: what is written there is not to move.
        ["cards", card] => *card != "new",
        ["cards", _, "review"] => true,
        // A search reads the whole log.
        ["activity"] => visit.fields.get("q").is_none(),
        _ => false,
    };
    visit.mark.filter(|_| follows)
}

/// For who is not signed in.
pub(super) fn outside(visit: &Visit, title: &str, body: &Markup) -> Markup {
    frame(
        visit,
        (title, Reload::Never),
        &html! {
            a.skip href="#main" { "Skip to the content" }
            header.bar { div.bar-in {
                (brand("/login"))
                (places_outside(visit))
                span.grow {}
                (theme_switch(visit))
            } }
            main #main tabindex="-1" { (body) }
        },
    )
}

/// What is there for everybody.
fn places_outside(visit: &Visit) -> Markup {
    let in_docs = visit.path == "/docs" || visit.path.starts_with("/docs/");
    html! {
        nav.places aria-label="Main" { ul {
            li { a href="/docs" aria-current=[in_docs.then_some("page")] { "Docs" } }
            @if in_docs { li { a href="/login" { "Sign in" } } }
        } }
    }
}

/// Loads `place` at once.
pub(super) fn again(visit: &Visit, place: &str, body: &Markup) -> Markup {
    frame(
        visit,
        ("Probity", Reload::At(place)),
        &html! { main #main { (body) } },
    )
}

/// Where nothing is known of the visitor.
pub(super) fn bare(title: &str, body: &Markup) -> Markup {
    document(
        (title, Reload::Never),
        None,
        &html! { main #main { (body) } },
    )
}

fn frame(visit: &Visit, head: (&str, Reload<'_>), body: &Markup) -> Markup {
    document(head, visit.theme, body)
}

fn document((title, reload): (&str, Reload<'_>), theme: Option<Theme>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-theme=[theme.map(Theme::as_str)] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @match reload {
                    Reload::Never => {}
                    Reload::At(place) => meta http-equiv="refresh" content=(format!("0; url={place}"));,
                    Reload::WithoutScripts => noscript { meta http-equiv="refresh" content="5"; },
                }
                title { (title) " · Probity" }
                link rel="icon" type="image/svg+xml" href=(ICON.path);
                link rel="stylesheet" href=(STYLE_SHEET.path);
                // Times change with it: nothing is drawn before, so that nothing moves.
                script src=(SCRIPT.path) defer blocking="render" {}
            }
            body { (symbols()) (body) }
        }
    }
}

fn brand(place: &str) -> Markup {
    html! {
        a.brand href=(place) {
            svg.logo viewBox="0 0 24 24" aria-hidden="true" {
                path d="M12 2 21 6v6c0 5-3.8 8.6-9 10-5.200-1.400-9-5-9-10V6z" {}
                path.tick d="m7.500 12 3.200 3.200 5.800-6" {}
            }
            "Probity"
        }
    }
}

fn bar(visit: &Visit, place: Place) -> Markup {
    html! {
        header.bar { div.bar-in {
            (brand(&visit.href("/dashboard")))
            nav.places aria-label="Main" {
                ul { @for (known, path, name) in PLACES {
                    li { a href=(visit.href(path)) aria-current=[(known == place).then_some("page")] { (name) } }
                } }
            }
            span.grow {}
            (simulated_time(visit))
            (regions(visit))
            (theme_switch(visit))
            (person(visit))
        } }
    }
}

/// Times of a server that lives on simulated time are not to be taken for the reader's own.
fn simulated_time(visit: &Visit) -> Markup {
    let Some(rate) = visit.time_rate else {
        return html! {};
    };
    html! {
        span.simulated title=(format!("The server's clock is simulated: {rate} seconds pass in one")) {
            (symbol("waiting")) span { span.simulated-word { "Simulated time " } (words::moment(visit.now_ms)) " × " (rate) }
        }
    }
}

/// Where models are in one region only, there is nothing to choose.
fn regions(visit: &Visit) -> Markup {
    let here = &visit.caller.region;
    if visit.regions.len() < 2 && visit.regions.iter().all(|known| known == here) {
        return html! {};
    }
    html! {
        details.menu {
            summary { span.hidden { "Region: " } (here) }
            ul { @for region in &visit.regions {
                li { a href=(visit.fields.with("region", region).address(&visit.path))
                    aria-current=[(region == here).then_some("true")] { (region) } }
            } }
        }
    }
}

/// One press goes to the other one; without a choice the system's is shown.
fn theme_switch(visit: &Visit) -> Markup {
    let choice = |theme: &'static str, name: &'static str| {
        let is_now = visit.theme.map_or("auto", Theme::as_str) == theme;
        html! {
            button name="theme" value=(theme) type="submit" aria-pressed=(is_now.to_string()) title=(name) {
                (symbol(theme)) span.hidden { (name) }
            }
        }
    };
    html! {
        form.theme method="post" action="/theme" data-theme-switch {
            (form_key(visit))
            input type="hidden" name="next" value=(visit.here());
            (choice("light", "Light")) (choice("auto", "As the system")) (choice("dark", "Dark"))
        }
    }
}

fn person(visit: &Visit) -> Markup {
    match visit.who {
        Who::Unknown => html! {},
        Who::Everybody => html! {
            span.person title="This server asks nobody who they are" { (symbol("open")) "No sign-in" }
        },
        Who::SignedIn => html! {
            details.menu.person-menu {
                summary { (symbol("person")) span.person-name { (visit.caller.user) } }
                div {
                    p { strong { (visit.caller.user) } br; span.soft { (visit.caller.access.as_str()) } }
                    form method="post" action="/logout" {
                        (form_key(visit))
                        button type="submit" { "Sign out" }
                    }
                }
            }
        },
    }
}

/// The way back: names and paths, from the widest.
pub(super) fn trail(visit: &Visit, steps: &[(&str, &str)]) -> Markup {
    html! {
        nav.trail aria-label="Where this is" {
            ol { @for (name, path) in steps { li { a href=(visit.href(path)) { (name) } } } }
        }
    }
}

pub(super) fn model_path(name: &str) -> String {
    format!("/models/{}", encoded(name))
}

pub(super) fn monitor_path(name: &str) -> String {
    format!("/monitors/{}", encoded(name))
}

/// A name may be empty, as the columns of a table may be.
pub(super) fn feature_path(monitor: &str, feature: &str) -> String {
    format!("{}/features/{}", monitor_path(monitor), encoded(feature))
}

pub(super) fn constraints_path(monitor: &str) -> String {
    format!("{}/constraints", monitor_path(monitor))
}

pub(super) fn run_path(monitor: &str, id: &str) -> String {
    format!("{}/runs/{}", monitor_path(monitor), encoded(id))
}

/// A file of a run's folder, by its name there.
pub(super) fn file_path(run: &str, name: &str) -> String {
    let parts: Vec<String> = name.split('/').map(encoded).collect();
    format!("{run}/files/{}", parts.join("/"))
}

/// A part of a path.
pub(super) fn encoded(name: &str) -> String {
    utf8_percent_encode(name, NON_ALPHANUMERIC)
        .to_string()
        .replace("%2D", "-")
        .replace("%5F", "_")
        .replace("%2E", ".")
}

/// What tells our forms from those of others.
pub(super) fn form_key(visit: &Visit) -> Markup {
    html! {
        input type="hidden" name="form_key" value=(visit.form_key);
        input type="hidden" name="region" value=(visit.caller.region);
    }
}

/// A small picture of [`symbols`].
pub(super) fn symbol(name: &str) -> Markup {
    html! { svg.symbol aria-hidden="true" { use href=(format!("#s-{name}")) {} } }
}

/// Each is drawn once a page. All are 16 by 16.
fn symbols() -> Markup {
    let drawn = [
        ("ok", "M3.500 8.500 6.500 11.500 12.500 4.500"),
        ("alert", "M8 2.500v7M8 13v.5"),
        ("failed", "M4 4l8 8M12 4l-8 8"),
        (
            "missing",
            "M5.500 6a2.500 2.500 0 1 1 3.600 2.200Q8 8.800 8 10M8 13v.5",
        ),
        ("inactive", "M5.500 4v8M10.500 4v8"),
        (
            "waiting",
            "M8 4v4l2.500 1.500M8 1.800a6.200 6.200 0 1 0 .01 0",
        ),
        (
            "light",
            "M8 5a3 3 0 1 0 .01 0M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1",
        ),
        (
            "dark",
            "M13 9.500A5.500 5.500 0 0 1 6.500 3a5.500 5.500 0 1 0 6.500 6.500",
        ),
        ("auto", "M2 3.500h12v7.500H2zM5.500 14h5M8 11v3"),
        (
            "person",
            "M8 2.500a2.750 2.750 0 1 0 .01 0M2.800 14c.5-3 2.600-4.500 5.200-4.500s4.700 1.500 5.200 4.500",
        ),
        (
            "open",
            "M4.500 7.500V5a3.500 3.500 0 0 1 6.500-1.800M3 7.500h10v6.500H3z",
        ),
        (
            "search",
            "M7 2.500a4.500 4.500 0 1 0 .01 0M10.500 10.500 14 14",
        ),
        ("file", "M8 2v8M4.800 7 8 10.200 11.200 7M2.500 13.500h11"),
        (
            "star",
            "M8 2l1.800 3.900 4.200.5-3.100 2.900.8 4.200L8 11.400l-3.700 2.100.8-4.200L2 6.400l4.200-.5z",
        ),
    ];
    html! {
        svg.symbols width="0" height="0" aria-hidden="true" {
            @for (name, path) in drawn {
                symbol id=(format!("s-{name}")) viewBox="0 0 16 16" { path d=(path) {} }
            }
        }
    }
}
