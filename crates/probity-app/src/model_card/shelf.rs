//! A page of cards as people look through them, each with what is known around it.

use probity_domain::document::card_dossier::CardDossier;
use probity_domain::document::model_card::RiskRating;
use probity_domain::resource::CardStatus;
use probity_store::resource::{self, ListResources, Resource, SortBy};
use probity_store::{Cursor, Page};
use serde_json::json;

use super::around::Around;
use super::dossier::{ReportStates, with_around};
use super::{MODEL_CARD, RISK_RATING, version};
use crate::app::App;
use crate::caller::Caller;
use crate::dashboard::SEE;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::page_token::Question;

/// What is not said leaves every card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShelfQuery {
    pub name_contains: Option<String>,
    pub status: Option<CardStatus>,
    pub risk: Option<RiskRating>,
    /// Where the page before it ended.
    pub after: Option<String>,
    pub limit: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Shelf {
    /// By name.
    pub cards: Vec<CardDossier>,
    pub next: Option<String>,
    pub as_of_ms: i64,
}

/// Where the reports lie that the cards of the page are bound to.
pub async fn reports_of_shelf(
    app: &App,
    caller: &Caller,
    query: &ShelfQuery,
) -> Result<Vec<String>, Fault> {
    let deed = Deed::authorise(app, caller, SEE)?;
    let page = page_of(&deed, query).await?;
    let cards = version::latest_of_each(&deed, page.items).await?;
    let evaluations = cards
        .iter()
        .flat_map(|card| &card.content.card().evaluations);
    Ok(evaluations
        .filter_map(|own| Some(own.binding()?.report))
        .collect())
}

/// `reports` is what lies at those places now; what is not in it was not looked at.
pub async fn shelf(
    app: &App,
    caller: &Caller,
    (query, reports): (&ShelfQuery, &ReportStates),
) -> Result<Shelf, Fault> {
    let deed = Deed::authorise(app, caller, SEE)?;
    let page = page_of(&deed, query).await?;
    let next = match &page.next {
        Some(next) => Some(question(&deed, query).token(next)?),
        None => None,
    };
    let read = version::latest_of_each(&deed, page.items).await?;
    let around = Around::of(&deed, &read).await?;
    let mut cards = Vec::with_capacity(read.len());
    for card in &read {
        cards.push(with_around(&deed, (card, &around), reports).await?);
    }
    Ok(Shelf {
        cards,
        next,
        as_of_ms: deed.now_ms,
    })
}

fn question(deed: &Deed<'_>, query: &ShelfQuery) -> Question {
    let asked = json!({
        "NameContains": query.name_contains,
        "Status": query.status.map(CardStatus::as_str),
        "Risk": query.risk.map(RiskRating::as_str),
    });
    Question::of(&["cards", deed.region], &asked)
}

async fn page_of(deed: &Deed<'_>, query: &ShelfQuery) -> Result<Page<Resource>, Fault> {
    let mut wanted = ListResources::all(MODEL_CARD.kind, deed.region, query.limit);
    wanted.name_contains = query.name_contains.clone();
    wanted.status = query.status.map(|status| status.as_str().to_owned());
    wanted.sort_by = SortBy::Name;
    if let Some(risk) = query.risk {
        let risk = risk.as_str().to_owned();
        wanted.attributes.push((RISK_RATING.to_owned(), risk));
    }
    if let Some(token) = &query.after {
        wanted.after = Some(question(deed, query).after::<Cursor>(token)?);
    }
    Ok(resource::list(&deed.app.store, &wanted).await?)
}
