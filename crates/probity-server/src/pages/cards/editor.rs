//! The page of the editor, of new cards and of those that are there.

use maud::{Markup, html};
use probity_app::model_card::{EditBase, LONGEST_CONTENT};
use serde_json::Value;

use super::super::visit::Visit;
use super::super::{badge, shell, words};
use super::address::{Leaf, leaf_path};
use super::card_path;
use super::fieldset::{Sheet, chapters, contents};
use super::form::Form;
use super::told::{Remark, Told};

/// How a content is written: field by field, or whole.
#[derive(Clone, Debug)]
pub(super) enum Texts {
    Fields(Form),
    Json(String),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Title<'a> {
    Edit(&'a EditBase),
    /// With the name that the card is to have.
    New(&'a str),
}

#[derive(Debug)]
pub(super) struct Editor<'a> {
    pub(super) title: Title<'a>,
    pub(super) base: &'a Value,
    /// The form takes the base with it.
    pub(super) carried: bool,
    pub(super) texts: Texts,
    pub(super) told: &'a Told,
    pub(super) reason: &'a str,
    /// The fields say what no version says.
    pub(super) is_unsaved: bool,
    /// Above the form.
    pub(super) note: Markup,
}

pub(super) fn page(visit: &Visit, editor: &Editor<'_>) -> Markup {
    let title = match editor.title {
        Title::Edit(card) => format!("Edit {}", card.name),
        Title::New(_) => "New model card".to_owned(),
    };
    let head = shell::Head {
        title: &title,
        place: shell::Place::Cards,
    };
    let body = html! {
        (trail(visit, editor))
        div.title {
            h1 { (title) }
            @if let Title::Edit(card) = editor.title { (badge::card_status(card.status)) span.soft { "after version " (card.version) } }
        }
        (editor.note)
        (form(visit, editor))
    };
    shell::page(visit, head, &body)
}

fn trail(visit: &Visit, editor: &Editor<'_>) -> Markup {
    match editor.title {
        Title::Edit(card) => shell::trail(
            visit,
            &[("Cards", "/cards"), (&card.name, &card_path(&card.name))],
        ),
        Title::New(_) => shell::trail(visit, &[("Cards", "/cards")]),
    }
}

fn form(visit: &Visit, editor: &Editor<'_>) -> Markup {
    let action = match editor.title {
        Title::Edit(card) => leaf_path(&card.name, Leaf::Edit),
        Title::New(_) => "/cards/new".to_owned(),
    };
    if let Title::Edit(card) = editor.title
        && card.refusal.is_some()
    {
        return html! { p { a href=(visit.href(&card_path(&card.name))) { "Back to the card" } } };
    }
    html! {
        form.editor method="post" action=(visit.href(&action)) data-still data-unsaved[editor.is_unsaved] data-check=(visit.href("/cards/check")) autocomplete="off" {
            (carried(visit, editor))
            div.save-bar {
                @match editor.title {
                    Title::New(name) => (name_field(name)),
                    Title::Edit(_) => label.why { span { "Why this change" } input name="reason" value=(editor.reason) maxlength="1024" placeholder="Kept with the version"; },
                }
                button.primary name="do" value="save" type="submit" { @match editor.title { Title::New(_) => "Create as draft", Title::Edit(_) => "Save" } }
                (other_way(editor))
                a href=(visit.href(&back(editor))) { "Cancel" }
            }
            (summary(editor.told))
            @match &editor.texts {
                Texts::Fields(form) => { (contents()) (chapters(Sheet { form, base: editor.base, told: editor.told })) },
                Texts::Json(text) => (json_field(text, editor.told)),
            }
        }
    }
}

fn carried(visit: &Visit, editor: &Editor<'_>) -> Markup {
    html! {
        (shell::form_key(visit))
        @if let Title::Edit(card) = editor.title {
            input type="hidden" name="card" value=(card.name);
            input type="hidden" name="expected" value=(card.version);
        }
        @if editor.carried { input type="hidden" name="base" value=(editor.base); }
    }
}

fn back(editor: &Editor<'_>) -> String {
    match editor.title {
        Title::Edit(card) => card_path(&card.name),
        Title::New(_) => "/cards".to_owned(),
    }
}

fn name_field(name: &str) -> Markup {
    html! {
        label.why { span { "Name of the card" }
            input name="name" value=(name) required maxlength="63" pattern="[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}" title="Letters, digits and hyphens" placeholder="credit-approval"; }
    }
}

fn other_way(editor: &Editor<'_>) -> Markup {
    let (value, text) = match editor.texts {
        Texts::Fields(_) => ("json", "As JSON"),
        Texts::Json(_) => ("fields", "As fields"),
    };
    html! { button name="do" value=(value) type="submit" formnovalidate { (text) } }
}

/// What the policy still finds, and how much room there is. The script keeps it up to date.
fn summary(told: &Told) -> Markup {
    html! {
        div.editor-summary role="status" data-editor-summary {
            p data-fault-total { @if told.faults.is_empty() { "Nothing stands in the way of saving." } @else { (words::number_of(told.faults.len(), "fault")) " in the way of saving." } }
            p data-wish-total { @if told.findings.is_empty() { "The policy demands nothing more of what is written." } @else { "The policy demands more before an approval:" } }
            ul.wishes data-wishes { @for finding in &told.findings { (wish(finding)) } }
            p.fine { span data-characters { (words::count(i64::try_from(told.characters).unwrap_or(i64::MAX))) } " of " (words::count(i64::try_from(LONGEST_CONTENT).unwrap_or(i64::MAX))) " characters. Reports are compared at the review." }
        }
    }
}

fn wish(finding: &Remark) -> Markup {
    html! {
        li {
            @if finding.field.is_empty() { span { (words::prose(&finding.text)) } }
            @else { a href=(format!("#{}", finding.field)) { (finding.name) } span { ": " (words::prose(&finding.text)) } }
        }
    }
}

fn json_field(text: &str, told: &Told) -> Markup {
    let rows = text.lines().count().clamp(20, 60);
    html! {
        section.chapter.whole {
            label for="json" { "Content of the card, by the schema of SageMaker" }
            @for fault in &told.faults { p.fault { (words::prose(&fault.text)) } }
            p.fault data-fault-of="json" hidden {}
            textarea.code #json name="json" rows=(rows) spellcheck="false" { "\n" (text) }
        }
    }
}
