//! `/cards/NAME/edit`: the editor of a card. It is one form that works without scripts; with them
//! it tells what is wrong while somebody types.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::Fault;
use probity_app::model_card::{self, EditBase};
use serde_json::{Value, json};

use super::super::visit::{Asked, Visit};
use super::super::{Desk, Refusal, failure, reply, words};
use super::draft::{self, Posted};
use super::editor::{Editor, Texts, Title};
use super::form::Form;
use super::told::Told;
use super::{accepted, card_path, conflict, editor, value_words};
use crate::answer::Answer;
use crate::aws::Service;

pub(super) async fn page(desk: Desk<'_>, visit: &Visit, name: &str) -> Result<Answer, Refusal> {
    let latest = model_card::edit_base(desk.app, &visit.caller, (name, None)).await?;
    let from = visit.fields.get("from").and_then(|text| text.parse().ok());
    let from = match from.filter(|from| *from != latest.version) {
        None => None,
        Some(from) => {
            let old = model_card::edit_base(desk.app, &visit.caller, (name, Some(from))).await?;
            Some(old)
        }
    };
    let content = from.as_ref().map_or(&latest.content, |old| &old.content);
    let draft = draft::unchanged(content);
    let told = draft::told_of(desk, visit, &draft)?;
    let note = html! {
        (standing(&latest))
        @if let Some(old) = &from {
            div.notes role="note" { p { "These are the texts of version " (old.version) ", by " (old.created_by) ". Saved, they follow version " (latest.version) "." } }
        }
    };
    let editor = Editor {
        title: Title::Edit(&latest),
        base: content,
        carried: from.is_some(),
        texts: match visit.fields.get("as") {
            Some("json") => Texts::Json(format!("{content:#}")),
            _ => Texts::Fields(Form::of_content(content)),
        },
        told: &told,
        reason: "",
        // Nobody typed what an earlier version says.
        is_unsaved: false,
        note,
    };
    Ok(reply::html(StatusCode::OK, editor::page(visit, &editor)))
}

/// What saving does to the card beside its text.
fn standing(card: &EditBase) -> Markup {
    html! {
        @if let Some(refusal) = &card.refusal {
            p.complaint role="alert" { (words::prose(refusal)) }
        } @else if card.status != card.status_after {
            div.notes role="note" { p { "The card is " (value_words::status(card.status).to_lowercase()) ". What is saved has not been reviewed: it becomes a "
                (value_words::status(card.status_after).to_lowercase()) "." } }
        }
    }
}

/// What is wrong with what the form says now, for the script.
pub(super) async fn check(desk: Desk<'_>, asked: &Asked, visit: &Visit) -> Result<Answer, Refusal> {
    let posted = draft::read(desk, visit, asked).await?;
    Ok(reply::json(&posted.told.as_json()))
}

pub(super) async fn save(
    desk: Desk<'_>,
    (asked, visit): (&Asked, &Visit),
    name: &str,
) -> Result<Answer, Refusal> {
    let posted = draft::read(desk, visit, asked).await?;
    let latest = model_card::edit_base(desk.app, &visit.caller, (name, None)).await?;
    if posted.wants_other_fields() {
        let posted = posted.other_fields();
        return Ok(shown(visit, (&latest, &posted), (StatusCode::OK, html! {})));
    }
    if !posted.told.faults.is_empty() {
        let note = html! { (faults(&posted.told)) };
        return Ok(shown(
            visit,
            (&latest, &posted),
            (StatusCode::BAD_REQUEST, note),
        ));
    }
    if posted.expected != Some(latest.version) {
        return conflict::page(desk, (visit, &posted), &latest).await;
    }
    if posted.draft.content == latest.content {
        let note = html! { div.notes role="status" { p { "Nothing was changed, so that there is nothing to save." } } };
        return Ok(shown(visit, (&latest, &posted), (StatusCode::OK, note)));
    }
    match write(desk, visit, (name, &posted)).await {
        Ok(()) => Ok(reply::see_other(&visit.href(&card_path(name)))),
        Err(fault @ (Fault::Invalid { .. } | Fault::Conflict { .. })) => {
            // Either somebody was faster, or the model has another card.
            let now = model_card::edit_base(desk.app, &visit.caller, (name, None)).await?;
            if posted.expected != Some(now.version) {
                return conflict::page(desk, (visit, &posted), &now).await;
            }
            Ok(shown(visit, (&now, &posted), refused(visit, &fault)))
        }
        Err(fault) => Ok(shown(visit, (&latest, &posted), refused(visit, &fault))),
    }
}

async fn write(
    desk: Desk<'_>,
    visit: &Visit,
    (name, posted): (&str, &Posted),
) -> Result<(), Fault> {
    let mut wanted = json!({
        "ModelCardName": name,
        "Content": posted.draft.content.to_string(),
        "ExpectedVersion": posted.expected,
    });
    if !posted.reason.trim().is_empty() {
        wanted["Reason"] = posted.reason.trim().into();
    }
    let wanted: Value = accepted(Service::Probity, "EditModelCard", wanted)?;
    model_card::edit(desk.app, &visit.caller, wanted).await?;
    Ok(())
}

/// The editor again, with everything that was typed.
fn shown(
    visit: &Visit,
    (latest, posted): (&EditBase, &Posted),
    (status, note): (StatusCode, Markup),
) -> Answer {
    let editor = Editor {
        title: Title::Edit(&EditBase {
            version: posted.expected.unwrap_or(latest.version),
            ..latest.clone()
        }),
        base: &posted.base,
        carried: posted.carried,
        texts: posted.texts.clone(),
        told: &posted.told,
        reason: &posted.reason,
        is_unsaved: posted.draft.content != latest.content || !posted.told.faults.is_empty(),
        note,
    };
    reply::html(status, editor::page(visit, &editor))
}

/// Whatever went wrong, the editor comes back with what was typed. Also of new cards.
pub(super) fn refused(visit: &Visit, fault: &Fault) -> (StatusCode, Markup) {
    let (status, text) = failure::told(fault, &visit.caller.request_id);
    let note = html! {
        p.complaint role="alert" { "Not saved. " (words::prose(&text)) " Nothing that you typed is lost. " span.soft { "Request " code { (visit.caller.request_id) } } }
    };
    (status, note)
}

/// Also of new cards.
pub(super) fn faults(told: &Told) -> Markup {
    html! {
        div.complaint role="alert" tabindex="-1" {
            p { strong { "Not saved: " (words::number_of(told.faults.len(), "field")) " cannot be kept as written. Nothing that you typed is lost." } }
            ul { @for fault in &told.faults { li {
                @if fault.field.is_empty() { (fault.name) } @else { a href=(format!("#{}", fault.field)) { (fault.name) } }
                ": " (words::prose(&fault.text))
            } } }
        }
    }
}
