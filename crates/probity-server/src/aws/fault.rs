//! AWS's names and texts for what went wrong. No other module knows them.
//!
//! The code follows the operation: where its model names `ResourceNotFound`, a missing resource
//! answers so, and else with a `ValidationException`. Texts that clients match on are those of
//! `Texts and codes clients depend on` (seen in SDK code); the others are guessed.

use http::StatusCode;
use probity_app::{Caller, Fault};
use probity_domain::ResourceKind;
use serde_json::Value;

use super::error::AwsError;
use super::service::Service;
use super::service_model::{Rejected, accept};
use super::signature::Refused;
use crate::operations::Operation;

/// The answer to a verb that was not done.
pub(crate) fn error_of_fault(fault: &Fault, operation: &Operation, caller: &Caller) -> AwsError {
    let names = Names(operation);
    match fault {
        Fault::NotFound { kind, name } => {
            names.missing(missing_text(*kind, &arn(caller, *kind, name)))
        }
        Fault::Missing { message } => names.missing(message.clone()),
        Fault::Exists { kind, name } => names.exists(&exists_text(*kind, name, caller)),
        Fault::InUse { message } => names.in_use(message),
        Fault::Limit { message } => names.limit(message),
        Fault::Conflict { message } => names.conflict(message),
        Fault::Invalid { message } => names.invalid(message),
        Fault::Denied { action, .. } => denied(operation.service, action, caller),
        Fault::Overloaded => overloaded(),
        Fault::Internal { .. } => AwsError::internal(),
    }
}

/// The answer to a request that breaks its operation's model.
pub(crate) fn error_of_rejected(rejected: Rejected, operation: &Operation) -> AwsError {
    match rejected {
        Rejected::Type { message } => AwsError::new("SerializationException", message),
        Rejected::Constraints { message } => Names(operation).invalid(&message),
    }
}

/// A document that a page sends to a verb, held against what the operation takes.
pub(crate) fn accept_for_page(
    service: Service,
    operation: &str,
    document: Value,
) -> Result<Value, Fault> {
    let Some(model) = service.model() else {
        return Ok(document);
    };
    accept(model, operation, document).map_err(|rejected| match rejected {
        Rejected::Type { message } | Rejected::Constraints { message } => {
            Fault::Invalid { message }
        }
    })
}

/// The answer to a signature that was not accepted. The query protocol has older names.
pub(crate) fn error_of_refused(refused: &Refused, query: Style) -> AwsError {
    let code = match (refused, query) {
        (Refused::Missing, Style::Query) => "MissingAuthenticationToken",
        (Refused::Missing, Style::Json) => "MissingAuthenticationTokenException",
        (Refused::UnknownKey, Style::Query) => "InvalidClientTokenId",
        (Refused::UnknownKey, Style::Json) => "UnrecognizedClientException",
        (Refused::Incomplete { .. }, Style::Query) => "IncompleteSignature",
        (Refused::Incomplete { .. }, Style::Json) => "IncompleteSignatureException",
        (Refused::Wrong { .. }, Style::Query) => "SignatureDoesNotMatch",
        (Refused::Wrong { .. }, Style::Json) => "InvalidSignatureException",
        (Refused::Keys { .. } | Refused::Check { .. }, _) => return AwsError::internal(),
    };
    AwsError::new(code, refused.to_string()).status(StatusCode::FORBIDDEN)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Json,
    Query,
}

/// More requests at once than the server takes.
pub(crate) fn overloaded() -> AwsError {
    AwsError::new("ThrottlingException", "Rate exceeded").status(StatusCode::SERVICE_UNAVAILABLE)
}

/// AWS's answer to a name that it does not know.
pub(crate) fn unknown_operation(name: &str) -> AwsError {
    let message = if name.is_empty() {
        "The request names no operation.".to_owned()
    } else {
        format!("The operation {name} is not known here.")
    };
    AwsError::new("UnknownOperationException", message)
}

struct Names<'a>(&'a Operation);

impl Names<'_> {
    fn models(&self, code: &str) -> bool {
        // Our own operations answer with each name that there is.
        if self.0.service == Service::Probity {
            return true;
        }
        let model = self.0.service.model();
        model.is_some_and(|model| model.names_error(self.0.name, code))
    }

    fn missing(&self, message: String) -> AwsError {
        match self.0.service {
            Service::SageMaker | Service::Probity if self.models("ResourceNotFound") => {
                AwsError::new("ResourceNotFound", message)
            }
            Service::SageMaker | Service::SageMakerMetrics | Service::Probity => {
                AwsError::new("ValidationException", message)
            }
            Service::Logs | Service::CloudWatch => {
                AwsError::new("ResourceNotFoundException", message)
            }
            Service::Ecr => AwsError::new("RepositoryNotFoundException", message),
            Service::Sts | Service::Iam => {
                AwsError::new("NoSuchEntity", message).status(StatusCode::NOT_FOUND)
            }
        }
    }

    fn exists(&self, message: &str) -> AwsError {
        // Packages and pipelines have a modelled conflict too, and still answer as the SDK expects.
        if self.models("ResourceInUse") {
            AwsError::new("ResourceInUse", message)
        } else {
            self.invalid(message)
        }
    }

    fn in_use(&self, message: &str) -> AwsError {
        for code in ["ResourceInUse", "ConflictException"] {
            if self.models(code) {
                return AwsError::new(code, message);
            }
        }
        self.invalid(message)
    }

    fn conflict(&self, message: &str) -> AwsError {
        for code in ["ConflictException", "ResourceInUse"] {
            if self.models(code) {
                return AwsError::new(code, message);
            }
        }
        self.invalid(message)
    }

    fn limit(&self, message: &str) -> AwsError {
        match self.0.service {
            Service::SageMaker | Service::SageMakerMetrics | Service::Probity => {
                AwsError::new("ResourceLimitExceeded", message)
            }
            Service::Logs | Service::CloudWatch | Service::Ecr | Service::Sts | Service::Iam => {
                AwsError::new("LimitExceededException", message)
            }
        }
    }

    fn invalid(&self, message: &str) -> AwsError {
        let code = match self.0.service {
            Service::SageMaker | Service::SageMakerMetrics | Service::Probity => {
                "ValidationException"
            }
            Service::Logs | Service::Ecr => "InvalidParameterException",
            Service::CloudWatch => "InvalidParameterValue",
            Service::Sts | Service::Iam => "ValidationError",
        };
        AwsError::new(code, message)
    }
}

fn denied(service: Service, action: &str, caller: &Caller) -> AwsError {
    let message = format!(
        "User: {} is not authorized to perform: {action}",
        caller.user_arn()
    );
    match service {
        Service::Sts | Service::Iam => {
            AwsError::new("AccessDenied", message).status(StatusCode::FORBIDDEN)
        }
        Service::SageMaker
        | Service::SageMakerMetrics
        | Service::Logs
        | Service::CloudWatch
        | Service::Ecr
        | Service::Probity => AwsError::new("AccessDeniedException", message),
    }
}

fn arn(caller: &Caller, kind: ResourceKind, name: &str) -> String {
    if name.starts_with("arn:") {
        return name.to_owned();
    }
    caller.arn(format!("{}/{name}", kind.as_str())).to_string()
}

fn missing_text(kind: ResourceKind, arn: &str) -> String {
    match kind {
        ResourceKind::Model => format!("Could not find model \"{arn}\"."),
        ResourceKind::EndpointConfig => {
            format!("Could not find endpoint configuration \"{arn}\".")
        }
        ResourceKind::Endpoint => format!("Could not find endpoint \"{arn}\"."),
        ResourceKind::ModelPackage => format!("Could not find model package \"{arn}\"."),
        ResourceKind::ModelPackageGroup => format!("Model Package Group {arn} does not exist."),
        ResourceKind::TransformJob | ResourceKind::ProcessingJob => {
            format!("Could not find requested job with name: {}", last(arn))
        }
        ResourceKind::MonitoringSchedule => {
            format!("Could not find monitoring schedule \"{arn}\".")
        }
        ResourceKind::DataQualityJobDefinition
        | ResourceKind::ModelQualityJobDefinition
        | ResourceKind::ModelBiasJobDefinition
        | ResourceKind::ModelExplainabilityJobDefinition => {
            format!("Job Definition {arn} does not exist.")
        }
        ResourceKind::Experiment
        | ResourceKind::Trial
        | ResourceKind::TrialComponent
        | ResourceKind::Artifact
        | ResourceKind::Action
        | ResourceKind::Context
        | ResourceKind::Association => format!("Resource '{arn}' does not exist."),
        ResourceKind::ModelCard => format!("Model card {} does not exist.", last(arn)),
        ResourceKind::ModelCardExportJob => {
            format!("Model card export job {} does not exist.", last(arn))
        }
    }
}

fn exists_text(kind: ResourceKind, name: &str, caller: &Caller) -> String {
    let arn = arn(caller, kind, name);
    match kind {
        ResourceKind::Model => format!("Cannot create already existing model \"{arn}\"."),
        ResourceKind::EndpointConfig => {
            format!("Cannot create already existing endpoint configuration \"{arn}\".")
        }
        ResourceKind::Endpoint => format!("Cannot create already existing endpoint \"{arn}\"."),
        ResourceKind::ModelPackage => format!("ModelPackage already exists: {arn}"),
        ResourceKind::ModelPackageGroup => format!("Model Package Group already exists: {arn}"),
        ResourceKind::TransformJob | ResourceKind::ProcessingJob => {
            format!(
                "Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})"
            )
        }
        ResourceKind::MonitoringSchedule => {
            format!("Monitoring schedule {arn} already exists.")
        }
        ResourceKind::DataQualityJobDefinition
        | ResourceKind::ModelQualityJobDefinition
        | ResourceKind::ModelBiasJobDefinition
        | ResourceKind::ModelExplainabilityJobDefinition => {
            format!("Job Definition {arn} already exists.")
        }
        ResourceKind::Experiment
        | ResourceKind::Trial
        | ResourceKind::TrialComponent
        | ResourceKind::Artifact
        | ResourceKind::Action
        | ResourceKind::Context
        | ResourceKind::Association => format!("Resource '{arn}' already exists."),
        ResourceKind::ModelCard => format!("Model card {} already exists.", last(&arn)),
        ResourceKind::ModelCardExportJob => {
            format!("Model card export job {} already exists.", last(&arn))
        }
    }
}

fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::{Run, Standing};

    fn caller() -> Caller {
        Caller {
            user: "alice".to_owned(),
            access: probity_app::Access::Administrator,
            account: "111122223333".to_owned(),
            region: "eu-west-1".to_owned(),
            request_id: "id".to_owned(),
        }
    }

    #[track_caller]
    fn check(operation: &'static str, fault: &Fault, (code, text): (&str, &str)) {
        const NOTHING: Run = |_, _, input| Box::pin(std::future::ready(Ok(input)));
        let operation = Operation {
            service: Service::SageMaker,
            name: operation,
            standing: Standing::Stored,
            run: NOTHING,
            shown_by: "",
        };
        let error = error_of_fault(fault, &operation, &caller());
        assert_eq!(error.code, code);
        assert!(error.message.contains(text), "{}", error.message);
    }

    fn missing(kind: ResourceKind) -> Fault {
        let name = "x".to_owned();
        Fault::NotFound { kind, name }
    }

    fn existing(kind: ResourceKind) -> Fault {
        let name = "x".to_owned();
        Fault::Exists { kind, name }
    }

    #[test]
    fn what_is_missing_answers_as_clients_expect() {
        let model = "Could not find model \"arn:aws:sagemaker:eu-west-1:111122223333:model/x\".";
        check(
            "DescribeModel",
            &missing(ResourceKind::Model),
            ("ValidationException", model),
        );
        check(
            "DescribeEndpoint",
            &missing(ResourceKind::Endpoint),
            ("ValidationException", "Could not find endpoint"),
        );
        check(
            "DescribeEndpointConfig",
            &missing(ResourceKind::EndpointConfig),
            (
                "ValidationException",
                "Could not find endpoint configuration",
            ),
        );
        check(
            "DescribeModelPackage",
            &missing(ResourceKind::ModelPackage),
            ("ValidationException", "Could not find model package"),
        );
        check(
            "DescribeDataQualityJobDefinition",
            &missing(ResourceKind::DataQualityJobDefinition),
            ("ResourceNotFound", "does not exist"),
        );
        check(
            "DescribeProcessingJob",
            &missing(ResourceKind::ProcessingJob),
            ("ResourceNotFound", "x"),
        );
    }

    #[test]
    fn what_exists_answers_as_clients_expect() {
        check(
            "CreateModel",
            &existing(ResourceKind::Model),
            (
                "ValidationException",
                "Cannot create already existing model",
            ),
        );
        check(
            "CreateEndpointConfig",
            &existing(ResourceKind::EndpointConfig),
            (
                "ValidationException",
                "Cannot create already existing endpoint configuration",
            ),
        );
        check(
            "CreateModelPackage",
            &existing(ResourceKind::ModelPackage),
            ("ValidationException", "ModelPackage already exists"),
        );
        check(
            "CreateModelBiasJobDefinition",
            &existing(ResourceKind::ModelBiasJobDefinition),
            ("ResourceInUse", "already exists"),
        );
        check(
            "CreateProcessingJob",
            &existing(ResourceKind::ProcessingJob),
            ("ResourceInUse", "already exists"),
        );
        check(
            "CreateExperiment",
            &existing(ResourceKind::Experiment),
            ("ValidationException", "already exists"),
        );
        check(
            "CreateArtifact",
            &existing(ResourceKind::Artifact),
            ("ValidationException", "already exists"),
        );
    }

    #[test]
    fn what_is_ours_tells_nothing() {
        let fault = Fault::internal("read `/secret`", std::io::Error::other("password"));
        check("ListModels", &fault, ("InternalFailure", "unknown error"));
    }

    #[test]
    fn a_conflict_has_the_name_that_the_operation_models() {
        let message = "m".to_owned();
        let conflict = Fault::Conflict { message };
        check("UpdateExperiment", &conflict, ("ConflictException", "m"));
        check("UpdateEndpoint", &conflict, ("ValidationException", "m"));
        let message = "m".to_owned();
        let in_use = Fault::InUse { message };
        check("DeleteProcessingJob", &in_use, ("ResourceInUse", "m"));
        check(
            "DeleteModelPackageGroup",
            &in_use,
            ("ConflictException", "m"),
        );
    }
}
