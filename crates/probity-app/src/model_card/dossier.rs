//! A card with all that is known around it, for pages, exports, checks and the deployment gate.

use std::collections::HashMap;

use probity_domain::document::card_dossier::{CardDossier, ReportState, ReviewStep, VersionFact};
use probity_domain::resource::CardStatus;
use probity_store::model_card_review::CardReview;
use serde_json::Value;

use super::around::Around;
use super::version::{self, CardVersion, VersionRow};
use super::{evidence, live, rules};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;

/// What lies at the places of bound reports, by URI. What is not in it was not looked at.
pub type ReportStates = HashMap<String, ReportState>;

/// Which version of which card, and the verb that asks for it.
#[derive(Clone, Copy, Debug)]
pub struct DossierRequest<'a> {
    /// The IAM action, `probity:GetModelCardDocument`.
    pub action: &'static str,
    /// Or an ARN.
    pub card: &'a str,
    /// The latest where none is named.
    pub version: Option<i64>,
    pub reports: &'a ReportStates,
}

/// Where the reports lie that the version's evaluations are bound to.
pub async fn bound_reports(
    app: &App,
    caller: &Caller,
    request: DossierRequest<'_>,
) -> Result<Vec<String>, Fault> {
    let deed = Deed::authorise(app, caller, request.action)?;
    reports_of(&version::read(&deed, request.card, request.version).await?)
}

/// The same for the server's own work.
pub async fn bound_reports_of_server(
    app: &App,
    region: &str,
    request: DossierRequest<'_>,
) -> Result<Vec<String>, Fault> {
    let deed = Deed::of_server(app, region, request.action);
    reports_of(&version::read(&deed, request.card, request.version).await?)
}

fn reports_of(card: &CardVersion) -> Result<Vec<String>, Fault> {
    let evaluations = card.content.card().evaluations.iter();
    let bound = evaluations.filter_map(|evaluation| Some(evaluation.binding()?.report));
    Ok(bound.collect())
}

/// What the version says, as it is kept.
pub async fn content(
    app: &App,
    caller: &Caller,
    request: DossierRequest<'_>,
) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, request.action)?;
    let card = version::read(&deed, request.card, request.version).await?;
    Ok(card.content.into_value())
}

pub async fn dossier(
    app: &App,
    caller: &Caller,
    request: DossierRequest<'_>,
) -> Result<CardDossier, Fault> {
    let deed = Deed::authorise(app, caller, request.action)?;
    let card = version::read(&deed, request.card, request.version).await?;
    of(&deed, &card, request.reports).await
}

/// For the server's own work: export jobs.
pub async fn dossier_of_server(
    app: &App,
    region: &str,
    request: DossierRequest<'_>,
) -> Result<CardDossier, Fault> {
    let deed = Deed::of_server(app, region, request.action);
    let card = version::read(&deed, request.card, request.version).await?;
    of(&deed, &card, request.reports).await
}

pub(super) async fn of(
    deed: &Deed<'_>,
    card: &CardVersion,
    reports: &ReportStates,
) -> Result<CardDossier, Fault> {
    Ok(CardDossier {
        live: live::sections(deed, card).await?,
        ..without_live(deed, card, reports).await?
    })
}

/// Without what monitors measured last, which no rule asks for.
pub(super) async fn without_live(
    deed: &Deed<'_>,
    card: &CardVersion,
    reports: &ReportStates,
) -> Result<CardDossier, Fault> {
    let around = Around::of(deed, std::slice::from_ref(card)).await?;
    with_around(deed, (card, &around), reports).await
}

/// The same for a card of a page, with what was read for all of it.
pub(super) async fn with_around(
    deed: &Deed<'_>,
    (card, around): (&CardVersion, &Around),
    reports: &ReportStates,
) -> Result<CardDossier, Fault> {
    let name = &card.resource.name;
    let reviews = around.reviews(name).iter().filter_map(step).collect();
    let versions = around.versions(card)?;
    let mut dossier = CardDossier {
        name: name.clone(),
        arn: card.resource.arn.clone(),
        version: card.version,
        latest_version: card.latest,
        status: card.status,
        sha256: card.sha256.clone(),
        created_ms: Some(card.resource.created_ms),
        created_by: Some(card.resource.created_by.clone()),
        version_created_ms: Some(card.created_ms),
        version_created_by: Some(card.created_by.clone()),
        modified_ms: Some(card.modified_ms),
        modified_by: Some(card.modified_by.clone()),
        tags: around.tags(card),
        card: card.content.card().clone(),
        evaluations: evidence::standings(deed, (card, around), reports).await?,
        live: Vec::new(),
        reviews,
        versions: versions.into_iter().map(fact).collect(),
        findings: Vec::new(),
        review_due_ms: None,
        expires_ms: None,
        as_of_ms: Some(deed.now_ms),
    };
    rules::judge(deed, &mut dossier);
    Ok(dossier)
}

/// `None` for a status that is none, which was never written here.
fn step(row: &CardReview) -> Option<ReviewStep> {
    Some(ReviewStep {
        version: row.version,
        from: CardStatus::parse(&row.before_status),
        to: CardStatus::parse(&row.after_status)?,
        at_ms: row.at_ms,
        actor: row.actor.clone(),
        comment: row.comment.clone(),
    })
}

fn fact(row: VersionRow) -> VersionFact {
    VersionFact {
        version: row.fact.version,
        status: row.status,
        created_ms: row.fact.created_ms,
        created_by: row.fact.created_by,
        sha256: row.fact.sha256,
        reason: row.fact.reason,
    }
}
