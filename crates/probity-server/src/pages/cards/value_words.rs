//! States of cards and their evidence, told the same on every page.

use maud::{Markup, html};
use probity_domain::document::card_dossier::{
    CardDossier, EvaluationStanding, Staleness, Standing,
};
use probity_domain::resource::CardStatus;

use super::super::shell::symbol;

pub(super) fn status(status: CardStatus) -> &'static str {
    match status {
        CardStatus::Draft => "Draft",
        CardStatus::PendingReview => "Pending review",
        CardStatus::Approved => "Approved",
        CardStatus::Archived => "Archived",
    }
}

/// The name of the model that the card describes, or whatever its owner calls it.
pub(super) fn model(card: &CardDossier) -> Option<&str> {
    let overview = &card.card.overview;
    let id = overview.model_name.as_deref().or(card.card.model_id())?;
    Some(id.rsplit('/').next().unwrap_or(id))
}

/// The name of a model of this server, from its ARN.
pub(super) fn model_of_server(card: &CardDossier) -> Option<&str> {
    let id = card.card.overview.model_id.as_deref()?;
    let resource = id.splitn(6, ':').nth(5);
    match resource {
        Some(resource) => resource.strip_prefix("model/"),
        None => Some(id),
    }
}

/// All evaluations of a card in one cell.
pub(super) fn evidence(card: &CardDossier) -> Markup {
    let all = &card.evaluations;
    let count = |wanted: &[Standing]| {
        let found = all.iter().filter(|own| wanted.contains(&own.standing()));
        found.count()
    };
    let refuted = count(&[Standing::Differs, Standing::Gone]);
    let stale = count(&[Standing::Stale]);
    let verified = count(&[Standing::Current]);
    let of_all = format!("{verified} of {} verified", all.len());
    html! {
        @if all.is_empty() {
            span.chip.inactive { "No evaluations" }
        } @else if refuted > 0 {
            span.chip.failed { (symbol("failed")) (refuted) " not as its report" }
            span.fine.block { (of_all) }
        } @else if stale > 0 {
            span.chip.missing { (symbol("waiting")) (stale) " stale" }
            span.fine.block { (of_all) }
        } @else if verified == all.len() {
            span.chip.ok { (symbol("ok")) (of_all) }
        } @else {
            span.chip.waiting { (symbol("waiting")) (of_all) }
        }
    }
}

/// One evaluation, in the words of its document.
pub(in super::super) fn standing(own: &EvaluationStanding) -> Markup {
    match own.standing() {
        Standing::Claimed => html! { span.chip.inactive { "Claimed, not bound" } },
        Standing::Gone => html! { span.chip.failed { (symbol("failed")) "Report is gone" } },
        Standing::Differs => {
            html! { span.chip.failed { (symbol("failed")) "Differs from its report" } }
        }
        Standing::Stale => html! { span.chip.missing { (symbol("waiting")) "Stale" } },
        Standing::Current => html! { span.chip.ok { (symbol("ok")) "Verified, current" } },
        Standing::NotVerified => html! {
            span.chip.waiting title="The report could not be read" { (symbol("waiting")) "Bound, not verified" }
        },
    }
}

/// Why an evaluation no longer stands, as a sentence.
pub(in super::super) fn reason(stale: &Staleness) -> String {
    match stale {
        Staleness::NewerExecution { .. } => "The monitor has run again since.".to_owned(),
        Staleness::NewerReport { .. } => "A later job wrote a report to the same place.".to_owned(),
        Staleness::ReportChanged => {
            "What lies at the report's place is another document.".to_owned()
        }
        Staleness::ReportMissing => "Nothing lies at the report's place.".to_owned(),
        Staleness::ModelChanged { what } => what.clone(),
        Staleness::ValuesDiffer => {
            "The numbers in the card are not those of the report any more.".to_owned()
        }
    }
}
