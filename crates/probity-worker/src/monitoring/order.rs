//! What an execution is asked for, with what had to be looked up.

use probity_app::App;
use probity_data::Window;
use probity_domain::document::UtcTime;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::execution::{ExecutionBody, ExecutionCause};
use probity_domain::resource::ExecutionState;
use probity_domain::{Arn, ArnPlace};
use probity_store::StoreError;
use probity_store::monitoring_execution::{self, Execution, ListExecutions};

use super::kinds::{Baseline, FindBaseline, Order, Records, find_baseline};

const MS_PER_HOUR: i64 = 3_600_000;

/// Runs of one hour that are looked at: one a minute, and as many that somebody asked for.
const MAX_EARLIER: u32 = 120;

/// Without its records and its baseline, which may not be found.
pub(super) async fn of(
    app: &App,
    execution: &Execution,
    body: &ExecutionBody,
) -> Result<Order, StoreError> {
    let place = ArnPlace {
        service: "sagemaker",
        region: &execution.region,
        account: &app.settings.account_id,
    };
    let arn = Arn::new(place, format!("monitoring-schedule/{}", execution.schedule));
    let known = MonitoringType::ALL
        .into_iter()
        .find(|kind| kind.as_str() == execution.monitoring_type);
    Ok(Order {
        region: execution.region.clone(),
        schedule: execution.schedule.clone(),
        schedule_arn: arn.to_string(),
        endpoint: Some(execution.endpoint.clone()).filter(|name| !name.is_empty()),
        // Written by this program only, from the same list.
        monitoring_type: known.unwrap_or(MonitoringType::DataQuality),
        definition: body.definition.clone(),
        window: Window {
            start_ms: body.window.start_ms,
            end_ms: body.window.end_ms,
        },
        scheduled_ms: execution.scheduled_ms,
        execution_id: execution.id.clone(),
        revision: execution.revision,
        has_earlier_points: has_earlier_points(app, execution).await?,
        records: Records::Captures(Vec::new()),
        baseline: Baseline::default(),
        folder: folder(app, execution).await?,
    })
}

/// Those that failed, because there were no labels yet, left none: then a later revision is the first that
/// tells AWS's dimensions anything.
async fn has_earlier_points(app: &App, execution: &Execution) -> Result<bool, StoreError> {
    if execution.revision == 0 {
        return Ok(false);
    }
    let slot = ListExecutions {
        region: execution.region.clone(),
        schedule: Some(execution.schedule.clone()),
        scheduled_after_ms: Some(execution.scheduled_ms),
        scheduled_before_ms: Some(execution.scheduled_ms),
        limit: MAX_EARLIER,
        ..ListExecutions::default()
    };
    let slot = monitoring_execution::list(&app.store, &slot).await?;
    Ok(slot.items.iter().any(|earlier| {
        let has_points = matches!(
            ExecutionState::parse(&earlier.status),
            Some(ExecutionState::Completed | ExecutionState::CompletedWithViolations)
        );
        earlier.revision < execution.revision && has_points
    }))
}

/// AWS has one folder for the runs of an hour, since it has one run an hour. The first slot of an
/// hour has it; every other run has one of its own below it, so that none overwrites another.
async fn folder(app: &App, execution: &Execution) -> Result<Option<String>, StoreError> {
    let id: String = execution.id.chars().take(8).collect();
    match ExecutionCause::parse(&execution.cause) {
        Some(ExecutionCause::LateLabels) => Ok(Some(format!("revision-{}", execution.revision))),
        Some(ExecutionCause::Asked) => Ok(Some(format!("run-{id}"))),
        Some(ExecutionCause::Slot | ExecutionCause::Now | ExecutionCause::Imported) | None => {
            let hour_ms = execution.scheduled_ms.div_euclid(MS_PER_HOUR) * MS_PER_HOUR;
            let earlier = ListExecutions {
                region: execution.region.clone(),
                schedule: Some(execution.schedule.clone()),
                scheduled_after_ms: Some(hour_ms),
                scheduled_before_ms: Some(execution.scheduled_ms - 1),
                limit: MAX_EARLIER,
                ..ListExecutions::default()
            };
            let earlier = monitoring_execution::list(&app.store, &earlier).await?;
            let is_first = !earlier
                .items
                .iter()
                .any(|earlier| earlier.cause == execution.cause && earlier.revision == 0);
            let minute = UtcTime::from_epoch_ms(execution.scheduled_ms).minute;
            Ok(match (is_first, execution.cause.as_str()) {
                (true, _) => None,
                (false, "slot") => Some(format!("{minute:02}")),
                (false, _) => Some(format!("run-{id}")),
            })
        }
    }
}

pub(super) async fn baseline(app: &App, order: &Order) -> Result<Baseline, FindBaseline> {
    let definition = (order.monitoring_type, &order.definition);
    find_baseline(app, &order.region, definition).await
}
