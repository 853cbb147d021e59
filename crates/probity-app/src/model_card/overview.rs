//! How cards stand, one line each, by what the store alone knows: what dashboards read.

use probity_domain::document::card_dossier::{CardDossier, EvaluationStanding, LiveSection};
use probity_domain::document::card_dossier::{LiveExecution, Staleness, Verification};
use probity_domain::document::model_card::report::group_value;
use probity_store::Cursor;
use probity_store::resource::{self, ListResources, SortBy};
use serde_json::{Map, Value, json};

use super::dossier::{ReportStates, without_live};
use super::{MODEL_CARD, MODEL_ID, RISK_RATING, STATUS, VERSION, bind, rules, version};
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::listing;
use crate::page_token::Question;
use crate::timestamp::seconds;

/// `ListModelCardStandings`, by name. Whether reports have changed where they lie is not looked at:
/// see `DescribeModelCardEvidence`.
pub async fn overview(app: &App, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let deed = Deed::authorise(app, caller, "probity:ListModelCardStandings")?;
    let question = Question::of(&[deed.action, deed.region], &input);
    let text = |member: &str| input.get(member).and_then(Value::as_str).map(str::to_owned);
    let mut wanted = ListResources::all(MODEL_CARD.kind, deed.region, listing::page_limit(&input));
    wanted.name_contains = text("NameContains");
    wanted.status = text(STATUS);
    wanted.sort_by = SortBy::Name;
    for attribute in [MODEL_ID, RISK_RATING] {
        wanted
            .attributes
            .extend(text(attribute).map(|value| (attribute.to_owned(), value)));
    }
    if let Some(token) = listing::token(&input) {
        wanted.after = Some(question.after::<Cursor>(token)?);
    }
    let page = resource::list(&app.store, &wanted).await?;
    let mut standings = Vec::with_capacity(page.items.len());
    for row in &page.items {
        // A card that was deleted meanwhile is none any more.
        match version::read(&deed, &row.name, None).await {
            Ok(card) => {
                let mut dossier = without_live(&deed, &card, &ReportStates::new()).await?;
                believe_bindings(&deed, &mut dossier);
                standings.push(standing(&dossier));
            }
            Err(Fault::NotFound { .. } | Fault::Missing { .. }) => {}
            Err(fault) => return Err(fault),
        }
    }
    let mut answer = Map::new();
    answer.insert("ModelCardStandings".to_owned(), standings.into());
    if let Some(next) = &page.next {
        answer.insert("NextToken".to_owned(), question.token(next)?.into());
    }
    Ok(Value::Object(answer))
}

/// Nobody looked at the reports here: that is no finding about the card.
fn believe_bindings(deed: &Deed<'_>, dossier: &mut CardDossier) {
    for evaluation in &mut dossier.evaluations {
        evaluation.verification = Verification::Verified;
    }
    rules::judge(deed, dossier);
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
        Staleness::NewerExecution { source, .. } => {
            format!("the monitor has a newer execution, `{source}`").into()
        }
        Staleness::NewerReport { source, .. } => {
            format!("a later job, `{source}`, wrote to the place of the report").into()
        }
        Staleness::ReportChanged => "what lies at the report's place is another document".into(),
        Staleness::ReportMissing => "nothing lies at the report's place".into(),
        Staleness::ValuesDiffer => "the report says other values than the card".into(),
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
