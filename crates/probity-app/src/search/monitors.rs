//! Monitoring schedules as the records of models and endpoints show them: with their alerts and
//! their last execution, read for many schedules at once.

use std::collections::HashMap;

use probity_domain::ResourceKind;
use probity_domain::document::api::monitoring_job_definition::MonitoringType;
use probity_store::monitoring_alert;
use probity_store::monitoring_execution as executions;
use probity_store::resource::{self, ListResources, Resource};
use serde_json::Value;

use crate::deed::Deed;
use crate::fault::Fault;
use crate::job_definition;
use crate::monitoring_alert::{shown, subject_of};
use crate::monitoring_execution;
use crate::monitoring_schedule::{self, CAPTURES, CONFIG, ENDPOINT, MONITORING_SCHEDULE};
use crate::sorted_page;

/// Schedules by what they watch.
#[derive(Debug, Default)]
pub(super) struct Monitors {
    by_endpoint: HashMap<String, Vec<Value>>,
    by_capture: HashMap<String, Vec<Value>>,
}

impl Monitors {
    pub(super) async fn all(deed: &Deed<'_>) -> Result<Monitors, Fault> {
        let wanted = ListResources::all(ResourceKind::MonitoringSchedule, deed.region, 0);
        Monitors::read(deed, sorted_page::every(deed, wanted).await?).await
    }

    /// Those that watch one of these endpoints, or what transform jobs captured to these places.
    pub(super) async fn of(
        deed: &Deed<'_>,
        endpoints: &[&str],
        places: &[&str],
    ) -> Result<Monitors, Fault> {
        let pairs = endpoints.iter().map(|name| (ENDPOINT, *name));
        let places = places.iter().map(|place| (CAPTURES, *place));
        let pairs: Vec<(&str, &str)> = pairs.chain(places).collect();
        let kind = (ResourceKind::MonitoringSchedule, deed.region);
        let rows = resource::with_any(&deed.app.store, kind, &pairs).await?;
        Monitors::read(deed, rows).await
    }

    async fn read(deed: &Deed<'_>, rows: Vec<Resource>) -> Result<Monitors, Fault> {
        let store = &deed.app.store;
        let subjects: Vec<String> = rows.iter().map(|row| subject_of(&row.name)).collect();
        let mut alerts: HashMap<String, Vec<Value>> = HashMap::new();
        for alert in monitoring_alert::of_subjects(store, deed.region, &subjects).await? {
            let shown = shown(&alert);
            alerts.entry(alert.subject).or_default().push(shown);
        }
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        let latest = executions::latest_of_each(store, deed.region, &names).await?;
        let latest: HashMap<&str, _> = latest
            .iter()
            .map(|run| (run.schedule.as_str(), run))
            .collect();
        let mut monitors = Monitors::default();
        for row in &rows {
            let mut members = MONITORING_SCHEDULE.describe(row);
            monitoring_schedule::hide(&mut members);
            if let Some(alerts) = alerts.remove(&subject_of(&row.name)) {
                members.insert("MonitoringAlertSummaries".to_owned(), alerts.into());
            }
            // A schedule made anew under an old name has none of the other's runs.
            let last = latest.get(row.name.as_str());
            if let Some(last) = last.filter(|last| last.created_ms >= row.created_ms) {
                let summary = monitoring_execution::summary(last);
                members.insert("LastMonitoringExecutionSummary".to_owned(), summary);
            }
            let watched = match row.attributes.get(ENDPOINT) {
                Some(endpoint) => monitors.by_endpoint.entry(endpoint.clone()),
                None => {
                    if let Some(input) = batch_input(deed, row).await? {
                        members.insert("BatchTransformInput".to_owned(), input);
                    }
                    let place = row.attributes.get(CAPTURES).cloned();
                    monitors.by_capture.entry(place.unwrap_or_default())
                }
            };
            watched.or_default().push(Value::Object(members));
        }
        Ok(monitors)
    }

    pub(super) fn of_endpoint(&self, name: &str) -> &[Value] {
        self.by_endpoint.get(name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn of_place(&self, place: &str) -> &[Value] {
        self.by_capture.get(place).map_or(&[], Vec::as_slice)
    }
}

/// Of the definition, wherever it stands.
async fn batch_input(deed: &Deed<'_>, schedule: &Resource) -> Result<Option<Value>, Fault> {
    const INPUT: &str = "BatchTransformInput";
    let config = &schedule.body[CONFIG];
    let inside = config.pointer("/MonitoringJobDefinition/MonitoringInputs/0");
    if let Some(inside) = inside {
        return Ok(inside.get(INPUT).cloned());
    }
    let text = |member: &str| config.get(member).and_then(Value::as_str);
    let kind = text("MonitoringType").unwrap_or_default();
    let kind = MonitoringType::ALL
        .into_iter()
        .find(|known| known.as_str() == kind);
    let (Some(kind), Some(name)) = (kind, text("MonitoringJobDefinitionName")) else {
        return Ok(None);
    };
    let key = job_definition::stored_of(kind).key(deed, name);
    let definition = resource::get(&deed.app.store, key).await?;
    let member = format!("{}JobInput", kind.as_str());
    Ok(definition.and_then(|own| own.body.get(&member)?.get(INPUT).cloned()))
}
