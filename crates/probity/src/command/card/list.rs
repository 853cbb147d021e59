//! `probity card list`: the cards of a server, or of files.

use anyhow::Result;
use probity_domain::document::model_card::{Content, RiskRating, Variant};
use serde_json::{Value, json};

use super::local;
use super::{evidence_words, folder, member, now_ms, shown};
use crate::arguments::{CardListArguments, CardStatusArgument, ServerArguments};
use crate::client::Client;
use crate::exit::Exit;
use crate::moment::{Shown, of_seconds};
use crate::screen;
use crate::table::{Align, short, table};

pub(super) async fn run(server: &ServerArguments, arguments: &CardListArguments) -> Result<Exit> {
    if arguments.files.cards.is_empty() {
        return of_server(&Client::new(server)?, arguments).await;
    }
    let policy = local::policy(None, &arguments.files.cards)?;
    let mut rows = Vec::new();
    let mut values = Vec::new();
    for card in folder::load(&arguments.files.cards)? {
        let dossier = local::dossier(&card, &policy, now_ms());
        if arguments
            .status
            .is_some_and(|wanted| name(wanted) != dossier.status.as_str())
        {
            continue;
        }
        let n_stale = dossier
            .evaluations
            .iter()
            .filter(|one| one.is_stale())
            .count();
        values.push(json!({
            "name": card.name,
            "file": card.path.display().to_string(),
            "status": dossier.status.as_str(),
            "rating": shown::rating(&dossier),
            "findings": dossier.findings.len(),
            "stale": n_stale > 0,
        }));
        rows.push(vec![
            card.name.clone(),
            dossier.status.as_str().to_owned(),
            shown::rating(&dossier).to_owned(),
            dossier.findings.len().to_string(),
            evidence_words::of_dossier(&dossier),
            card.path.display().to_string(),
        ]);
    }
    let header = [
        ("card", Align::Left),
        ("status", Align::Left),
        ("risk", Align::Left),
        ("findings", Align::Right),
        ("evidence", Align::Left),
        ("file", Align::Left),
    ];
    screen::print(arguments.print, &values, || table(&header, rows))?;
    Ok(Exit::NoViolation)
}

fn name(status: CardStatusArgument) -> &'static str {
    match status {
        CardStatusArgument::Draft => "Draft",
        CardStatusArgument::PendingReview => "PendingReview",
        CardStatusArgument::Approved => "Approved",
        CardStatusArgument::Archived => "Archived",
    }
}

async fn of_server(client: &Client, arguments: &CardListArguments) -> Result<Exit> {
    let mut input = json!({"MaxResults": 100});
    if let Some(status) = arguments.status {
        input["ModelCardStatus"] = Value::from(name(status));
    }
    let mut values = client
        .pages(
            "Probity.ListModelCardStandings",
            input,
            "ModelCardStandings",
        )
        .await?;
    if arguments.packages {
        values.extend(of_packages(client, arguments.status).await?);
    }
    screen::print(arguments.print, &values, || text(&values))?;
    Ok(Exit::NoViolation)
}

/// The cards that travel in model packages.
async fn of_packages(client: &Client, status: Option<CardStatusArgument>) -> Result<Vec<Value>> {
    let input = json!({"Resource": "ModelPackage", "MaxResults": 100});
    let found = client.pages("SageMaker.Search", input, "Results").await?;
    let mut cards = Vec::new();
    for one in &found {
        let package = &one["ModelPackage"];
        let card = &package["ModelCard"];
        let Some(content) = card["ModelCardContent"].as_str() else {
            continue;
        };
        let is_wanted = status.is_none_or(|status| name(status) == member(card, "ModelCardStatus"));
        if !is_wanted {
            continue;
        }
        let rating = Content::parse(content, Variant::Package)
            .ok()
            .and_then(|content| content.card().intended_uses.risk_rating);
        cards.push(json!({
            "ModelCardName": member(package, "ModelPackageArn"),
            "ModelCardStatus": card["ModelCardStatus"],
            "RiskRating": rating.map(RiskRating::as_str),
            "CreationTime": package["CreationTime"],
            "LastModifiedTime": package["LastModifiedTime"],
        }));
    }
    Ok(cards)
}

fn text(cards: &[Value]) -> String {
    let header = [
        ("card", Align::Left),
        ("status", Align::Left),
        ("risk", Align::Left),
        ("version", Align::Right),
        ("findings", Align::Right),
        ("evidence", Align::Left),
        ("changed", Align::Left),
    ];
    let number = |card: &Value, name: &str| {
        card[name]
            .as_i64()
            .map_or_else(String::new, |n| n.to_string())
    };
    let rows = cards.iter().map(|card| {
        let changed = card["LastModifiedTime"]
            .as_f64()
            .or(card["CreationTime"].as_f64());
        vec![
            short(member(card, "ModelCardName"), 100),
            member(card, "ModelCardStatus").to_owned(),
            member(card, "RiskRating").to_owned(),
            number(card, "ModelCardVersion"),
            number(card, "FindingCount"),
            evidence_words::of_standing(card),
            changed.map_or_else(String::new, |at| Shown(of_seconds(at)).to_string()),
        ]
    });
    table(&header, rows.collect())
}
