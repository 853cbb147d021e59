//! A form that is not obeyed – its sender is signed out by now, or signed in anew, or something went
//! wrong – does not take what was typed into it along: it is shown, can be corrected, and can be sent
//! once more, by whoever is told what it does and in whose name.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::Fault;

use super::address::Address;
use super::cards::{CardAddress, Leaf};
use super::visit::{Asked, Visit, Who};
use super::{cards, constraints, failure, reply, shell, words};
use crate::answer::Answer;

/// What the browser's own forms say that nobody typed.
const NOT_TYPED: [&str; 13] = [
    "form_key", "card", "expected", "base", "do", "more", "to", "next", "region", "alert", "seen",
    "silence", "tried",
];
/// A line of a form has room for as many signs.
const LINE: usize = 80;

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
    let deed = deed(asked, address)?;
    // Another site could put its own words into our page.
    if matches!(why, Why::Late) && !asked.comes_from_here() {
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
    let helps = match why {
        Why::Late => true,
        Why::Fault(fault) => may_help(fault),
    };
    let title = match helps {
        true => "Not done yet",
        false => "Not done",
    };
    let body = html! {
        div.kept {
            h1 { (title) }
            (said)
            @if helps { (form(asked, visit, &deed)) } @else { (kept(asked)) }
        }
    };
    let page = match visit.who {
        Who::Unknown => shell::outside(visit, title, &body),
        Who::SignedIn | Who::Everybody => shell::page(visit, shell::Head::of(title), &body),
    };
    Some(reply::html(status, page))
}

/// What the form asks for, as words that follow "to". `None` of forms that nobody types into.
fn deed(asked: &Asked, address: &Address) -> Option<String> {
    let field = |name: &str| asked.form.get(name).unwrap_or_default();
    Some(match address {
        Address::Monitor(name) => match field("do") {
            "run" => format!("run the monitor `{name}` now"),
            "acknowledge" => format!("acknowledge the alert of `{name}`"),
            "silence" => format!("silence the alerts of `{name}`"),
            "lift" => format!("lift the silence of `{name}`"),
            "comment" => format!("comment on the alerts of `{name}`"),
            _ => return None,
        },
        Address::Constraints(name) => match field("do") {
            "apply" => format!("put thresholds of `{name}` in force"),
            _ => format!("try thresholds of `{name}`"),
        },
        Address::Card(CardAddress::New) => "create a model card".to_owned(),
        Address::Card(CardAddress::Of(name, Leaf::Edit)) => format!("save the card `{name}`"),
        Address::Card(CardAddress::Of(name, Leaf::Review)) => match field("to") {
            "" => format!("comment on the card `{name}`"),
            status => format!("set the card `{name}` to {status}"),
        },
        Address::Card(_)
        | Address::Home
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
        | Address::Live => return None,
    })
}

/// Whether another try may have another end.
fn may_help(fault: &Fault) -> bool {
    match fault {
        Fault::Invalid { .. }
        | Fault::Limit { .. }
        | Fault::Exists { .. }
        | Fault::Conflict { .. }
        | Fault::InUse { .. }
        | Fault::Overloaded
        | Fault::Internal { .. } => true,
        Fault::Denied { .. } | Fault::NotFound { .. } | Fault::Missing { .. } => false,
    }
}

fn late(visit: &Visit) -> Markup {
    html! {
        @if visit.who == Who::Unknown {
            p role="alert" { "You are signed out, so nothing was changed. What you typed is kept in this page, and only here: leave it open, sign in beside it, and send it once more." }
            p { a href="/login" target="_blank" rel="noopener" { "Sign in, in another tab" } }
        } @else {
            p role="alert" { "Somebody signed in anew after this form was opened, so it was not obeyed." }
        }
    }
}

fn refused(visit: &Visit, text: &str) -> Markup {
    html! {
        p.complaint role="alert" { (words::prose(text)) }
        p.soft { "Request " code { (visit.caller.request_id) } }
        p { a href=(visit.here()) { "Back, without what was typed" } }
    }
}

/// What was typed, to be taken elsewhere: sending it once more would end the same way.
fn kept(asked: &Asked) -> Markup {
    let fields = asked
        .form
        .iter()
        .filter(|(name, text)| is_typed(name) && !text.trim().is_empty());
    let fields: Vec<_> = fields.collect();
    html! {
        @if !fields.is_empty() {
            details { summary { "What you typed" }
                @for (name, text) in fields {
                    label { span { (label(name)) } textarea readonly rows=(rows(text)) { "\n" (text.replace("\r\n", "\n")) } }
                }
            }
        }
    }
}

fn is_typed(name: &str) -> bool {
    !NOT_TYPED.contains(&name)
        && !name.starts_with("was.")
        && !name.ends_with(".was")
        && !name.ends_with(".remove")
}

fn form(asked: &Asked, visit: &Visit, deed: &str) -> Markup {
    // Both are said anew.
    let fields = || {
        let fields = asked.form.iter();
        fields.filter(|(name, _)| !matches!(*name, "form_key" | "region"))
    };
    let n_typed = fields().filter(|(name, _)| is_typed(name)).count();
    let n_typed = n_typed.min(FEW + 1);
    html! {
        form.stack method="post" action=(visit.here()) {
            p { "It asks to " (words::prose(deed))
                @if visit.is_signed_in() { ", in the name of " strong { (visit.caller.user) } } "." }
            @for (name, text) in fields().filter(|(name, _)| !is_typed(name)) {
                input type="hidden" name=(name) value=(text);
            }
            (shell::form_key(visit))
            @match n_typed {
                0 => {},
                1..=FEW => { @for field in fields().filter(|(name, _)| is_typed(name)) { (typed(field)) } },
                // An editor has dozens of fields, most of them as they were.
                _ => details { summary { "What is sent" } @for field in fields().filter(|(name, _)| is_typed(name)) { (typed(field)) } },
            }
            button.primary type="submit" { "Send it once more" }
        }
    }
}

fn label(name: &str) -> String {
    match name {
        "reason" => "Reason".to_owned(),
        "text" | "comment" => "Comment".to_owned(),
        "hours" => "Hours".to_owned(),
        "name" => "Name".to_owned(),
        "json" => "Content, as JSON".to_owned(),
        name => constraints::label(name).unwrap_or_else(|| cards::field_label(name)),
    }
}

/// Fields that are shown without being asked for.
const FEW: usize = 4;

fn typed((name, text): (&str, &str)) -> Markup {
    // Forms have lines end as in mail; the text of a page has not.
    let text = text.replace("\r\n", "\n");
    html! {
        label { span { (label(name)) }
            @if rows(&text) > 1 {
                textarea name=(name) rows=(rows(&text)) { "\n" (text) }
            } @else {
                input name=(name) value=(text) autocomplete="off";
            }
        }
    }
}

/// Lines of a field that has room for `text`, or for its beginning.
fn rows(text: &str) -> usize {
    match text.contains('\n') || text.chars().count() > LINE {
        true => 4,
        false => 1,
    }
}
