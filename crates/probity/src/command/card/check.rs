//! `probity card check`: cards against the policy of the workspace, and bound evaluations against
//! their reports.

use std::io::{self, Write};

use anyhow::{Result, bail};
use probity_domain::document::governance_policy::{Finding, contradictions};
use probity_domain::document::model_card::Evaluation;
use probity_report::card_check::{CheckedCard, junit, markdown};
use serde_json::{Value, json};

use super::card_file::CardFile;
use super::local::Unseen;
use super::{folder, local, member, now_ms, remote};
use crate::arguments::{CardCheckArguments, ServerArguments};
use crate::client::Client;
use crate::command::outputs::{refuse_bad_outputs, write_file};
use crate::exit::{Exit, Usage};
use crate::screen;
use crate::table::{Align, counted, short, table};

pub(super) async fn run(server: &ServerArguments, arguments: &CardCheckArguments) -> Result<Exit> {
    refuse_bad_outputs([&arguments.junit, &arguments.markdown])?;
    let cards = match arguments.files.cards.is_empty() {
        false => of_files(arguments)?,
        true => of_server(&Client::new(server)?, arguments).await?,
    };
    if let Some(path) = &arguments.junit {
        write_file(path, junit(&cards))?;
    }
    if let Some(path) = &arguments.markdown {
        write_file(path, markdown(&cards))?;
    }
    let n_findings: usize = cards.iter().map(|card| card.findings.len()).sum();
    screen::print(arguments.print, &value(&cards), || text(&cards))?;
    Ok(match n_findings {
        0 => Exit::NoViolation,
        _ => Exit::Violations,
    })
}

fn of_files(arguments: &CardCheckArguments) -> Result<Vec<CheckedCard>> {
    let policy = local::policy(arguments.policy.as_deref(), &arguments.files.cards)?;
    let mut cards = folder::load(&arguments.files.cards)?;
    for name in &arguments.names {
        if !cards.iter().any(|card| &card.name == name) {
            bail!(Usage(format!("no card `{name}` in the files of -f")));
        }
    }
    if !arguments.names.is_empty() {
        cards.retain(|card| arguments.names.contains(&card.name));
    }
    tell_unseen(&cards);
    let unseen = match arguments.allow_unverified {
        true => Unseen::IsTrusted,
        false => Unseen::IsClaimed,
    };
    let checked = cards.iter().map(|card| {
        let dossier = local::dossier_by(card, (&policy, unseen), now_ms());
        CheckedCard {
            name: dossier.name,
            status: dossier.status,
            rating: dossier.card.intended_uses.risk_rating,
            findings: dossier.findings,
        }
    });
    Ok(checked.collect())
}

/// What lies in a bucket is the server's to look at.
fn tell_unseen(cards: &[CardFile]) {
    let bound = cards
        .iter()
        .flat_map(|card| &card.content.card().evaluations)
        .filter_map(Evaluation::binding);
    let unseen = bound.filter(|binding| !local::is_beside(binding)).count();
    if unseen > 0 {
        // Nothing is left to do when standard error is closed as well.
        let _ = writeln!(
            io::stderr(),
            "note: {} bound to reports that are not looked at without a server",
            counted(unseen as u64, "evaluation")
        );
    }
}

async fn of_server(client: &Client, arguments: &CardCheckArguments) -> Result<Vec<CheckedCard>> {
    let policy = match &arguments.policy {
        Some(path) => Some(local::read_policy(path)?),
        None => None,
    };
    let mut names = arguments.names.clone();
    if arguments.all {
        let input = json!({"SortBy": "Name", "SortOrder": "Ascending", "MaxResults": 100});
        let cards = client
            .pages("SageMaker.ListModelCards", input, "ModelCardSummaries")
            .await?;
        names.extend(
            cards
                .iter()
                .map(|card| member(card, "ModelCardName").to_owned()),
        );
    }
    let mut checked = Vec::new();
    for name in &names {
        let card = remote::describe(client, name, None).await?;
        let dossier = card.dossier(client).await?;
        let findings = match &policy {
            Some(policy) => {
                let mut findings = policy.findings(&dossier, dossier.as_of_ms.unwrap_or_default());
                findings.extend(contradictions(&dossier));
                findings
            }
            // As the server found them, with these.
            None => dossier.findings,
        };
        checked.push(CheckedCard {
            name: dossier.name,
            status: dossier.status,
            rating: dossier.card.intended_uses.risk_rating,
            findings,
        });
    }
    Ok(checked)
}

fn value(cards: &[CheckedCard]) -> Value {
    cards
        .iter()
        .map(|card| {
            let finding = |finding: &Finding| json!({"rule": finding.rule, "path": finding.path, "message": finding.message});
            json!({
                "name": card.name,
                "status": card.status.as_str(),
                "rating": card.rating.map(|rating| rating.as_str()),
                "compliant": card.findings.is_empty(),
                "findings": card.findings.iter().map(finding).collect::<Value>(),
            })
        })
        .collect()
}

fn text(cards: &[CheckedCard]) -> String {
    let bad = cards
        .iter()
        .filter(|card| !card.findings.is_empty())
        .count();
    let all = counted(cards.len() as u64, "card");
    if bad == 0 {
        return format!("{all} checked, no findings\n");
    }
    let rows = cards.iter().flat_map(|card| {
        card.findings.iter().map(|finding| {
            vec![
                card.name.clone(),
                finding.rule.clone(),
                short(&finding.path, 48),
                finding.message.clone(),
            ]
        })
    });
    let header = [
        ("card", Align::Left),
        ("rule", Align::Left),
        ("where", Align::Left),
        ("what is found", Align::Left),
    ];
    format!(
        "{all} checked, {bad} with findings\n\n{}",
        table(&header, rows.collect())
    )
}
