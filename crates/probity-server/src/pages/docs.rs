//! `/docs`: the files of `docs/`, inside the binary, with a navigation and a search. They hold
//! nothing that is secret, and are read without signing in.

mod list;
mod markdown;
mod search;

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use maud::{Markup, PreEscaped, html};

pub(crate) use list::Image;
use list::{Kind, Page};
use markdown::{Heading, Rendered, Target};

use super::visit::{Visit, Who};
use super::{Refusal, reply, shell};
use crate::answer::{Answer, AnswerBody};

/// A page with what is shown of it.
#[derive(Debug)]
struct Shown {
    page: &'static Page,
    rendered: Rendered,
}

impl PartialEq for Shown {
    fn eq(&self, other: &Shown) -> bool {
        self.page == other.page
    }
}

/// Rendered once, when the first reader comes.
static SHOWN: LazyLock<Vec<Shown>> = LazyLock::new(|| list::PAGES.iter().map(shown).collect());

fn shown(page: &'static Page) -> Shown {
    Shown {
        page,
        rendered: markdown::render(page.source, &|place| target(page.path, place)),
    }
}

/// An image of the documentation. Browsers ask for images by themselves, hence before anybody is
/// asked who they are.
pub(super) fn image(path: &str) -> Option<&'static Image> {
    let name = path.strip_prefix("/docs/")?;
    list::IMAGES.iter().find(|image| image.path == name)
}

impl Image {
    pub(super) fn answer(&'static self) -> Answer {
        let mut answer = Answer::new(AnswerBody::whole(Bytes::from_static(self.bytes)));
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("image/png"));
        headers.insert(
            CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=3600"),
        );
        answer
    }
}

/// `name` is what stands after `/docs/`; empty for the list of all.
pub(super) fn page(visit: &Visit, name: &str) -> Result<Answer, Refusal> {
    if let Some(query) = visit.fields.get("q").filter(|_| name.is_empty()) {
        return Ok(results(visit, query));
    }
    if name.is_empty() {
        return Ok(index(visit));
    }
    if let Some(path) = name.strip_suffix(".md") {
        return Ok(reply::see_other(&format!("/docs/{path}")));
    }
    let found = SHOWN.iter().find(|shown| shown.page.path == name);
    let shown = found.ok_or(Refusal::NoSuchPage)?;
    Ok(article(visit, shown))
}

fn frame(visit: &Visit, title: &str, body: &Markup) -> Answer {
    let page = match visit.who {
        Who::Unknown => shell::outside(visit, title, body),
        Who::SignedIn | Who::Everybody => {
            let head = shell::Head {
                title,
                place: shell::Place::Docs,
            };
            shell::page(visit, head, body)
        }
    };
    reply::html(StatusCode::OK, page)
}

/// Pages with fewer headings need no contents.
const FEWEST: usize = 2;
/// More are told above the text alone, folded.
const MOST_BESIDE: usize = 40;

fn article(visit: &Visit, shown: &Shown) -> Answer {
    let rendered = &shown.rendered;
    let nearest = &rendered.headings;
    let beside = (FEWEST + 1..=MOST_BESIDE).contains(&nearest.len());
    let body = html! {
        div.docs {
            (navigation(Some(shown.page)))
            article.docs-text {
                div.docs-head {
                    nav.trail aria-label="Where this is" { ol {
                        li { a href="/docs" { "Docs" } }
                        li { a href=(format!("/docs#{}", anchor(shown.page.kind))) { (shown.page.kind.name()) } }
                    } }
                    (search_form(visit))
                }
                @if nearest.len() > FEWEST {
                    details.on-page.folded.always[!beside] { summary { "On this page" } (contents(nearest)) }
                }
                (PreEscaped(&rendered.html))
                (neighbours(shown.page))
            }
            @if beside {
                nav.on-page aria-labelledby="on-this-page" {
                    p #on-this-page { "On this page" }
                    (contents(nearest))
                }
            }
        }
    };
    frame(visit, &rendered.title, &body)
}

fn contents(headings: &[Heading]) -> Markup {
    html! {
        ul { @for heading in headings {
            li.deep[heading.level > 2] { a href=(format!("#{}", heading.anchor)) { (heading.text) } }
        } }
    }
}

fn navigation(here: Option<&Page>) -> Markup {
    html! {
        nav.docs-nav aria-label="Documentation" {
            @for kind in Kind::ALL {
                p { (kind.name()) }
                ul { @for page in of_kind(kind) {
                    li { a href=(address(page)) aria-current=[(Some(page) == here).then_some("page")] { (page.name) } }
                } }
            }
        }
    }
}

fn of_kind(kind: Kind) -> impl Iterator<Item = &'static Page> {
    list::PAGES.iter().filter(move |page| page.kind == kind)
}

fn address(page: &Page) -> String {
    format!("/docs/{}", page.path)
}

fn anchor(kind: Kind) -> String {
    kind.name().to_lowercase().replace(' ', "-")
}

fn neighbours(page: &Page) -> Markup {
    let at = list::PAGES.iter().position(|known| known == page);
    let before = at
        .and_then(|at| at.checked_sub(1))
        .and_then(|at| list::PAGES.get(at));
    let after = at.and_then(|at| list::PAGES.get(at + 1));
    html! {
        nav.docs-pages aria-label="Pages before and after" {
            @if let Some(page) = before { a.button rel="prev" href=(address(page)) { "← " (page.name) } }
            span.grow {}
            @if let Some(page) = after { a.button rel="next" href=(address(page)) { (page.name) " →" } }
        }
    }
}

fn search_form(visit: &Visit) -> Markup {
    html! {
        form.search.docs-search method="get" action="/docs" role="search" {
            (shell::symbol("search"))
            label.hidden for="docs-q" { "Search the documentation" }
            input #docs-q type="search" name="q" placeholder="Search the documentation" value=[visit.fields.get("q")];
        }
    }
}

/// Of about the same height.
const COLUMNS: [&[Kind]; 3] = [
    &[Kind::Started, Kind::Migrating, Kind::Concepts],
    &[Kind::HowTo, Kind::TradeOffs, Kind::Benchmarks],
    &[Kind::Reference],
];

fn index(visit: &Visit) -> Answer {
    let body = html! {
        div.docs-index {
            div.docs-head {
                h1 { "Documentation" }
                (search_form(visit))
            }
            div.docs-kinds { @for column in COLUMNS {
                div { @for kind in column.iter().copied() {
                    section.tile aria-labelledby=(anchor(kind)) {
                        h2 #(anchor(kind)) { (kind.name()) }
                        ul { @for page in of_kind(kind) {
                            li { a href=(address(page)) { (page.name) } p.fine { (page.about) } }
                        } }
                    }
                } }
            } }
        }
    };
    frame(visit, "Documentation", &body)
}

fn results(visit: &Visit, query: &str) -> Answer {
    let hits = search::find(&SHOWN, query);
    let body = html! {
        div.docs {
            (navigation(None))
            div.docs-text {
                div.docs-head {
                    nav.trail aria-label="Where this is" { ol { li { a href="/docs" { "Docs" } } } }
                    (search_form(visit))
                }
                h1 { "Search: " (query) }
                @if hits.is_empty() {
                    div.empty {
                        h2 { "No page has all of these words" }
                        p { "Try fewer words, or only the beginning of one. " a href="/docs" { "All pages" } }
                    }
                } @else {
                    ol.docs-hits { @for hit in &hits {
                        li {
                            a href=(format!("{}#{}", address(hit.page.page), hit.anchor)) {
                                (hit.page.rendered.title)
                                @if !hit.heading.is_empty() { span.soft { " / " } (hit.heading) }
                            }
                            p { @for (at, part) in hit.excerpt.iter().enumerate() {
                                @if at % 2 == 1 { mark { (part) } } @else { (part) }
                            } }
                        }
                    } }
                    @if hits.len() == search::MOST { p.soft { "The best " (search::MOST) " places. More words give fewer." } }
                }
            }
        }
    };
    frame(visit, "Search", &body)
}

/// Where a link of the page at `from` leads.
fn target(from: &str, place: &str) -> Target {
    let (file, anchor) = match place.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor)),
        None => (place, None),
    };
    let end = anchor.map_or_else(String::new, |anchor| format!("#{anchor}"));
    if file.is_empty() {
        return Target::Address(end);
    }
    let Some(path) = below_docs(from, file) else {
        return Target::Nowhere;
    };
    if let Some(image) = list::IMAGES.iter().find(|image| image.path == path) {
        return shape(image).unwrap_or(Target::Nowhere);
    }
    let page = path
        .strip_suffix(".md")
        .and_then(|name| list::PAGES.iter().find(|page| page.path == name));
    match page {
        Some(page) => Target::Address(format!("{}{end}", address(page))),
        None => Target::Nowhere,
    }
}

/// The path below `docs/` that a link of the page at `from` means; `None` above the folder.
fn below_docs(from: &str, file: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in file.split('/') {
        match part {
            "." | "" => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Of a PNG: width and height are the first fields of its first chunk (PNG specification, 11.2.2).
fn shape(image: &Image) -> Option<Target> {
    let field = |at: usize| {
        let bytes = image.bytes.get(at..at + 4)?;
        Some(u32::from_be_bytes(bytes.try_into().ok()?))
    };
    Some(Target::Image {
        address: format!("/docs/{}", image.path),
        width: field(16)?,
        height: field(20)?,
    })
}

#[cfg(test)]
mod tests;
