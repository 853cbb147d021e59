//! How cards stand, one line each: what dashboards read.

use probity_domain::document::card_dossier::{CardDossier, EvaluationStanding, LiveSection};
use probity_domain::document::card_dossier::{LiveExecution, Staleness, Verification};
use probity_domain::document::model_card::report::group_value;
use probity_store::resource::{self, ListResources, Resource, SortBy};
use probity_store::{Cursor, Page};
use serde_json::{Map, Value, json};

use super::around::Around;
use super::dossier::{ReportStates, with_around};
use super::{MODEL_CARD, MODEL_ID, RISK_RATING, STATUS, VERSION, bind, version};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::listing;
use crate::page_token::Question;
use crate::timestamp::seconds;

const ACTION: &str = "probity:ListModelCardStandings";

/// Where the reports lie that the cards of a page are bound to.
pub async fn reports_of_page(
    app: &App,
    caller: &Caller,
    input: &Value,
) -> Result<Vec<String>, Fault> {
    let deed = Deed::authorise(app, caller, ACTION)?;
    let page = page_of(&deed, input).await?;
    let cards = version::latest_of_each(&deed, page.items).await?;
    let evaluations = cards
        .iter()
        .flat_map(|card| &card.content.card().evaluations);
    let reports = evaluations.filter_map(|own| Some(own.binding()?.report));
    Ok(reports.collect())
}

/// `ListModelCardStandings`, by name. `reports` is what lies at the places of reports now; an
/// evaluation whose report is not in it is not verified.
pub async fn overview(
    app: &App,
    caller: &Caller,
    (input, reports): (&Value, &ReportStates),
) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, ACTION)?;
    let page = page_of(&deed, input).await?;
    let mut answer = Map::new();
    if let Some(next) = &page.next {
        let question = Question::of(&[deed.action, deed.region], input);
        answer.insert("NextToken".to_owned(), question.token(next)?.into());
    }
    let cards = version::latest_of_each(&deed, page.items).await?;
    let around = Around::of(&deed, &cards).await?;
    let mut standings = Vec::with_capacity(cards.len());
    for card in &cards {
        let dossier = with_around(&deed, (card, &around), reports).await?;
        standings.push(standing(&dossier));
    }
    answer.insert("ModelCardStandings".to_owned(), standings.into());
    Ok(Value::Object(answer))
}

async fn page_of(deed: &Deed<'_>, input: &Value) -> Result<Page<Resource>, Fault> {
    let question = Question::of(&[deed.action, deed.region], input);
    let text = |member: &str| input.get(member).and_then(Value::as_str).map(str::to_owned);
    let mut wanted = ListResources::all(MODEL_CARD.kind, deed.region, listing::page_limit(input));
    wanted.name_contains = text("NameContains");
    wanted.status = text(STATUS);
    wanted.sort_by = SortBy::Name;
    for attribute in [MODEL_ID, RISK_RATING] {
        wanted
            .attributes
            .extend(text(attribute).map(|value| (attribute.to_owned(), value)));
    }
    if let Some(token) = listing::token(input) {
        wanted.after = Some(question.after::<Cursor>(token)?);
    }
    Ok(resource::list(&deed.app.store, &wanted).await?)
}

/// Of all bound evaluations: one that is refuted counts more than one that nobody could verify.
fn verification(dossier: &CardDossier) -> Option<Verification> {
    let bound = dossier.evaluations.iter();
    let bound = bound.filter(|own| own.binding.is_some());
    let found: Vec<Verification> = bound.map(|own| own.verification).collect();
    let of = |wanted| found.contains(&wanted).then_some(wanted);
    of(Verification::Refuted)
        .or_else(|| of(Verification::NotVerified))
        .or_else(|| of(Verification::Verified))
}

fn standing(dossier: &CardDossier) -> Value {
    let stale = dossier.evaluations.iter().filter(|own| own.is_stale());
    let bound = dossier
        .evaluations
        .iter()
        .filter(|own| own.binding.is_some());
    let mut members = json!({
        "ModelCardName": dossier.name,
        "ModelCardArn": dossier.arn,
        VERSION: dossier.version,
        STATUS: dossier.status.as_str(),
        "Stale": dossier.evaluations.iter().any(EvaluationStanding::is_stale),
        "StaleEvaluations": stale.map(|own| own.evaluation.as_str()).collect::<Vec<_>>(),
        "EvaluationCount": dossier.evaluations.len(),
        "BoundEvaluationCount": bound.count(),
        "FindingCount": dossier.findings.len(),
    });
    let mut show = |member: &str, value: Option<Value>| {
        if let Some(value) = value {
            members[member] = value;
        }
    };
    let verification = verification(dossier);
    show("Verification", verification.map(|own| own.as_str().into()));
    let rating = dossier.card.intended_uses.risk_rating;
    show(RISK_RATING, rating.map(|rating| rating.as_str().into()));
    show(MODEL_ID, dossier.card.model_id().map(Value::from));
    show("LastModifiedTime", dossier.modified_ms.map(seconds));
    show("ReviewDue", dossier.review_due_ms.map(seconds));
    show("Expires", dossier.expires_ms.map(seconds));
    members
}

/// `DescribeModelCardEvidence`, of a dossier that was read for it.
pub fn described_evidence(dossier: &CardDossier) -> Value {
    let live: Vec<Value> = dossier.live.iter().map(live_section).collect();
    let evaluations: Vec<Value> = dossier.evaluations.iter().map(evaluation).collect();
    json!({
        "ModelCardName": dossier.name,
        "ModelCardArn": dossier.arn,
        VERSION: dossier.version,
        STATUS: dossier.status.as_str(),
        "Stale": dossier.evaluations.iter().any(EvaluationStanding::is_stale),
        "Evaluations": evaluations,
        "LiveSections": live,
    })
}

fn evaluation(standing: &EvaluationStanding) -> Value {
    let mut members = Map::new();
    let mut show = |member: &str, value: Value| {
        members.insert(member.to_owned(), value);
    };
    show("EvaluationName", standing.evaluation.as_str().into());
    show("Bound", standing.binding.is_some().into());
    show("Stale", standing.is_stale().into());
    if standing.binding.is_some() {
        show("Verification", standing.verification.as_str().into());
    }
    show("Reasons", standing.stale.iter().map(reason).collect());
    if let Some(binding) = &standing.binding {
        members.extend(bind::described(binding));
    }
    Value::Object(members)
}

/// One reason in the words of the API, and in a sentence.
fn reason(stale: &Staleness) -> Value {
    let mut reason = json!({ "Code": stale.code() });
    reason["Message"] = match stale {
        Staleness::NewerExecution { .. }
        | Staleness::NewerReport { .. }
        | Staleness::ReportChanged
        | Staleness::ReportMissing
        | Staleness::ValuesDiffer => stale.to_string().into(),
        // That the model changed is in the code.
        Staleness::ModelChanged { what } => what.as_str().into(),
    };
    if let Staleness::NewerExecution { source, at_ms } | Staleness::NewerReport { source, at_ms } =
        stale
    {
        reason["Source"] = source.as_str().into();
        reason["At"] = seconds(*at_ms);
    }
    reason
}

fn live_section(section: &LiveSection) -> Value {
    let mut shown = json!({
        "MonitoringType": section.monitoring_type,
        "MonitoringScheduleName": section.schedule,
    });
    if let Some(endpoint) = &section.endpoint {
        shown["EndpointName"] = endpoint.as_str().into();
    }
    if let Some(execution) = &section.execution {
        shown["Execution"] = live_execution(execution);
    }
    shown
}

fn live_execution(execution: &LiveExecution) -> Value {
    let groups: Vec<Value> = execution.groups.iter().map(group_value).collect();
    let mut shown = json!({
        "Source": execution.arn,
        "MonitoringExecutionStatus": execution.status,
        "At": seconds(execution.at_ms),
        "MetricGroups": Value::from(groups).to_string(),
    });
    if let Some(violations) = execution.violations {
        shown["ViolationCount"] = violations.into();
    }
    if let Some(reason) = &execution.failure_reason {
        shown["FailureReason"] = reason.as_str().into();
    }
    shown
}
