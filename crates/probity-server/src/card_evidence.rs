//! Verbs that take evaluations of cards from reports: the reports lie in buckets, where the app
//! does not look. A report is read before anything is written, so that one that cannot be read
//! leaves no trace; who is told, is whoever asked.

use std::collections::BTreeSet;

use probity_app::model_card::{self, FilledReport, WantedReport};
use probity_app::{Caller, Fault};
use probity_data::card_report::{self, ReadCardReport};
use probity_data::location::{Environment, Patience, ReadLocation, report_states};
use probity_domain::ResourceKind;
use probity_domain::document::card_report::CardReport;
use serde_json::Value;

use crate::card;
use crate::operations::Tools;
use crate::redaction_tag;
use crate::report::Chain;

/// `BindModelCardEvaluation`.
pub(crate) async fn bind(tools: Tools<'_>, caller: &Caller, input: Value) -> Result<Value, Fault> {
    let wanted = model_card::wanted_report(tools.app, caller, &input).await?;
    let report = read(&wanted, tools.environment).await?;
    model_card::bind(tools.app, caller, (&input, &wanted, &report)).await
}

/// `DescribeModelCardEvidence`.
pub(crate) async fn describe(
    tools: Tools<'_>,
    caller: &Caller,
    input: Value,
) -> Result<Value, Fault> {
    let action = "probity:DescribeModelCardEvidence";
    let dossier = card::dossier(tools, caller, (action, &input, Patience::OfARecord)).await?;
    Ok(model_card::described_evidence(&dossier))
}

/// `ListModelCardStandings`: a bucket that does not answer leaves evaluations unverified, and does
/// not keep the page from being shown.
pub(crate) async fn standings(
    tools: Tools<'_>,
    caller: &Caller,
    input: Value,
) -> Result<Value, Fault> {
    let reports = model_card::reports_of_page(tools.app, caller, &input).await?;
    let states = report_states(&reports, tools.environment, Patience::OfAReader).await;
    model_card::overview(tools.app, caller, (&input, &states)).await
}

/// `PreviewModelCard`: reports that cannot be read are left out, and the answer says so.
pub(crate) async fn preview(
    tools: Tools<'_>,
    caller: &Caller,
    input: Value,
) -> Result<Value, Fault> {
    let filling = model_card::filling(tools.app, caller, &input).await?;
    let mut reports = Vec::with_capacity(filling.reports.len());
    for registered in &filling.reports {
        let read = read(&registered.wanted, tools.environment).await;
        reports.push(match read {
            Ok(report) => FilledReport::Read(report),
            Err(fault) => FilledReport::NotRead(fault.to_string()),
        });
    }
    model_card::filled(tools.app, caller, (filling, reports)).await
}

/// `CreateModelCard`: evaluations that tags bind are in the first version.
pub(crate) async fn create(
    tools: Tools<'_>,
    caller: &Caller,
    input: Value,
) -> Result<Value, Fault> {
    tools.app.authorise(caller, "sagemaker:CreateModelCard")?;
    let reports = of_tags(&input, tools.environment).await?;
    match reports.is_empty() {
        true => model_card::create(tools.app, caller, input).await,
        false => model_card::create_bound(tools.app, caller, (&input, &reports)).await,
    }
}

/// `AddTags`: those of a card may bind evaluations, those of an endpoint are rules of redaction.
pub(crate) async fn add_tags(
    tools: Tools<'_>,
    caller: &Caller,
    input: Value,
) -> Result<Value, Fault> {
    tools.app.authorise(caller, "sagemaker:AddTags")?;
    if is_of_card(&input) {
        let reports = of_tags(&input, tools.environment).await?;
        if !reports.is_empty() {
            return model_card::add_tags(tools.app, caller, (&input, &reports)).await;
        }
    }
    redaction_tag::add_tags(tools.app, caller, input).await
}

fn is_of_card(input: &Value) -> bool {
    let arn = input.get("ResourceArn").and_then(Value::as_str);
    let resource = arn.and_then(|arn| arn.splitn(6, ':').nth(5));
    let kind = resource.and_then(|resource| resource.split_once('/'));
    kind.is_some_and(|(kind, _)| kind == ResourceKind::ModelCard.as_str())
}

async fn of_tags(
    input: &Value,
    environment: &Environment,
) -> Result<Vec<(WantedReport, CardReport)>, Fault> {
    let mut reports = Vec::new();
    for wanted in model_card::reports_of_tags(input)? {
        let report = read(&wanted, environment).await?;
        reports.push((wanted, report));
    }
    Ok(reports)
}

/// The first of the places where there is a report.
async fn read(wanted: &WantedReport, environment: &Environment) -> Result<CardReport, Fault> {
    let mut looked_at = BTreeSet::new();
    for uri in &wanted.uris {
        match card_report::read(uri, wanted.kind, environment).await {
            Ok(report) => return Ok(report),
            Err(ReadCardReport::Missing { uri }) => {
                looked_at.insert(uri);
            }
            Err(error) => return Err(refused(&wanted.evaluation, &error)),
        }
    }
    let places: Vec<String> = looked_at.iter().map(|uri| format!("`{uri}`")).collect();
    Err(Fault::invalid(match places.as_slice() {
        [] => format!(
            "Evaluation `{}` cannot be bound: the job has no output place",
            wanted.evaluation
        ),
        places => format!(
            "Evaluation `{}` cannot be bound: there is no report at {}",
            wanted.evaluation,
            places.join(" or ")
        ),
    }))
}

/// What the caller can mend is told; a store that is out of reach is ours.
fn refused(evaluation: &str, error: &ReadCardReport) -> Fault {
    let sentence = format!(
        "Evaluation `{evaluation}` cannot be bound: {}",
        Chain(error)
    );
    match error {
        ReadCardReport::Read {
            source: ReadLocation::Unreachable { .. } | ReadLocation::Settings { .. },
            uri,
        } => Fault::internal(
            format!("read the report `{uri}`"),
            std::io::Error::other(sentence),
        ),
        ReadCardReport::Read { .. }
        | ReadCardReport::Missing { .. }
        | ReadCardReport::TooLarge { .. }
        | ReadCardReport::NoDocument { .. }
        | ReadCardReport::NoReport { .. } => Fault::invalid(sentence),
    }
}
