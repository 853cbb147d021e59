//! Cards with their evidence as it stands now: the reports that evaluations are bound to lie in
//! buckets, where the app does not look.

use probity_app::model_card::{self, DossierRequest, ReportStates};
use probity_app::{Caller, Fault};
use probity_data::location::report_states;
use probity_domain::document::card_dossier::CardDossier;
use serde_json::Value;

use crate::operations::Tools;

/// The dossier that a request names by `ModelCardName` and `ModelCardVersion`, for the verb whose
/// IAM action this is.
pub(crate) async fn dossier(
    tools: Tools<'_>,
    caller: &Caller,
    (action, input): (&'static str, &Value),
) -> Result<CardDossier, Fault> {
    let nothing = ReportStates::new();
    let request = DossierRequest {
        action,
        card: input
            .get("ModelCardName")
            .and_then(Value::as_str)
            .unwrap_or_default(),
        version: input.get("ModelCardVersion").and_then(Value::as_i64),
        reports: &nothing,
    };
    let reports = model_card::bound_reports(tools.app, caller, request).await?;
    let reports = report_states(&reports, tools.environment).await;
    let request = DossierRequest {
        reports: &reports,
        ..request
    };
    model_card::dossier(tools.app, caller, request).await
}

/// `DescribeModelCardCompliance`: what the policy demands and the card lacks.
pub(crate) async fn describe_compliance(
    tools: Tools<'_>,
    caller: &Caller,
    input: Value,
) -> Result<Value, Fault> {
    let action = "probity:DescribeModelCardCompliance";
    let dossier = dossier(tools, caller, (action, &input)).await?;
    Ok(model_card::described_compliance(&dossier))
}
