//! What somebody sent from the editor, and what is wrong with it.

use probity_app::Fault;
use probity_app::model_card::{self, check_draft};
use serde_json::{Value, json};

use super::super::Desk;
use super::super::visit::{Asked, Visit};
use super::editor::Texts;
use super::form::{Form, evaluations};
use super::form_write::{Draft, write};
use super::told::{Remark, Told, told};

#[derive(Clone, Debug)]
pub(super) struct Posted {
    pub(super) texts: Texts,
    /// What the fields change.
    pub(super) base: Value,
    /// Whether the form has to carry the base, because no version is it.
    pub(super) carried: bool,
    pub(super) draft: Draft,
    pub(super) told: Told,
    /// The version that the writer has read; `None` of a new card.
    pub(super) expected: Option<i64>,
    pub(super) reason: String,
    wants: Wants,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wants {
    Save,
    /// More rows of this field.
    More(String),
    AsJson,
    AsFields,
}

pub(super) fn unchanged(content: &Value) -> Draft {
    Draft {
        content: content.clone(),
        faults: Vec::new(),
        slots: (0..evaluations(content).len()).collect(),
    }
}

pub(super) fn told_of(desk: Desk<'_>, visit: &Visit, draft: &Draft) -> Result<Told, Fault> {
    let check = check_draft(desk.app, &visit.caller, &draft.content.to_string())?;
    Ok(told(draft, &check))
}

pub(super) async fn read(desk: Desk<'_>, visit: &Visit, asked: &Asked) -> Result<Posted, Fault> {
    let form = Form::of_fields(&asked.form);
    let expected = form.text("expected").parse().ok();
    let base = match (serde_json::from_str(form.text("base")), expected) {
        (Ok(base), _) => Some(base),
        (Err(_), None) => Some(json!({})),
        (Err(_), Some(_)) => None,
    };
    let carried = base.is_some();
    let base = match base {
        Some(base) => base,
        None => {
            let card = (form.text("card"), expected);
            model_card::edit_base(desk.app, &visit.caller, card)
                .await?
                .content
        }
    };
    let (draft, told) = match form.get("json") {
        Some(text) => of_json(desk, visit, (text, &base))?,
        None => {
            let draft = write(&base, &form);
            let told = told_of(desk, visit, &draft)?;
            (draft, told)
        }
    };
    Ok(Posted {
        wants: match (form.text("do"), form.get("more")) {
            (_, Some(field)) => Wants::More(field.to_owned()),
            ("json", None) => Wants::AsJson,
            ("fields", None) => Wants::AsFields,
            (_, None) => Wants::Save,
        },
        reason: form.text("reason").to_owned(),
        texts: match form.get("json") {
            Some(text) => Texts::Json(text.to_owned()),
            None => Texts::Fields(form),
        },
        base,
        carried,
        draft,
        told,
        expected,
    })
}

/// What is no JSON cannot be held against the schema.
fn of_json(
    desk: Desk<'_>,
    visit: &Visit,
    (text, base): (&str, &Value),
) -> Result<(Draft, Told), Fault> {
    match serde_json::from_str::<Value>(text) {
        Ok(content) => {
            let draft = unchanged(&content);
            let check = check_draft(desk.app, &visit.caller, text)?;
            let told = told(&draft, &check);
            Ok((draft, told))
        }
        Err(error) => {
            let fault = Remark {
                field: "json".to_owned(),
                name: "JSON".to_owned(),
                text: format!("this is no JSON: {error}"),
                rule: None,
            };
            let told = Told {
                faults: vec![fault],
                characters: text.chars().count(),
                ..Told::default()
            };
            Ok((unchanged(base), told))
        }
    }
}

impl Posted {
    /// Whether the writer asked for other fields rather than to save.
    pub(super) fn wants_other_fields(&self) -> bool {
        self.wants != Wants::Save
    }

    pub(super) fn other_fields(mut self) -> Posted {
        match (&self.wants, &mut self.texts) {
            (Wants::More(field), Texts::Fields(form)) => form.add(field),
            (Wants::AsJson, Texts::Fields(_)) => {
                self.texts = Texts::Json(format!("{:#}", self.draft.content));
            }
            (Wants::AsFields, Texts::Json(text)) if serde_json::from_str::<Value>(text).is_ok() => {
                self.base = self.draft.content.clone();
                self.carried = true;
                self.texts = Texts::Fields(Form::of_content(&self.base));
            }
            (Wants::Save | Wants::More(_) | Wants::AsJson | Wants::AsFields, _) => {}
        }
        self
    }
}
