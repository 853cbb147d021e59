//! The table of operations. Dispatch, authorisation, the coverage page and the tests read it; an
//! operation that has no row here is absent.

use std::pin::Pin;

use probity_analysis::card_document::Fonts;
use probity_app::{App, Caller, Fault};
use probity_data::location::Environment;
use serde_json::Value;

use crate::aws::Service;

/// Whether an operation does the real thing, or keeps what it is told until something does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Executed,
    Stored,
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Value, Fault>> + Send + 'a>>;

/// What a verb is done with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tools<'a> {
    pub(crate) app: &'a App,
    /// Where documents of callers lie; for the few verbs that read them.
    pub(crate) environment: &'a Environment,
    /// Of the PDFs of model cards.
    pub(crate) fonts: &'a Fonts,
}

/// A verb: it takes the request's document, checked against the service model, and gives the
/// document of the answer.
pub(crate) type Run = for<'a> fn(Tools<'a>, &'a Caller, Value) -> Running<'a>;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub(crate) service: Service,
    /// As AWS spells it.
    pub(crate) name: &'static str,
    pub(crate) standing: Standing,
    pub(crate) run: Run,
    /// The test that shows it with a real client.
    pub(crate) shown_by: &'static str,
}

impl Operation {
    /// `sagemaker:CreateModel`.
    pub(crate) fn action(&self) -> String {
        format!("{}:{}", self.service.action_prefix(), self.name)
    }
}

macro_rules! run {
    ($verb:path) => {
        |tools, caller, input| Box::pin($verb(tools.app, caller, input))
    };
    ($verb:path, reader) => {
        |tools, caller, input| Box::pin($verb(tools, caller, input))
    };
}

/// One row for each operation: `Service Standing "Name" => verb, "test";`. A verb that reads
/// documents of callers stands as `verb as reader`, and takes [`Tools`] for the app.
macro_rules! operations {
    ($($service:ident $standing:ident $name:literal => $verb:path $(as $role:tt)?, $shown_by:literal;)*) => {
        pub(crate) const OPERATIONS: &[Operation] = &[$(
            Operation {
                service: Service::$service,
                name: $name,
                standing: Standing::$standing,
                run: run!($verb $(, $role)?),
                shown_by: $shown_by,
            },
        )*];
    };
}

operations! {
    SageMaker Executed "CreateModel" => probity_app::model::create, "compat/server_operations.py";
    SageMaker Executed "DescribeModel" => probity_app::model::describe, "compat/server_operations.py";
    SageMaker Executed "ListModels" => probity_app::model::list, "compat/server_operations.py";
    SageMaker Executed "DeleteModel" => probity_app::model::delete, "compat/server_operations.py";
    SageMaker Executed "CreateModelCard" => crate::card_evidence::create as reader, "compat/server_model_card.py";
    SageMaker Executed "UpdateModelCard" => crate::card::update as reader, "compat/server_model_card.py";
    SageMaker Executed "DescribeModelCard" => probity_app::model_card::describe, "compat/server_model_card.py";
    SageMaker Executed "ListModelCards" => probity_app::model_card::list, "compat/server_model_card.py";
    SageMaker Executed "ListModelCardVersions" => probity_app::model_card::list_versions, "compat/server_model_card.py";
    SageMaker Executed "CreateModelCardExportJob" => probity_app::model_card::export_job::create, "compat/server_card_export.py";
    SageMaker Executed "DescribeModelCardExportJob" => probity_app::model_card::export_job::describe, "compat/server_card_export.py";
    SageMaker Executed "ListModelCardExportJobs" => probity_app::model_card::export_job::list, "compat/server_card_export.py";
    SageMaker Executed "DeleteModelCard" => probity_app::model_card::delete, "compat/server_model_card.py";
    SageMaker Executed "CreateEndpointConfig" => probity_app::endpoint_config::create, "compat/server_operations.py";
    SageMaker Executed "DescribeEndpointConfig" => probity_app::endpoint_config::describe, "compat/server_operations.py";
    SageMaker Executed "ListEndpointConfigs" => probity_app::endpoint_config::list, "compat/server_operations.py";
    SageMaker Executed "DeleteEndpointConfig" => probity_app::endpoint_config::delete, "compat/server_operations.py";
    SageMaker Executed "CreateEndpoint" => crate::redaction_tag::create_endpoint, "compat/server_operations.py";
    SageMaker Executed "DescribeEndpoint" => probity_app::endpoint::describe, "compat/server_operations.py";
    SageMaker Executed "ListEndpoints" => probity_app::endpoint::list, "compat/server_operations.py";
    SageMaker Executed "UpdateEndpoint" => probity_app::endpoint::update, "compat/server_operations.py";
    SageMaker Executed "UpdateEndpointWeightsAndCapacities" => probity_app::endpoint::update_weights_and_capacities, "compat/server_operations.py";
    SageMaker Executed "DeleteEndpoint" => probity_app::endpoint::delete, "compat/server_operations.py";
    SageMaker Executed "CreateTransformJob" => probity_app::transform_job::create, "compat/server_operations.py";
    SageMaker Executed "DescribeTransformJob" => probity_app::transform_job::describe, "compat/server_operations.py";
    SageMaker Executed "ListTransformJobs" => probity_app::transform_job::list, "compat/server_operations.py";
    SageMaker Executed "StopTransformJob" => probity_app::transform_job::stop, "compat/server_operations.py";
    SageMaker Executed "CreateProcessingJob" => probity_app::processing_job::create, "compat/server_operations.py";
    SageMaker Executed "DescribeProcessingJob" => probity_app::processing_job::describe, "compat/server_operations.py";
    SageMaker Executed "ListProcessingJobs" => probity_app::processing_job::list, "compat/server_operations.py";
    SageMaker Executed "StopProcessingJob" => probity_app::processing_job::stop, "compat/server_operations.py";
    SageMaker Executed "DeleteProcessingJob" => probity_app::processing_job::delete, "compat/server_operations.py";
    SageMaker Executed "CreateDataQualityJobDefinition" => probity_app::job_definition::data_quality::create, "compat/server_operations.py";
    SageMaker Executed "DescribeDataQualityJobDefinition" => probity_app::job_definition::data_quality::describe, "compat/server_operations.py";
    SageMaker Executed "ListDataQualityJobDefinitions" => probity_app::job_definition::data_quality::list, "compat/server_operations.py";
    SageMaker Executed "DeleteDataQualityJobDefinition" => probity_app::job_definition::data_quality::delete, "compat/server_operations.py";
    SageMaker Executed "CreateModelQualityJobDefinition" => probity_app::job_definition::model_quality::create, "compat/server_operations.py";
    SageMaker Executed "DescribeModelQualityJobDefinition" => probity_app::job_definition::model_quality::describe, "compat/server_operations.py";
    SageMaker Executed "ListModelQualityJobDefinitions" => probity_app::job_definition::model_quality::list, "compat/server_operations.py";
    SageMaker Executed "DeleteModelQualityJobDefinition" => probity_app::job_definition::model_quality::delete, "compat/server_operations.py";
    SageMaker Executed "CreateModelBiasJobDefinition" => probity_app::job_definition::model_bias::create, "compat/server_operations.py";
    SageMaker Executed "DescribeModelBiasJobDefinition" => probity_app::job_definition::model_bias::describe, "compat/server_operations.py";
    SageMaker Executed "ListModelBiasJobDefinitions" => probity_app::job_definition::model_bias::list, "compat/server_operations.py";
    SageMaker Executed "DeleteModelBiasJobDefinition" => probity_app::job_definition::model_bias::delete, "compat/server_operations.py";
    SageMaker Executed "CreateModelExplainabilityJobDefinition" => probity_app::job_definition::model_explainability::create, "compat/server_operations.py";
    SageMaker Executed "DescribeModelExplainabilityJobDefinition" => probity_app::job_definition::model_explainability::describe, "compat/server_operations.py";
    SageMaker Executed "ListModelExplainabilityJobDefinitions" => probity_app::job_definition::model_explainability::list, "compat/server_operations.py";
    SageMaker Executed "DeleteModelExplainabilityJobDefinition" => probity_app::job_definition::model_explainability::delete, "compat/server_operations.py";
    SageMaker Executed "ListMonitoringAlerts" => probity_app::monitoring_alert::list, "compat/server_alerts.py";
    SageMaker Executed "UpdateMonitoringAlert" => probity_app::monitoring_alert::update, "compat/server_alerts.py";
    SageMaker Executed "ListMonitoringAlertHistory" => probity_app::monitoring_alert::list_history, "compat/server_alerts.py";
    SageMaker Executed "CreateMonitoringSchedule" => probity_app::monitoring_schedule::create, "compat/server_monitoring.py";
    SageMaker Executed "DescribeMonitoringSchedule" => probity_app::monitoring_schedule::describe, "compat/server_monitoring.py";
    SageMaker Executed "ListMonitoringSchedules" => probity_app::monitoring_schedule::list, "compat/server_monitoring.py";
    SageMaker Executed "UpdateMonitoringSchedule" => probity_app::monitoring_schedule::update, "compat/server_monitoring.py";
    SageMaker Executed "StartMonitoringSchedule" => probity_app::monitoring_schedule::start, "compat/server_monitoring.py";
    SageMaker Executed "StopMonitoringSchedule" => probity_app::monitoring_schedule::stop, "compat/server_monitoring.py";
    SageMaker Executed "DeleteMonitoringSchedule" => probity_app::monitoring_schedule::delete, "compat/server_monitoring.py";
    SageMaker Executed "ListMonitoringExecutions" => probity_app::monitoring_execution::list, "compat/server_monitoring.py";
    SageMaker Executed "AddTags" => crate::card_evidence::add_tags as reader, "compat/server_operations.py";
    SageMaker Executed "DeleteTags" => probity_app::tags::delete, "compat/server_operations.py";
    SageMaker Executed "ListTags" => probity_app::tags::list, "compat/server_operations.py";
    SageMaker Stored "DescribeTrainingJob" => probity_app::training_job::describe, "compat/server_operations.py";
    SageMaker Stored "ListTrainingJobs" => probity_app::training_job::list, "compat/server_operations.py";
    SageMaker Executed "CreateModelPackageGroup" => probity_app::model_package_group::create, "compat/server_registry.py";
    SageMaker Executed "DescribeModelPackageGroup" => probity_app::model_package_group::describe, "compat/server_registry.py";
    SageMaker Executed "ListModelPackageGroups" => probity_app::model_package_group::list, "compat/server_registry.py";
    SageMaker Executed "DeleteModelPackageGroup" => probity_app::model_package_group::delete, "compat/server_registry.py";
    SageMaker Stored "PutModelPackageGroupPolicy" => probity_app::model_package_group::put_policy, "compat/server_registry.py";
    SageMaker Stored "GetModelPackageGroupPolicy" => probity_app::model_package_group::get_policy, "compat/server_registry.py";
    SageMaker Stored "DeleteModelPackageGroupPolicy" => probity_app::model_package_group::delete_policy, "compat/server_registry.py";
    SageMaker Executed "CreateModelPackage" => probity_app::model_package::create, "compat/server_registry.py";
    SageMaker Executed "DescribeModelPackage" => probity_app::model_package::describe, "compat/server_registry.py";
    SageMaker Executed "BatchDescribeModelPackage" => probity_app::model_package::batch_describe, "compat/server_registry.py";
    SageMaker Executed "ListModelPackages" => probity_app::model_package::list, "compat/server_registry.py";
    SageMaker Executed "UpdateModelPackage" => probity_app::model_package::update, "compat/server_registry.py";
    SageMaker Executed "DeleteModelPackage" => probity_app::model_package::delete, "compat/server_registry.py";
    SageMaker Stored "CreateExperiment" => probity_app::experiment::create, "compat/server_registry.py";
    SageMaker Stored "DescribeExperiment" => probity_app::experiment::describe, "compat/server_registry.py";
    SageMaker Stored "ListExperiments" => probity_app::experiment::list, "compat/server_registry.py";
    SageMaker Stored "UpdateExperiment" => probity_app::experiment::update, "compat/server_registry.py";
    SageMaker Stored "DeleteExperiment" => probity_app::experiment::delete, "compat/server_registry.py";
    SageMaker Stored "CreateTrial" => probity_app::trial::create, "compat/server_registry.py";
    SageMaker Stored "DescribeTrial" => probity_app::trial::describe, "compat/server_registry.py";
    SageMaker Stored "ListTrials" => probity_app::trial::list, "compat/server_registry.py";
    SageMaker Stored "UpdateTrial" => probity_app::trial::update, "compat/server_registry.py";
    SageMaker Stored "DeleteTrial" => probity_app::trial::delete, "compat/server_registry.py";
    SageMaker Stored "CreateTrialComponent" => probity_app::trial_component::create, "compat/server_registry.py";
    SageMaker Stored "DescribeTrialComponent" => probity_app::trial_component::describe, "compat/server_registry.py";
    SageMaker Stored "ListTrialComponents" => probity_app::trial_component::list, "compat/server_registry.py";
    SageMaker Stored "UpdateTrialComponent" => probity_app::trial_component::update, "compat/server_registry.py";
    SageMaker Stored "DeleteTrialComponent" => probity_app::trial_component::delete, "compat/server_registry.py";
    SageMaker Stored "AssociateTrialComponent" => probity_app::trial_component::associate, "compat/server_registry.py";
    SageMaker Stored "DisassociateTrialComponent" => probity_app::trial_component::disassociate, "compat/server_registry.py";
    SageMaker Stored "CreateArtifact" => probity_app::artifact::create, "compat/server_registry.py";
    SageMaker Stored "DescribeArtifact" => probity_app::artifact::describe, "compat/server_registry.py";
    SageMaker Stored "ListArtifacts" => probity_app::artifact::list, "compat/server_registry.py";
    SageMaker Stored "UpdateArtifact" => probity_app::artifact::update, "compat/server_registry.py";
    SageMaker Stored "DeleteArtifact" => probity_app::artifact::delete, "compat/server_registry.py";
    SageMaker Stored "CreateAction" => probity_app::action::create, "compat/server_registry.py";
    SageMaker Stored "DescribeAction" => probity_app::action::describe, "compat/server_registry.py";
    SageMaker Stored "ListActions" => probity_app::action::list, "compat/server_registry.py";
    SageMaker Stored "UpdateAction" => probity_app::action::update, "compat/server_registry.py";
    SageMaker Stored "DeleteAction" => probity_app::action::delete, "compat/server_registry.py";
    SageMaker Stored "CreateContext" => probity_app::context::create, "compat/server_registry.py";
    SageMaker Stored "DescribeContext" => probity_app::context::describe, "compat/server_registry.py";
    SageMaker Stored "ListContexts" => probity_app::context::list, "compat/server_registry.py";
    SageMaker Stored "UpdateContext" => probity_app::context::update, "compat/server_registry.py";
    SageMaker Stored "DeleteContext" => probity_app::context::delete, "compat/server_registry.py";
    SageMaker Stored "AddAssociation" => probity_app::association::add, "compat/server_registry.py";
    SageMaker Stored "ListAssociations" => probity_app::association::list, "compat/server_registry.py";
    SageMaker Stored "DeleteAssociation" => probity_app::association::delete, "compat/server_registry.py";
    SageMaker Executed "Search" => probity_app::search::search, "compat/server_registry.py";
    SageMaker Executed "GetSearchSuggestions" => probity_app::search::suggestions, "compat/server_registry.py";
    SageMakerMetrics Executed "BatchPutMetrics" => probity_app::batch_metrics::put, "compat/server_registry.py";
    SageMakerMetrics Executed "BatchGetMetrics" => probity_app::batch_metrics::get, "compat/server_registry.py";
    Sts Executed "GetCallerIdentity" => probity_app::sts::get_caller_identity, "compat/server_registry.py";
    Iam Stored "GetRole" => probity_app::iam::get_role, "compat/server_registry.py";
    Iam Stored "ListRoles" => probity_app::iam::list_roles, "compat/server_registry.py";
    Ecr Stored "DescribeRepositories" => probity_app::ecr::describe_repositories, "compat/server_registry.py";
    Ecr Stored "DescribeImages" => probity_app::ecr::describe_images, "compat/server_registry.py";
    Logs Executed "DescribeLogGroups" => probity_app::logs::describe_groups, "compat/server_wire.py";
    Logs Executed "DescribeLogStreams" => probity_app::logs::describe_streams, "compat/server_wire.py";
    Logs Executed "GetLogEvents" => probity_app::logs::get_events, "compat/server_wire.py";
    Logs Executed "FilterLogEvents" => probity_app::logs::filter_events, "compat/server_wire.py";
    CloudWatch Executed "PutMetricData" => probity_app::cloudwatch::put_data, "compat/server_wire.py";
    CloudWatch Executed "GetMetricData" => probity_app::cloudwatch::get_data, "compat/server_wire.py";
    CloudWatch Executed "GetMetricStatistics" => probity_app::cloudwatch::get_statistics, "compat/server_wire.py";
    CloudWatch Executed "ListMetrics" => probity_app::cloudwatch::list_metrics, "compat/server_wire.py";
    Probity Executed "AddGroundTruthLabels" => crate::ground_truth::add as reader, "compat/server_labels.py";
    Probity Executed "RunMonitoringSchedule" => probity_app::monitoring_run::run, "compat/server_monitor_cli.py";
    Probity Executed "DescribeMonitoringExecution" => probity_app::monitoring_run::describe, "compat/server_monitor_cli.py";
    Probity Executed "ListMonitoringExecutions" => probity_app::monitoring_run::list, "compat/server_monitor_cli.py";
    Probity Executed "PreviewMonitoringConstraints" => crate::preview::preview as reader, "compat/server_monitor_cli.py";
    Probity Executed "UpdateMonitoringBaseline" => crate::baseline::update as reader, "compat/server_monitor_cli.py";
    Probity Executed "ImportMonitoringHistory" => crate::import::import as reader, "compat/server_monitor_cli.py";
    Probity Executed "DescribeServer" => probity_app::server::describe, "compat/server_monitor_cli.py";
    Probity Executed "AcknowledgeAlert" => probity_app::monitoring_alert::acknowledge, "compat/server_alerts.py";
    Probity Executed "CommentAlert" => probity_app::monitoring_alert::comment, "compat/server_alerts.py";
    Probity Executed "ListAlertComments" => probity_app::monitoring_alert::list_comments, "compat/server_alerts.py";
    Probity Executed "ListAlerts" => probity_app::monitoring_alert::list_all, "compat/server_alerts.py";
    Probity Executed "ListAlertHistory" => probity_app::monitoring_alert::list_changes, "compat/server_alerts.py";
    Probity Executed "SilenceAlert" => probity_app::alert_silence::create, "compat/server_alerts.py";
    Probity Executed "ListSilences" => probity_app::alert_silence::list, "compat/server_alerts.py";
    Probity Executed "LiftSilence" => probity_app::alert_silence::lift, "compat/server_alerts.py";
    Probity Executed "CreateNotificationChannel" => probity_app::notification_channel::create, "compat/server_alerts.py";
    Probity Executed "ListNotificationChannels" => probity_app::notification_channel::list, "compat/server_alerts.py";
    Probity Executed "DeleteNotificationChannel" => probity_app::notification_channel::delete, "compat/server_alerts.py";
    Probity Executed "TestNotificationChannel" => probity_app::notification_channel::test, "compat/server_alerts.py";
    Probity Executed "ListNotifications" => probity_app::notification::list, "compat/server_alerts.py";
    Probity Executed "DescribeNotification" => probity_app::notification::describe, "compat/server_alerts.py";
    Probity Executed "RetryNotification" => probity_app::notification::retry, "compat/server_alerts.py";
    Probity Executed "EditModelCard" => probity_app::model_card::edit, "compat/server_model_card.py";
    Probity Executed "ReviewModelCard" => crate::card::review as reader, "compat/server_model_card.py";
    Probity Executed "ListModelCardReviews" => probity_app::model_card::list_reviews, "compat/server_model_card.py";
    Probity Executed "DescribeModelCardChanges" => probity_app::model_card::describe_changes, "compat/server_model_card.py";
    Probity Executed "GetModelCardDocument" => crate::card_document::get as reader, "compat/server_card_export.py";
    Probity Executed "DescribeModelCardCompliance" => crate::card::describe_compliance as reader, "compat/server_model_card.py";
    Probity Executed "BindModelCardEvaluation" => crate::card_evidence::bind as reader, "compat/server_card_evidence.py";
    Probity Executed "UnbindModelCardEvaluation" => probity_app::model_card::unbind, "compat/server_card_evidence.py";
    Probity Executed "DescribeModelCardEvidence" => crate::card_evidence::describe as reader, "compat/server_card_evidence.py";
    Probity Executed "PreviewModelCard" => crate::card_evidence::preview as reader, "compat/server_card_evidence.py";
    Probity Executed "ListModelCardStandings" => crate::card_evidence::standings as reader, "compat/server_card_evidence.py";
}

/// The row of an operation.
pub(crate) fn find(service: Service, name: &str) -> Option<&'static Operation> {
    OPERATIONS
        .iter()
        .find(|operation| operation.service == service && operation.name == name)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use probity_app::{Access, Clock, Ids, LocalProcesses, Settings};
    use probity_store::Store;
    use tokio::sync::Notify;

    use super::*;

    #[derive(Debug)]
    struct Fixed;

    impl Clock for Fixed {
        fn now_ms(&self) -> i64 {
            0
        }
    }

    impl Ids for Fixed {
        fn uuid(&self) -> String {
            "00000000-0000-4000-8000-000000000000".to_owned()
        }
    }

    async fn app(folder: &std::path::Path) -> App {
        let url = format!("sqlite://{}?mode=rwc", folder.join("probity.db").display());
        App {
            store: Store::open(&url).await.unwrap(),
            vault: probity_store::Vault::open(&[7; 32]),
            clock: Arc::new(Fixed),
            ids: Arc::new(Fixed),
            settings: Arc::new(Settings {
                account_id: "111122223333".to_owned(),
                local_processes: LocalProcesses::Refused,
                schedule_jitter_ms: 0,
            }),
            jobs: Arc::new(Notify::new()),
            endpoints: Arc::new(Notify::new()),
            seals: Arc::default(),
            policy: probity_app::Policies::default(),
        }
    }

    /// Dispatch asks too; a verb that forgot would be found when something else calls it.
    #[tokio::test]
    async fn every_verb_that_writes_authorises_itself() {
        let folder = tempfile::tempdir().unwrap();
        let app = app(folder.path()).await;
        let reader = Caller {
            user: "bob".to_owned(),
            access: Access::ReadOnly,
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
            request_id: "id".to_owned(),
        };
        for operation in OPERATIONS {
            let allowed = app.authorise(&reader, &operation.action()).is_ok();
            let tools = Tools {
                app: &app,
                environment: &Environment::default(),
                fonts: &Fonts::default(),
            };
            let done = (operation.run)(tools, &reader, serde_json::json!({})).await;
            let refused = match &done {
                Err(Fault::Denied { action, .. }) => {
                    assert_eq!(action, &operation.action());
                    true
                }
                _ => false,
            };
            assert_eq!(refused, !allowed, "{}: {done:?}", operation.action());
        }
    }

    #[test]
    fn every_row_is_there_once_and_has_a_model() {
        for operation in OPERATIONS {
            let alike = OPERATIONS
                .iter()
                .filter(|other| other.service == operation.service && other.name == operation.name);
            assert_eq!(alike.count(), 1, "{}", operation.action());
            let model = operation.service.model().unwrap();
            assert!(model.describes(operation.name), "{}", operation.action());
        }
    }
}
