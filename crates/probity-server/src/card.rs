//! Cards with their evidence as it stands now: the reports that evaluations are bound to lie in
//! buckets, where the app does not look.

use probity_app::model_card::{self, DossierRequest, ReportStates};
use probity_app::{Caller, Fault};
use probity_data::location::{Patience, report_states};
use probity_domain::document::card_dossier::CardDossier;
use serde_json::Value;

use crate::operations::Tools;

/// The dossier that a request names by `ModelCardName` and `ModelCardVersion`, for the verb whose
/// IAM action this is.
pub(crate) async fn dossier(
    tools: Tools<'_>,
    caller: &Caller,
    (action, input, patience): (&'static str, &Value, Patience),
) -> Result<CardDossier, Fault> {
    let reports = reports(tools, caller, (action, input, patience)).await?;
    let request = DossierRequest {
        action,
        card: name(input),
        version: input.get("ModelCardVersion").and_then(Value::as_i64),
        reports: &reports,
    };
    model_card::dossier(tools.app, caller, request).await
}

fn name(input: &Value) -> &str {
    let name = input.get("ModelCardName").and_then(Value::as_str);
    name.unwrap_or_default()
}

/// What lies at the places of the reports that the version is bound to.
async fn reports(
    tools: Tools<'_>,
    caller: &Caller,
    (action, input, patience): (&'static str, &Value, Patience),
) -> Result<ReportStates, Fault> {
    let nothing = ReportStates::new();
    let request = DossierRequest {
        action,
        card: name(input),
        version: input.get("ModelCardVersion").and_then(Value::as_i64),
        reports: &nothing,
    };
    let reports = model_card::bound_reports(tools.app, caller, request).await?;
    Ok(report_states(&reports, tools.environment, patience).await)
}

/// The same for a request that sets a status: only an approval is by what the reports say.
async fn reports_for_approval(
    tools: Tools<'_>,
    caller: &Caller,
    (action, input): (&'static str, &Value),
) -> Result<ReportStates, Fault> {
    match input.get("ModelCardStatus").and_then(Value::as_str) {
        Some("Approved") => reports(tools, caller, (action, input, Patience::OfARecord)).await,
        Some(_) | None => Ok(ReportStates::new()),
    }
}

/// `UpdateModelCard`.
pub(crate) async fn update(
    tools: Tools<'_>,
    caller: &Caller,
    input: Value,
) -> Result<Value, Fault> {
    let action = "sagemaker:UpdateModelCard";
    tools.app.authorise(caller, action)?;
    let reports = reports_for_approval(tools, caller, (action, &input)).await?;
    model_card::update_by(tools.app, caller, (input, &reports)).await
}

/// `ReviewModelCard`.
pub(crate) async fn review(
    tools: Tools<'_>,
    caller: &Caller,
    input: Value,
) -> Result<Value, Fault> {
    let action = "probity:ReviewModelCard";
    tools.app.authorise(caller, action)?;
    let reports = reports_for_approval(tools, caller, (action, &input)).await?;
    model_card::review_by(tools.app, caller, (input, &reports)).await
}

/// `DescribeModelCardCompliance`: what the policy demands and the card lacks.
pub(crate) async fn describe_compliance(
    tools: Tools<'_>,
    caller: &Caller,
    input: Value,
) -> Result<Value, Fault> {
    let action = "probity:DescribeModelCardCompliance";
    let dossier = dossier(tools, caller, (action, &input, Patience::OfARecord)).await?;
    Ok(model_card::described_compliance(&dossier))
}
