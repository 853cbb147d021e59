//! Where the results of a monitor's run lie, for the pages that show what it found. The documents
//! lie in buckets, where the app does not look.

use probity_domain::ResourceKind;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::execution::ExecutionWindow;
use probity_store::monitoring_execution::{self, Execution};

use super::SEE;
use crate::app::App;
use crate::caller::Caller;
use crate::deed::Deed;
use crate::fault::Fault;
use crate::monitoring_baseline::{Obeyed, obeyed_for_page};
use crate::monitoring_execution::body_of;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultQuery {
    pub monitor: String,
    /// The last one with a verdict where none is named.
    pub run: Option<String>,
}

/// A run with results, and what it was compared with.
#[derive(Clone, Debug)]
pub struct MonitorResult {
    pub as_of_ms: i64,
    pub monitor: String,
    pub kind: MonitoringType,
    /// As the schedule stands now.
    pub baseline: Obeyed,
    /// `None` where no run ended with a verdict yet.
    pub run: Option<ResultRun>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ResultRun {
    pub id: String,
    pub scheduled_ms: i64,
    pub revision: i64,
    pub window: ExecutionWindow,
    /// `None` while it is not known.
    pub violations: Option<i64>,
    pub output_uri: Option<String>,
    /// The `statistics.json` that its definition names.
    pub statistics_uri: Option<String>,
    /// The `constraints.json`, or the `analysis.json`, that its definition names.
    pub constraints_uri: Option<String>,
    /// A newer one ended with a verdict.
    pub is_old: bool,
}

pub async fn result(
    app: &App,
    caller: &Caller,
    query: &ResultQuery,
) -> Result<MonitorResult, Fault> {
    let deed = Deed::authorise(app, caller, SEE)?;
    let place = (deed.region, query.monitor.as_str());
    let (baseline, last) = futures::try_join!(obeyed_for_page(&deed, &query.monitor), async {
        let last = monitoring_execution::last_with_verdict(&app.store, place).await?;
        Ok::<_, Fault>(last)
    })?;
    let run = match &query.run {
        None => last.clone(),
        Some(id) => Some(named(&deed, query, id).await?),
    };
    let run = run.map(|run| told(&run, last.as_ref()));
    Ok(MonitorResult {
        as_of_ms: deed.now_ms,
        monitor: query.monitor.clone(),
        kind: baseline.monitoring_type,
        baseline,
        run: run.transpose()?,
    })
}

/// A run of this monitor; one of another has another address.
async fn named(deed: &Deed<'_>, query: &ResultQuery, id: &str) -> Result<Execution, Fault> {
    let run = monitoring_execution::get(&deed.app.store, id).await?;
    let own = run.filter(|run| run.region == deed.region && run.schedule == query.monitor);
    own.ok_or_else(|| Fault::NotFound {
        kind: ResourceKind::MonitoringSchedule,
        name: format!("{}/runs/{id}", query.monitor),
    })
}

/// `last` is the last run with a verdict.
fn told(run: &Execution, last: Option<&Execution>) -> Result<ResultRun, Fault> {
    let place = |run: &Execution| (run.scheduled_ms, run.revision);
    let body = body_of(run)?;
    let baseline = body.definition.baseline_config.as_ref();
    let statistics = baseline.and_then(|baseline| baseline.statistics_resource.as_ref());
    let constraints = baseline.and_then(|baseline| baseline.constraints_resource.as_ref());
    Ok(ResultRun {
        id: run.id.clone(),
        scheduled_ms: run.scheduled_ms,
        revision: run.revision,
        window: body.window,
        violations: (run.violations >= 0).then_some(run.violations),
        statistics_uri: statistics.and_then(|resource| resource.s3_uri.clone()),
        constraints_uri: constraints.and_then(|resource| resource.s3_uri.clone()),
        output_uri: body.output_uri,
        is_old: last.is_some_and(|last| place(run) < place(last)),
    })
}
