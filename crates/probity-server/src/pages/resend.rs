//! A form that is not obeyed – its sender is signed out by now, or signed in anew, or something went
//! wrong – does not take what was typed into it along: it is shown, and can be sent once more.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::Fault;

use super::address::Address;
use super::visit::{Asked, Visit, Who};
use super::{failure, reply, shell, words};
use crate::answer::Answer;

/// What the browser's own forms say that nobody typed.
const NOT_TYPED: [&str; 7] = [
    "form_key", "card", "expected", "base", "do", "next", "region",
];

/// Why a form was not obeyed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Why<'a> {
    /// It carries no key of the session.
    Late,
    Fault(&'a Fault),
}

/// The page that keeps what was typed; `None` where the form may not be one of ours, or is of a kind
/// that nobody types into.
pub(super) fn page(
    (asked, visit): (&Asked, &Visit),
    address: &Address,
    why: Why<'_>,
) -> Option<Answer> {
    let takes_text = match address {
        Address::Card(_) | Address::Monitor(_) | Address::Constraints(_) => true,
        Address::Home
        | Address::Login
        | Address::Logout
        | Address::SignIn
        | Address::Theme
        | Address::Views
        | Address::Asset(_)
        | Address::Docs(_)
        | Address::DocsImage(_)
        | Address::Fleet
        | Address::FleetCsv
        | Address::Model(_)
        | Address::Feature(..)
        | Address::Run(_)
        | Address::Activity
        | Address::ActivityCsv
        | Address::Chain
        | Address::Event(_)
        | Address::Live => false,
    };
    // Another site could put its own words into our page.
    if !takes_text || matches!(why, Why::Late) && !asked.comes_from_here() {
        return None;
    }
    let visit = &visit.without_mark();
    let (status, said) = match why {
        Why::Late => (StatusCode::FORBIDDEN, late(visit)),
        Why::Fault(fault) => {
            let (status, text) = failure::told(fault, &visit.caller.request_id);
            (status, refused(visit, &text))
        }
    };
    let body = body(asked, visit, &said);
    let page = match visit.who {
        Who::Unknown => shell::outside(visit, TITLE, &body),
        Who::SignedIn | Who::Everybody => shell::page(visit, shell::Head::of(TITLE), &body),
    };
    Some(reply::html(status, page))
}

const TITLE: &str = "Not done yet";

fn late(visit: &Visit) -> Markup {
    html! {
        @if visit.who == Who::Unknown {
            p role="alert" { "You are signed out, so nothing was changed. What you typed is kept in this page, and only here: leave it open, sign in beside it, and send it once more." }
            p { a href="/login" target="_blank" rel="noopener" { "Sign in, in another tab" } }
        } @else {
            p role="alert" { "You signed in anew after this form was opened, so it was not obeyed. What you typed is kept in this page: send it once more." }
        }
    }
}

fn refused(visit: &Visit, text: &str) -> Markup {
    html! {
        p.complaint role="alert" { (words::prose(text)) }
        p.soft { "What you typed is kept in this page. Request " code { (visit.caller.request_id) } }
        p { a href=(visit.here()) { "Back, without it" } }
    }
}

fn body(asked: &Asked, visit: &Visit, said: &Markup) -> Markup {
    let typed = || {
        let fields = asked.form.iter();
        fields.filter(|(name, text)| !NOT_TYPED.contains(name) && !text.trim().is_empty())
    };
    html! {
        div.kept {
            h1 { (TITLE) }
            (said)
            form.stack method="post" action=(visit.here()) {
                @for (name, text) in asked.form.iter().filter(|(name, _)| *name != "form_key") {
                    input type="hidden" name=(name) value=(text);
                }
                (shell::form_key(visit))
                button.primary type="submit" { "Send it once more" }
            }
            @if typed().next().is_some() {
                details {
                    summary { "What is sent" }
                    dl.kept-fields { @for (name, text) in typed() { dt { code { (name) } } dd { (text) } } }
                }
            }
        }
    }
}
