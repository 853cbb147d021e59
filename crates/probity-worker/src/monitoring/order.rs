//! What an execution is asked for, with what had to be looked up.

use probity_app::App;
use probity_data::Window;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_domain::document::execution::ExecutionBody;
use probity_domain::{Arn, ArnPlace};
use probity_store::monitoring_execution::Execution;

use super::kinds::{Baseline, FindBaseline, Order, Records, find_baseline};

/// Without its records and its baseline, which may not be found.
pub(super) fn without_records(app: &App, execution: &Execution, body: &ExecutionBody) -> Order {
    let place = ArnPlace {
        service: "sagemaker",
        region: &execution.region,
        account: &app.settings.account_id,
    };
    let arn = Arn::new(place, format!("monitoring-schedule/{}", execution.schedule));
    let known = MonitoringType::ALL
        .into_iter()
        .find(|kind| kind.as_str() == execution.monitoring_type);
    Order {
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
        records: Records::Captures(Vec::new()),
        baseline: Baseline::default(),
    }
}

pub(super) async fn baseline(app: &App, order: &Order) -> Result<Baseline, FindBaseline> {
    let definition = (order.monitoring_type, &order.definition);
    find_baseline(app, &order.region, definition).await
}
