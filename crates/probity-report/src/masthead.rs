//! The top of a report: what kind of report, its finding in one line, what it is about.

use maud::{Markup, html};

use crate::number;

/// The mark beside the headline: a shape and a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Good,
    Bad,
    /// A report that judges nothing.
    Neutral,
    /// Nothing is known to be wrong, because nothing was judged; or something stands out.
    Warning,
}

pub(crate) struct Masthead<'a> {
    pub(crate) kind: &'a str,
    /// The user's own title, when there is one.
    pub(crate) title: Option<&'a str>,
    pub(crate) mark: Mark,
    pub(crate) headline: &'a str,
    pub(crate) lead: Markup,
}

pub(crate) fn masthead(masthead: &Masthead<'_>) -> Markup {
    let (class, path) = match masthead.mark {
        Mark::Good => ("good", "M5 12.5l4.5 4.5L19 7.5"),
        Mark::Bad => ("bad", "M12 5v9M12 18v.5"),
        Mark::Warning => ("warning", "M12 5v9M12 18v.5"),
        Mark::Neutral => ("neutral", "M6 19v-6M12 19V6M18 19v-9"),
    };
    html! {
        header.top {
            div.wrap {
                p.kind {
                    b { "Probity" } " " (masthead.kind)
                    @if let Some(title) = masthead.title { " · " bdi { (title) } }
                }
                div.headline {
                    svg.mark.(class) viewBox="0 0 24 24" aria-hidden="true" {
                        circle cx="12" cy="12" r="12" {}
                        path d=(path) {}
                    }
                    h1 { (masthead.headline) }
                }
                p.lead { (masthead.lead) }
            }
        }
    }
}

/// Where the rows came from, as the user named it.
pub(crate) fn sources(sources: &[String]) -> Markup {
    const MOST: usize = 3;
    html! {
        @if sources.is_empty() { "unnamed data" }
        @for (index, source) in sources.iter().take(MOST).enumerate() {
            @if index > 0 { ", " }
            code { bdi { (source) } }
        }
        @if sources.len() > MOST { " and " (number::count((sources.len() - MOST) as u64)) " more" }
    }
}

/// What a reader should know before the numbers.
pub(crate) fn notes<'a>(notes: impl Iterator<Item = &'a String>) -> Markup {
    let notes: Vec<&String> = notes.collect();
    html! {
        @if !notes.is_empty() {
            section.notes {
                h2 { "To know first" }
                ul { @for note in notes { li { (crate::prose::prose(note)) } } }
            }
        }
    }
}

/// A list of terms and what they mean.
pub(crate) fn terms(terms: &[(&str, &str)]) -> Markup {
    html! {
        dl { @for (term, meaning) in terms { dt { (term) } dd { (meaning) } } }
    }
}
