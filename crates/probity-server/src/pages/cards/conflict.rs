//! Somebody else saved first: both edits are put together, what clashes is told, and nothing of
//! either is lost.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::model_card::{self, EditBase};
use probity_domain::document::model_card::difference::{Change, differences};
use probity_domain::document::model_card::merge::{Clash, Edits, merge};

use super::super::visit::Visit;
use super::super::{Desk, Refusal, reply, words};
use super::change_rows::text;
use super::draft::{self, Posted};
use super::editor::{self, Editor, Texts, Title};
use super::form::Form;
use super::{changes, guide};
use crate::answer::Answer;

pub(super) async fn page(
    desk: Desk<'_>,
    (visit, posted): (&Visit, &Posted),
    latest: &EditBase,
) -> Result<Answer, Refusal> {
    let began = (latest.name.as_str(), posted.expected);
    let began = model_card::edit_base(desk.app, &visit.caller, began).await?;
    let edits = Edits {
        base: &began.content,
        mine: &posted.draft.content,
        theirs: &latest.content,
    };
    let (merged, clashes) = merge(edits);
    let told = draft::told_of(desk, visit, &draft::unchanged(&merged))?;
    let sides = Sides {
        began: began.version,
        latest,
        mine: differences(edits.base, edits.mine),
        theirs: differences(edits.base, edits.theirs),
        clashes,
    };
    let editor = Editor {
        title: Title::Edit(latest),
        base: &merged,
        carried: true,
        texts: match posted.texts {
            Texts::Fields(_) => Texts::Fields(Form::of_content(&merged)),
            Texts::Json(_) => Texts::Json(format!("{merged:#}")),
        },
        told: &told,
        reason: &posted.reason,
        is_unsaved: true,
        note: note(visit, &sides),
    };
    Ok(reply::html(
        StatusCode::CONFLICT,
        editor::page(visit, &editor),
    ))
}

struct Sides<'a> {
    began: i64,
    latest: &'a EditBase,
    mine: Vec<Change>,
    theirs: Vec<Change>,
    clashes: Vec<Clash>,
}

fn note(visit: &Visit, sides: &Sides<'_>) -> Markup {
    let latest = sides.latest;
    html! {
        div.notes.clash role="alert" {
            h2 { "Not saved yet: " (latest.created_by) " saved version " (latest.version) " meanwhile" }
            p { "You began from version " (sides.began) "; version " (latest.version) " came " (words::ago(latest.created_ms, visit.now_ms)) ". The fields below have both: look through them, and save again." }
            @if sides.clashes.is_empty() {
                p { "Nothing clashes: you changed other things." }
            } @else {
                p { strong { (words::number_of(sides.clashes.len(), "field")) " both of you changed." } " The fields have your text; version " (latest.version) " says:" }
                dl.clashes { @for clash in &sides.clashes {
                    dt { (guide::label(&clash.path)) }
                    dd { @match &clash.theirs { Some(theirs) => (text(theirs)), None => span.none { "nothing: it was taken away" } } }
                } }
            }
            details { summary { "What version " (latest.version) " changed" } (changes::table(&sides.theirs)) }
            details { summary { "What you changed" } (changes::table(&sides.mine)) }
        }
    }
}
