//! What the last run of a monitor found, as a section of its page, by the kind of the monitor.

use maud::{Markup, html};
use probity_app::dashboard::result::{self, MonitorResult, ResultQuery};
use probity_domain::document::api::monitoring_job_definition::MonitoringType;

use super::visit::Visit;
use super::{Desk, Refusal, attributions, bias, features, quality, results};

/// Of the run that the address names, or of the last one.
pub(super) async fn result(
    desk: Desk<'_>,
    visit: &Visit,
    monitor: &str,
) -> Result<MonitorResult, Refusal> {
    let query = ResultQuery {
        monitor: monitor.to_owned(),
        run: visit.fields.get("run").map(str::to_owned),
    };
    Ok(result::result(desk.app, &visit.caller, &query).await?)
}

pub(super) async fn section(
    desk: Desk<'_>,
    visit: &Visit,
    monitor: &str,
) -> Result<Markup, Refusal> {
    let result = result(desk, visit, monitor).await?;
    let environment = desk.tools.environment;
    let section = match result.kind {
        MonitoringType::DataQuality => {
            let found = results::data_quality(&result, environment).await;
            features::section(visit, &result, &found)
        }
        MonitoringType::ModelQuality => {
            let found = results::model_quality(&result, environment).await;
            quality::section(visit, &result, &found)
        }
        MonitoringType::ModelBias => {
            let found = results::bias(&result, environment).await;
            bias::section(visit, &result, &found)
        }
        MonitoringType::ModelExplainability => {
            let found = results::explanations(&result, environment).await;
            attributions::section(visit, &result, &found)
        }
    };
    Ok(html! { (results::patterns()) (section) })
}
