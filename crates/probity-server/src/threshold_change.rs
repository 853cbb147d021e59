//! Other thresholds for a monitor, from a form: read, tried over history, and put in force. They are
//! kept in a folder of their own below the results, as `probity monitor set-constraints` does, and
//! put in force by the verb that it calls, with who and why.

use bytes::Bytes;
use probity_analysis::recheck::NewConstraints;
use probity_analysis::threshold_edit::{Change, Changed, Editor, changed};
use probity_app::monitoring_baseline::Obeyed;
use probity_app::{Caller, Fault};
use probity_data::location::{ReadLocation, read_object, write_object};
use probity_domain::document::UtcTime;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::probity_file::ProbityFile;
use serde_json::{Value, json};

use crate::baseline;
use crate::operations::Tools;
use crate::report::Chain;
use crate::run_evidence::{self, Unread, sha256};

/// What lies beside constraints of data quality and makes distances exact.
const STATISTICS: &str = "statistics.json";
const SUMMARIES: &str = "summaries.bin";
const PROBITY: &str = "probity.json";

/// The constraints that are obeyed now.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) uri: String,
    pub(crate) sha256: String,
    pub(crate) constraints: NewConstraints,
}

/// Why they are not shown.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotInForce {
    #[error("this monitor has no constraints yet: it runs, and compares with nothing")]
    None,
    #[error(transparent)]
    Unread(Unread),
    #[error("{0}")]
    Other(String),
}

pub(crate) async fn in_force(tools: Tools<'_>, obeyed: &Obeyed) -> Result<InForce, NotInForce> {
    let uri = obeyed.constraints_uri.as_deref().ok_or(NotInForce::None)?;
    let bytes = run_evidence::document(uri, tools.environment)
        .await
        .map_err(NotInForce::Unread)?;
    let constraints = NewConstraints::parse(obeyed.monitoring_type, &bytes)
        .map_err(|error| NotInForce::Other(Chain(&error).to_string()))?;
    Ok(InForce {
        uri: uri.to_owned(),
        sha256: sha256(&bytes),
        constraints,
    })
}

/// What somebody wants in force.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) monitor: &'a str,
    pub(crate) changes: &'a [Change],
    /// Of the document that they looked at.
    pub(crate) seen_sha256: &'a str,
    pub(crate) reason: &'a str,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    Yes,
    /// The thresholds are so already.
    Same,
    /// Somebody else changed them meanwhile.
    Conflict,
}

pub(crate) async fn apply(
    tools: Tools<'_>,
    caller: &Caller,
    (wanted, obeyed): (Wanted<'_>, &Obeyed),
) -> Result<Applied, Fault> {
    let action = "probity:UpdateMonitoringBaseline";
    tools.app.authorise(caller, action)?;
    if wanted.reason.trim().is_empty() {
        return Err(Fault::invalid(
            "a change of thresholds needs a reason: who looks at the next alert will ask for it",
        ));
    }
    let now = in_force(tools, obeyed)
        .await
        .map_err(|error| Fault::invalid(error.to_string()))?;
    if now.sha256 != wanted.seen_sha256 {
        return Ok(Applied::Conflict);
    }
    let editor = editor(tools, caller, Some(wanted.reason));
    let changed = changed(&now.constraints, wanted.changes, &editor)
        .map_err(|error| Fault::invalid(Chain(&error).to_string()))?;
    if changed.edits.is_empty() {
        return Ok(Applied::Same);
    }
    let input = put(tools, (wanted, obeyed), (&now, &changed)).await?;
    match baseline::update(tools, caller, input).await {
        Ok(_) => Ok(Applied::Yes),
        Err(Fault::Conflict { .. }) => Ok(Applied::Conflict),
        Err(fault) => Err(fault),
    }
}

pub(crate) fn editor(tools: Tools<'_>, caller: &Caller, why: Option<&str>) -> Editor {
    Editor {
        at: UtcTime::from_epoch_ms(tools.app.clock.now_ms()).to_string(),
        who: caller.user.clone(),
        why: why.map(str::to_owned),
    }
}

/// Writes the documents, and gives the request that puts them in force.
async fn put(
    tools: Tools<'_>,
    (wanted, obeyed): (Wanted<'_>, &Obeyed),
    (now, changed): (&InForce, &Changed),
) -> Result<Value, Fault> {
    let folder = new_folder(tools, wanted.monitor, &obeyed.output_uri);
    let (before, name) = now.uri.rsplit_once('/').unwrap_or(("", &now.uri));
    let uri = format!("{folder}/{name}");
    write(tools, &uri, Bytes::from(changed.document.clone())).await?;
    let mut input = json!({
        "MonitoringScheduleName": wanted.monitor,
        "ConstraintsS3Uri": uri,
        "Reason": wanted.reason,
    });
    if obeyed.monitoring_type == MonitoringType::DataQuality {
        let statistics = obeyed.statistics_uri.as_deref();
        let beside = statistics
            .and_then(|uri| uri.rsplit_once('/'))
            .map_or(before, |(folder, _)| folder);
        copy(tools, (beside, &folder), SUMMARIES).await?;
        if copy(tools, (beside, &folder), STATISTICS).await? {
            input["StatisticsS3Uri"] = Value::from(format!("{folder}/{STATISTICS}"));
        }
        keep_history(tools, (beside, &folder), changed).await?;
    } else {
        // What was measured, which no limit says.
        for name in [STATISTICS, PROBITY] {
            copy(tools, (before, &folder), name).await?;
        }
    }
    Ok(input)
}

/// A place of its own for each baseline of a schedule, as the command line has it.
fn new_folder(tools: Tools<'_>, monitor: &str, output_uri: &str) -> String {
    let now = UtcTime::from_epoch_ms(tools.app.clock.now_ms()).to_string();
    let now = now.replace([':', '-'], "");
    let own: String = tools.app.ids.uuid().chars().take(6).collect();
    let root = output_uri.trim_end_matches('/');
    format!("{root}/baselines/{monitor}/{now}-{own}")
}

async fn write(tools: Tools<'_>, uri: &str, content: Bytes) -> Result<(), Fault> {
    let written = write_object(uri, content, tools.environment).await;
    written.map_err(|error| Fault::invalid(format!("`{uri}` cannot be written: {}", Chain(&error))))
}

async fn read(tools: Tools<'_>, uri: &str) -> Result<Option<Bytes>, Fault> {
    match read_object(uri, tools.environment).await {
        Ok(content) => Ok(Some(content)),
        // SageMaker's baselines have no files of ours.
        Err(ReadLocation::Missing { .. }) => Ok(None),
        Err(error) => Err(Fault::invalid(Chain(&error).to_string())),
    }
}

/// Whether there was something to copy.
async fn copy(tools: Tools<'_>, (before, folder): (&str, &str), name: &str) -> Result<bool, Fault> {
    let Some(content) = read(tools, &format!("{before}/{name}")).await? else {
        return Ok(false);
    };
    write(tools, &format!("{folder}/{name}"), content).await?;
    Ok(true)
}

/// The edits stand in the file of ours beside the constraints, as those of the command line do.
async fn keep_history(
    tools: Tools<'_>,
    (before, folder): (&str, &str),
    changed: &Changed,
) -> Result<(), Fault> {
    let Some(content) = read(tools, &format!("{before}/{PROBITY}")).await? else {
        return Ok(());
    };
    let content = match ProbityFile::from_json(&content) {
        Ok(mut file) => {
            file.history.extend(changed.edits.iter().cloned());
            let mut text = Vec::new();
            file.write_json(&mut text)
                .map_err(|source| Fault::internal("write the history of constraints", source))?;
            Bytes::from(text)
        }
        Err(_) => content,
    };
    write(tools, &format!("{folder}/{PROBITY}"), content).await
}
