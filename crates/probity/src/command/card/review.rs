//! `probity card submit|approve|archive|reopen`: steps of a review. A server takes them by its
//! policy. In a file a step is the line of the status: who wrote the card is not known there, so
//! four eyes are the server's matter when the file is applied.

use anyhow::{Result, bail};
use probity_domain::document::governance_policy::{GovernancePolicy, Step};
use probity_domain::resource::CardStatus;
use serde_json::{Value, json};

use super::card_file::CardFile;
use super::rewrite::{Comments, with_status};
use super::{folder, local, member, now_ms};
use crate::arguments::{CardReviewArguments, ServerArguments};
use crate::client::Client;
use crate::command::outputs::write_file;
use crate::exit::{Exit, Usage};
use crate::screen;

pub(super) async fn run(
    server: &ServerArguments,
    arguments: &CardReviewArguments,
    to: CardStatus,
) -> Result<Exit> {
    if !arguments.files.cards.is_empty() {
        return in_file(arguments, to);
    }
    let client = Client::new(server)?;
    let mut input = json!({
        "ModelCardName": arguments.name,
        "ModelCardStatus": to.as_str(),
    });
    if let Some(comment) = &arguments.message {
        input["Comment"] = Value::from(comment.as_str());
    }
    if let Some(version) = arguments.expect_version {
        input["ExpectedVersion"] = Value::from(version);
    }
    let answer = client.call("Probity.ReviewModelCard", input).await?;
    screen::print(arguments.print, &answer, || {
        format!(
            "card `{}` version {} is {}\n",
            arguments.name,
            answer["ModelCardVersion"],
            member(&answer, "ModelCardStatus")
        )
    })?;
    Ok(Exit::NoViolation)
}

fn in_file(arguments: &CardReviewArguments, to: CardStatus) -> Result<Exit> {
    let policy = local::policy(arguments.policy.as_deref(), &arguments.files.cards)?;
    let card = folder::one(&arguments.files.cards, Some(&arguments.name))?;
    refuse_by_policy(&policy, &card, (to, arguments.message.as_deref()))?;
    let new = with_status(&card, to)?;
    write_file(&card.path, &new.text)?;
    let path = card.path.display().to_string();
    let value = json!({
        "name": card.name,
        "file": path,
        "status": to.as_str(),
        "comments_lost": new.comments == Comments::Lost,
    });
    screen::print(arguments.print, &value, || {
        let mut told = format!("{path}: status {}\n", to.as_str());
        told.push_str(
            "who wrote the card is not known in a file: the server looks at four eyes and keeps \
             the comment when it is applied with --statuses\n",
        );
        told.push_str(lost(new.comments));
        told
    })?;
    Ok(Exit::NoViolation)
}

pub(super) fn lost(comments: Comments) -> &'static str {
    match comments {
        Comments::Kept => "",
        Comments::Lost => "note: the file was written anew, its comments are gone\n",
    }
}

/// The rules that need neither an author nor an actor.
fn refuse_by_policy(
    policy: &GovernancePolicy,
    card: &CardFile,
    (to, comment): (CardStatus, Option<&str>),
) -> Result<()> {
    let mut review = policy.review.clone();
    review.four_eyes = false;
    review.approvers = Vec::new();
    let step = Step {
        from: Some(card.status.unwrap_or(CardStatus::Draft)),
        to,
        actor: "",
        authors: &[],
        comment,
    };
    if let Err(refusal) = review.permits(&step) {
        bail!(Usage(refusal.to_string()));
    }
    let dossier = local::dossier(card, policy, now_ms());
    if to == CardStatus::Approved && !dossier.findings.is_empty() {
        let findings: Vec<String> = dossier
            .findings
            .iter()
            .map(|finding| format!("\n  {}: {}", finding.rule, finding.message))
            .collect();
        bail!(Usage(format!(
            "`{}` cannot be approved:{}",
            card.name,
            findings.concat()
        )));
    }
    Ok(())
}
