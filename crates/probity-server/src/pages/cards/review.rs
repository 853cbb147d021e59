//! `/cards/NAME/review`: what changed since the card was approved, what the policy finds, and the
//! steps that this user may take.

use http::StatusCode;
use maud::{Markup, html};
use probity_app::Fault;
use probity_app::dashboard::SEE;
use probity_app::model_card::{
    self, CommentWanted, DossierRequest, PossibleStep, ReportStates, ReviewDesk,
};
use probity_data::location::{Patience, report_states};
use probity_domain::resource::CardStatus;
use serde_json::json;

use super::super::visit::{Asked, Visit};
use super::super::{Desk, Refusal, failure, reply, shell, words};
use super::address::{Leaf, leaf_path};
use super::{accepted, changes, may_write, one, value_words, versions};
use crate::answer::Answer;
use crate::aws::Service;
use crate::card;

/// A comment that was refused stays in its field.
#[derive(Clone, Copy, Debug, Default)]
struct Tried<'a> {
    complaint: Option<&'a str>,
    comment: &'a str,
}

pub(super) async fn page(desk: Desk<'_>, visit: &Visit, name: &str) -> Result<Answer, Refusal> {
    let review = read(desk, visit, name).await?;
    let page = render(visit, &review, Tried::default());
    Ok(reply::html(StatusCode::OK, page))
}

async fn read(desk: Desk<'_>, visit: &Visit, name: &str) -> Result<ReviewDesk, Refusal> {
    let request = DossierRequest {
        action: SEE,
        card: name,
        version: None,
        reports: &ReportStates::new(),
    };
    let places = model_card::bound_reports(desk.app, &visit.caller, request).await?;
    let states = report_states(&places, desk.tools.environment, Patience::OfAReader).await;
    Ok(model_card::review_desk(desk.app, &visit.caller, (name, &states)).await?)
}

/// Takes the step. What is refused is told above the form.
pub(super) async fn act(
    desk: Desk<'_>,
    (asked, visit): (&Asked, &Visit),
    name: &str,
) -> Result<Answer, Refusal> {
    let field = |name: &str| asked.form.get(name).unwrap_or_default();
    let comment = field("comment").replace("\r\n", "\n");
    match step(desk, visit, (name, &comment, asked)).await {
        Ok(()) => Ok(reply::see_other(
            &visit.href(&leaf_path(name, Leaf::Review)),
        )),
        Err(fault) => {
            let (status, complaint) = failure::told(&fault, &visit.caller.request_id);
            let review = read(desk, visit, name).await?;
            let tried = Tried {
                complaint: Some(&complaint),
                comment: &comment,
            };
            Ok(reply::html(status, render(visit, &review, tried)))
        }
    }
}

async fn step(
    desk: Desk<'_>,
    visit: &Visit,
    (name, comment, asked): (&str, &str, &Asked),
) -> Result<(), Fault> {
    let mut wanted = json!({
        "ModelCardName": name,
        "ModelCardStatus": asked.form.get("to").unwrap_or_default(),
        "ExpectedVersion": asked.form.get("expected").and_then(|text| text.parse::<i64>().ok()),
    });
    if !comment.trim().is_empty() {
        wanted["Comment"] = comment.into();
    }
    let wanted = accepted(Service::Probity, "ReviewModelCard", wanted)?;
    card::review(desk.tools, &visit.caller, wanted).await?;
    Ok(())
}

fn render(visit: &Visit, review: &ReviewDesk, tried: Tried<'_>) -> Markup {
    let card = &review.dossier;
    let title = format!("Review of {}", card.name);
    let head = shell::Head {
        title: &title,
        place: shell::Place::Cards,
    };
    let now_ms = card.as_of_ms.unwrap_or(visit.now_ms);
    let body = html! {
        (shell::trail(visit, &[("Cards", "/cards")]))
        (one::header(visit, card))
        (one::tabs(visit, &card.name, Leaf::Review))
        div.card-page.deciding {
            div.card-body {
                section { h2 { "What the policy finds" } (findings(review)) }
                section { h2 { "Evidence" } (evidence(review)) }
                section { h2 { (changes_title(review)) }
                    @if review.changes.is_empty() { p.soft { "Nothing differs." } } @else { (changes::table(&review.changes)) }
                }
            }
            aside.card-side aria-label="Review" {
                section.tile.decide { h2 { "Decide" } (decide(visit, review, tried)) }
                section.tile { h2 { "Reviews" } (versions::steps(card.reviews.iter().rev(), now_ms)) }
            }
        }
    };
    shell::page(visit, head, &body)
}

fn changes_title(review: &ReviewDesk) -> String {
    match review.approved {
        Some(version) => {
            format!("Changes since version {version}, the last that was approved before")
        }
        None => "What it says: no earlier version was approved".to_owned(),
    }
}

fn findings(review: &ReviewDesk) -> Markup {
    html! {
        @if review.dossier.findings.is_empty() {
            p.quiet-news { (shell::symbol("ok")) "Everything that the policy of this workspace demands is there." }
        } @else {
            ul.findings { @for finding in &review.dossier.findings {
                li { (shell::symbol("alert")) div { (words::prose(&finding.message)) span.fine.block { "Rule " code { (finding.rule) } } } }
            } }
        }
    }
}

fn evidence(review: &ReviewDesk) -> Markup {
    let all = &review.dossier.evaluations;
    html! {
        @if all.is_empty() { p.soft { "The card has no evaluations." } } @else {
            div.scroll tabindex="0" { table {
                thead { tr { th scope="col" { "Evaluation" } th scope="col" { "Standing" } th scope="col" { "Report" } } }
                tbody { @for own in all { tr {
                    th scope="row" { (own.evaluation) }
                    td { (value_words::standing(own)) @for reason in &own.stale { span.fine.block { (words::prose(&value_words::reason(reason))) } } }
                    td { @match &own.binding { Some(binding) => code { (binding.report) }, None => span.none { "typed in" } } }
                } } }
            } }
        }
    }
}

fn decide(visit: &Visit, review: &ReviewDesk, tried: Tried<'_>) -> Markup {
    if !may_write(visit) {
        return html! { p.soft { "You may read, and not decide. Somebody who may write takes the steps." } };
    }
    html! {
        @if let Some(complaint) = tried.complaint { p.complaint role="alert" { (words::prose(&failure::sentence(complaint))) } }
        form.stack.decision method="post" action=(visit.href(&leaf_path(&review.dossier.name, Leaf::Review))) {
            (shell::form_key(visit))
            input type="hidden" name="expected" value=(review.dossier.version);
            (comment(review, tried))
            div.buttons {
                @for step in offered(review) {
                    button.primary[is_onward(step.to)] name="to" value=(step.to.as_str()) type="submit" { (verb(step.to, review)) }
                }
                (remark_only(review))
            }
        }
        (refused(review))
        p.fine { "What you decide is kept with your name, the time and the comment, and goes into the audit log." }
    }
}

/// What the policy permits, the steps onward first.
fn offered(review: &ReviewDesk) -> Vec<&PossibleStep> {
    let possible = review.steps.iter().filter(|step| step.refusal.is_none());
    let (mut onward, others): (Vec<_>, Vec<_>) = possible.partition(|step| is_onward(step.to));
    onward.extend(others);
    onward
}

fn is_onward(to: CardStatus) -> bool {
    match to {
        CardStatus::Approved | CardStatus::PendingReview => true,
        CardStatus::Draft | CardStatus::Archived => false,
    }
}

/// A word on the card that takes no step. On an approved card it would renew the approval.
fn remark_only(review: &ReviewDesk) -> Markup {
    match review.dossier.status {
        CardStatus::Approved => html! {},
        status @ (CardStatus::Draft | CardStatus::PendingReview | CardStatus::Archived) => html! {
            button name="to" value=(status.as_str()) type="submit" { "Comment only" }
        },
    }
}

fn comment(review: &ReviewDesk, tried: Tried<'_>) -> Markup {
    let is_needed = match review.comment {
        CommentWanted::Always => true,
        CommentWanted::Perhaps => false,
    };
    html! {
        label {
            span { "Comment" @if is_needed { " " span.soft { "(the policy wants one)" } } }
            textarea name="comment" rows="3" maxlength="1024" required[is_needed] { "\n" (tried.comment) }
        }
    }
}

fn refused(review: &ReviewDesk) -> Markup {
    html! {
        @for step in &review.steps {
            @if let Some(reason) = &step.refusal {
                div.refused { strong { (verb(step.to, review)) ": not now" } p.fine { (words::prose(&failure::sentence(reason))) } }
            }
        }
    }
}

fn verb(to: CardStatus, review: &ReviewDesk) -> &'static str {
    match (to, review.dossier.status) {
        (CardStatus::PendingReview, _) => "Ask for review",
        (CardStatus::Approved, CardStatus::Approved) => "Renew the approval",
        (CardStatus::Approved, _) => "Approve",
        (CardStatus::Draft, CardStatus::PendingReview) => "Send back to draft",
        (CardStatus::Draft, _) => "Reopen as a draft",
        (CardStatus::Archived, _) => "Archive",
    }
}
