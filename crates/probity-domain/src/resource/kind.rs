//! The kinds of resources, with the names that the store and ARNs use for them.

/// A kind of resource that is created, described, listed and deleted by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourceKind {
    Model,
    EndpointConfig,
    Endpoint,
    TransformJob,
    ProcessingJob,
    DataQualityJobDefinition,
    ModelQualityJobDefinition,
    ModelBiasJobDefinition,
    ModelExplainabilityJobDefinition,
    MonitoringSchedule,
    ModelPackageGroup,
    ModelPackage,
    Experiment,
    Trial,
    TrialComponent,
    Artifact,
    Action,
    Context,
    Association,
    ModelCard,
    /// Of one card: its ARN has the card's name, too.
    ModelCardExportJob,
}

impl ResourceKind {
    pub const ALL: [ResourceKind; 21] = [
        Self::Model,
        Self::EndpointConfig,
        Self::Endpoint,
        Self::TransformJob,
        Self::ProcessingJob,
        Self::DataQualityJobDefinition,
        Self::ModelQualityJobDefinition,
        Self::ModelBiasJobDefinition,
        Self::ModelExplainabilityJobDefinition,
        Self::MonitoringSchedule,
        Self::ModelPackageGroup,
        Self::ModelPackage,
        Self::Experiment,
        Self::Trial,
        Self::TrialComponent,
        Self::Artifact,
        Self::Action,
        Self::Context,
        Self::Association,
        Self::ModelCard,
        Self::ModelCardExportJob,
    ];

    /// What stands before the slash of an ARN, mostly, and what the store calls the kind.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::EndpointConfig => "endpoint-config",
            Self::Endpoint => "endpoint",
            Self::TransformJob => "transform-job",
            Self::ProcessingJob => "processing-job",
            Self::DataQualityJobDefinition => "data-quality-job-definition",
            Self::ModelQualityJobDefinition => "model-quality-job-definition",
            Self::ModelBiasJobDefinition => "model-bias-job-definition",
            Self::ModelExplainabilityJobDefinition => "model-explainability-job-definition",
            Self::MonitoringSchedule => "monitoring-schedule",
            Self::ModelPackageGroup => "model-package-group",
            Self::ModelPackage => "model-package",
            Self::Experiment => "experiment",
            Self::Trial => "experiment-trial",
            Self::TrialComponent => "experiment-trial-component",
            Self::Artifact => "artifact",
            Self::Action => "action",
            Self::Context => "context",
            Self::Association => "association",
            Self::ModelCard => "model-card",
            Self::ModelCardExportJob => "model-card-export-job",
        }
    }

    /// What stands before the first slash of an ARN: that of an export job goes on behind its
    /// card's.
    pub fn arn_type(self) -> &'static str {
        if self == Self::ModelCardExportJob {
            return Self::ModelCard.as_str();
        }
        self.as_str()
    }

    pub fn from_arn_type(text: &str) -> Option<ResourceKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in ResourceKind::ALL {
            assert_eq!(ResourceKind::from_arn_type(kind.as_str()), Some(kind));
        }
        assert_eq!(ResourceKind::from_arn_type("nothing"), None);
    }
}
