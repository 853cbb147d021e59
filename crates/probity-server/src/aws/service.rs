//! The services that answer on this port, and how their clients name them.

use super::error::Protocol;
use super::service_model::{ServiceModel, service_model};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    SageMaker,
    /// `sagemaker-metrics`: what runs of experiments send.
    SageMakerMetrics,
    Logs,
    CloudWatch,
    Ecr,
    Sts,
    Iam,
    /// What this server does that AWS's services do not.
    Probity,
}

impl Service {
    pub(crate) const ALL: [Service; 8] = [
        Self::SageMaker,
        Self::SageMakerMetrics,
        Self::Logs,
        Self::CloudWatch,
        Self::Ecr,
        Self::Sts,
        Self::Iam,
        Self::Probity,
    ];

    /// botocore's name for it, which the service model and the coverage page use.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SageMaker => "sagemaker",
            Self::SageMakerMetrics => "sagemaker-metrics",
            Self::Logs => "logs",
            Self::CloudWatch => "cloudwatch",
            Self::Ecr => "ecr",
            Self::Sts => "sts",
            Self::Iam => "iam",
            Self::Probity => "probity",
        }
    }

    /// What stands before the colon of an IAM action.
    pub(crate) fn action_prefix(self) -> &'static str {
        match self {
            Self::SageMaker | Self::SageMakerMetrics => "sagemaker",
            Self::Logs => "logs",
            Self::CloudWatch => "cloudwatch",
            Self::Ecr => "ecr",
            Self::Sts => "sts",
            Self::Iam => "iam",
            Self::Probity => "probity",
        }
    }

    /// What stands before the dot of `X-Amz-Target`.
    pub(crate) fn of_target(prefix: &str) -> Option<(Service, Protocol)> {
        match prefix {
            "SageMaker" => Some((Self::SageMaker, Protocol::Json11)),
            "Logs_20140328" => Some((Self::Logs, Protocol::Json11)),
            "GraniteServiceVersion20100801" => Some((Self::CloudWatch, Protocol::Json10)),
            "Probity" => Some((Self::Probity, Protocol::Json11)),
            "AmazonEC2ContainerRegistry_V20150921" => Some((Self::Ecr, Protocol::Json11)),
            _ => None,
        }
    }

    /// The service that a form is for: its signature's scope, or the version that it names.
    pub(crate) fn of_form(scope: Option<&str>, version: Option<&str>) -> Option<Service> {
        match (scope, version) {
            (Some("sts"), _) | (None, Some("2011-06-15")) => Some(Self::Sts),
            (Some("iam"), _) | (None, Some("2010-05-08")) => Some(Self::Iam),
            (Some("monitoring"), _) | (None, Some("2010-08-01")) => Some(Self::CloudWatch),
            _ => None,
        }
    }

    pub(crate) fn model(self) -> Option<&'static ServiceModel> {
        service_model(self.as_str())
    }
}
