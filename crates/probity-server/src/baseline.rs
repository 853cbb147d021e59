//! `UpdateMonitoringBaseline`: other constraints or statistics for a schedule. The documents are
//! read before anything is written: a monitor that obeys what cannot be read finds nothing.

use probity_analysis::recheck::NewConstraints;
use probity_app::monitoring_baseline::{self, BaselineChange, BaselineDocument};
use probity_app::{Caller, Fault};
use probity_data::location::{Environment, read_object};
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::statistics::Statistics;
use ring::digest;
use serde_json::Value;

use crate::operations::Tools;
use crate::report::Chain;

pub(crate) async fn update(
    tools: Tools<'_>,
    caller: &Caller,
    input: Value,
) -> Result<Value, Fault> {
    tools
        .app
        .authorise(caller, "probity:UpdateMonitoringBaseline")?;
    let text = |member: &str| input.get(member).and_then(Value::as_str);
    let schedule = text("MonitoringScheduleName").unwrap_or_default();
    let before = monitoring_baseline::obeyed(tools.app, caller, schedule).await?;
    let (constraints, statistics) = (text("ConstraintsS3Uri"), text("StatisticsS3Uri"));
    if constraints.is_none() && statistics.is_none() {
        return Err(Fault::invalid(
            "ConstraintsS3Uri or StatisticsS3Uri is required",
        ));
    }
    let kind = before.monitoring_type;
    if statistics.is_some() && kind != MonitoringType::DataQuality {
        return Err(Fault::invalid(format!(
            "a {} monitor has no statistics to be compared with",
            kind.as_str()
        )));
    }
    let environment = tools.environment;
    let check = |bytes: &[u8]| NewConstraints::parse(kind, bytes).map(drop);
    let constraints = match constraints {
        Some(uri) => Some(document(("ConstraintsS3Uri", uri), environment, check).await?),
        None => None,
    };
    let check = |bytes: &[u8]| Statistics::from_json(bytes).map(drop);
    let statistics = match statistics {
        Some(uri) => Some(document(("StatisticsS3Uri", uri), environment, check).await?),
        None => None,
    };
    let change = BaselineChange {
        schedule: schedule.to_owned(),
        reason: text("Reason").unwrap_or_default().to_owned(),
        constraints,
        statistics,
        constraints_before: hash_of(before.constraints_uri.as_deref(), environment).await,
        statistics_before: hash_of(before.statistics_uri.as_deref(), environment).await,
    };
    monitoring_baseline::update(tools.app, caller, &change).await
}

/// A document that can be read, and its hash.
async fn document<E: std::error::Error + 'static>(
    (member, uri): (&str, &str),
    environment: &Environment,
    check: impl FnOnce(&[u8]) -> Result<(), E>,
) -> Result<BaselineDocument, Fault> {
    let refused =
        |error: &dyn std::error::Error| Fault::invalid(format!("{member}: {}", Chain(error)));
    let bytes = read_object(uri, environment)
        .await
        .map_err(|error| refused(&error))?;
    check(&bytes).map_err(|error| refused(&error))?;
    Ok(BaselineDocument {
        uri: uri.to_owned(),
        sha256: sha256(&bytes),
    })
}

/// What cannot be read any more has no hash; that is no reason to keep it.
async fn hash_of(uri: Option<&str>, environment: &Environment) -> Option<String> {
    let bytes = read_object(uri?, environment).await.ok()?;
    Some(sha256(&bytes))
}

fn sha256(bytes: &[u8]) -> String {
    let digest = digest::digest(&digest::SHA256, bytes);
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
