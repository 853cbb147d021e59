//! Pages that say what went wrong, whose turn it is, and the id to tell.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::Fault;

use super::visit::Visit;
use super::{Refusal, reply, shell};
use crate::answer::Answer;
use crate::report::Chain;

struct Told {
    status: StatusCode,
    title: &'static str,
    text: String,
}

pub(super) fn page(visit: &Visit, refusal: &Refusal) -> Answer {
    // What went wrong stays until the reader goes on.
    let visit = &visit.without_mark();
    let told = tell(refusal, &visit.caller.request_id);
    let body = body(&told, &visit.caller.request_id);
    let page = match visit.who {
        super::visit::Who::Unknown => shell::outside(visit, told.title, &body),
        super::visit::Who::SignedIn | super::visit::Who::Everybody => {
            shell::page(visit, shell::Head::of(told.title), &body)
        }
    };
    reply::html(told.status, page)
}

/// Where not even the visitor could be looked up.
pub(super) fn bare(request_id: &str, fault: &Fault) -> Answer {
    let told = of_fault(fault, request_id);
    reply::html(
        told.status,
        shell::bare(told.title, &body(&told, request_id)),
    )
}

fn body(told: &Told, request_id: &str) -> Markup {
    html! {
        div.failure {
            p.code-number { (told.status.as_u16()) }
            h1 { (told.title) }
            p { (told.text) }
            p.soft { "Request " code { (request_id) } }
            p { a href="/dashboard" { "To the fleet" } }
        }
    }
}

fn tell(refusal: &Refusal, request_id: &str) -> Told {
    match refusal {
        Refusal::Fault(fault) => of_fault(fault, request_id),
        Refusal::ForgedForm => Told {
            status: StatusCode::FORBIDDEN,
            title: "This form is too old",
            text: "It was made before you signed in, or did not come from this server. Go back, \
                   load the page again, and send it once more."
                .to_owned(),
        },
        Refusal::NoSuchPage => Told {
            status: StatusCode::NOT_FOUND,
            title: "There is no such page",
            text: "The address leads nowhere.".to_owned(),
        },
    }
}

/// How the answer to a fault is marked, and what it says to people.
pub(super) fn told(fault: &Fault, request_id: &str) -> (StatusCode, String) {
    let told = of_fault(fault, request_id);
    (told.status, told.text)
}

fn title_of(fault: &Fault) -> (StatusCode, &'static str) {
    match fault {
        Fault::NotFound { .. } | Fault::Missing { .. } => (StatusCode::NOT_FOUND, "Not found"),
        Fault::Exists { .. } | Fault::InUse { .. } | Fault::Conflict { .. } => {
            (StatusCode::CONFLICT, "This cannot be done now")
        }
        Fault::Limit { .. } | Fault::Invalid { .. } => {
            (StatusCode::BAD_REQUEST, "This cannot be done")
        }
        Fault::Denied { .. } => (StatusCode::FORBIDDEN, "You may not do this"),
        Fault::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "Too much to do"),
        Fault::Internal { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "Something broke here"),
    }
}

fn of_fault(fault: &Fault, request_id: &str) -> Told {
    let (status, title) = title_of(fault);
    let text = match fault {
        Fault::Internal { .. } => {
            tracing::error!(
                request_id,
                "failed to make the page of request `{request_id}`: {}",
                Chain(fault)
            );
            "It is not your fault. The log of the server says more under this request.".to_owned()
        }
        other => sentence(&other.to_string()),
    };
    Told {
        status,
        title,
        text,
    }
}

/// Messages of verbs begin in lower case and end without a period.
pub(super) fn sentence(text: &str) -> String {
    let mut signs = text.chars();
    let first: String = signs
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .collect();
    let end = if text.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{first}{}{end}", signs.as_str())
}
