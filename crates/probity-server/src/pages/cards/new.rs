//! `/cards/new`: a card that is filled in as far as the model is known here, and then by hand.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::{Fault, dashboard};
use serde_json::{Value, json};

use super::super::visit::{Asked, Visit};
use super::super::{Desk, Refusal, reply, shell, words};
use super::draft::{self, Posted};
use super::edit::{faults, refused};
use super::editor::{self, Editor, Texts, Title};
use super::form::Form;
use super::{accepted, card_path, may_write};
use crate::answer::Answer;
use crate::aws::Service;
use crate::card_evidence;

/// What is known of a model, as the content of a card.
struct Known {
    content: Value,
    notes: Vec<String>,
}

pub(super) async fn page(desk: Desk<'_>, visit: &Visit) -> Result<Answer, Refusal> {
    let model = visit.fields.get("model").map(str::trim);
    let known = match model {
        None => Known {
            content: json!({}),
            notes: Vec::new(),
        },
        Some(model) => known_of(desk, visit, model).await?,
    };
    let told = draft::told_of(desk, visit, &draft::unchanged(&known.content))?;
    let editor = Editor {
        title: Title::New(model.unwrap_or_default()),
        base: &known.content,
        carried: true,
        texts: Texts::Fields(Form::of_content(&known.content)),
        told: &told,
        reason: "",
        is_unsaved: false,
        note: fill_in(visit, &known),
    };
    Ok(reply::html(StatusCode::OK, editor::page(visit, &editor)))
}

async fn known_of(desk: Desk<'_>, visit: &Visit, model: &str) -> Result<Known, Fault> {
    let wanted = json!({ "ModelName": model });
    let wanted = accepted(Service::Probity, "PreviewModelCard", wanted)?;
    let known = card_evidence::preview(desk.tools, &visit.caller, wanted).await?;
    let content = known.get("Content").and_then(Value::as_str).unwrap_or("{}");
    let content = serde_json::from_str(content)
        .map_err(|source| Fault::internal("read what is known of a model", source))?;
    let notes = known.get("Notes").and_then(Value::as_array);
    let notes = notes.into_iter().flatten().filter_map(Value::as_str);
    Ok(Known {
        content,
        notes: notes.map(str::to_owned).collect(),
    })
}

fn fill_in(visit: &Visit, known: &Known) -> Markup {
    html! {
        p.soft.lead { "Nothing is kept until you create it. A new card is a draft: others see it, and nobody takes it for approved." }
        form.filters.tools method="get" action="/cards/new" {
            @if let Some(region) = visit.fields.get("region") { input type="hidden" name="region" value=(region); }
            label.choice { span { "Model on this server" } input name="model" value=[visit.fields.get("model")]; }
            button type="submit" { "Fill in what is known of it" }
        }
        @if !known.notes.is_empty() {
            div.notes role="note" { p { "Filled in from what is known here:" } ul { @for note in &known.notes { li { (words::prose(note)) } } } }
        }
    }
}

pub(super) async fn create(
    desk: Desk<'_>,
    asked: &Asked,
    visit: &Visit,
) -> Result<Answer, Refusal> {
    let posted = draft::read(desk, visit, asked).await?;
    let name = asked.form.get("name").unwrap_or_default().trim();
    if posted.wants_other_fields() {
        let posted = posted.other_fields();
        return Ok(shown(visit, (name, &posted), (StatusCode::OK, html! {})));
    }
    if !posted.told.faults.is_empty() {
        let note = faults(&posted.told);
        return Ok(shown(
            visit,
            (name, &posted),
            (StatusCode::BAD_REQUEST, note),
        ));
    }
    let wanted = json!({
        "ModelCardName": name,
        "ModelCardStatus": "Draft",
        "Content": posted.draft.content.to_string(),
    });
    let created = match accepted(Service::SageMaker, "CreateModelCard", wanted) {
        Ok(wanted) => card_evidence::create(desk.tools, &visit.caller, wanted).await,
        Err(fault) => Err(fault),
    };
    match created {
        Ok(_) => Ok(reply::see_other(&visit.href(&card_path(name)))),
        Err(fault) => Ok(shown(visit, (name, &posted), refused(visit, &fault))),
    }
}

fn shown(
    visit: &Visit,
    (name, posted): (&str, &Posted),
    (status, note): (StatusCode, Markup),
) -> Answer {
    let editor = Editor {
        title: Title::New(name),
        base: &posted.base,
        carried: true,
        texts: posted.texts.clone(),
        told: &posted.told,
        reason: &posted.reason,
        is_unsaved: true,
        note,
    };
    reply::html(status, editor::page(visit, &editor))
}

/// `/models/NAME/card`: the model's card, or a new one for it.
pub(super) async fn of_model(
    desk: Desk<'_>,
    visit: &Visit,
    model: &str,
) -> Result<Answer, Refusal> {
    let page = dashboard::model::model(desk.app, &visit.caller, model).await?;
    let place = match &page.card {
        Some(card) => card_path(card),
        None if may_write(visit) => format!("/cards/new?model={}", shell::encoded(&page.name)),
        None => {
            let message = format!("no model card describes `{model}`");
            return Err(Fault::missing(message).into());
        }
    };
    Ok(reply::see_other(&visit.href(&place)))
}
