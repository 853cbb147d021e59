//! Whether the parts of a configuration fit together: what a method needs is there, columns
//! are among the headers, templates have their placeholders. The data are not looked at.
//!
//! Source: the rules of the AWS developer guide, "Analysis Configuration Files", and the
//! checks of the SageMaker Python SDK's configuration classes.

mod bias;
mod columns;
mod datasets;
mod explanations;
mod predictor;
mod time_series;

use super::AnalysisConfig;
use super::problem::ConfigProblem;

impl AnalysisConfig {
    /// Everything that does not fit together, errors first. A configuration without
    /// `methods` is a bias monitor's.
    pub fn validate(&self) -> Vec<ConfigProblem> {
        let mut problems: Vec<ConfigProblem> = nothing_to_compute(self).into_iter().collect();
        problems.extend(datasets::check(self));
        problems.extend(columns::check(self));
        problems.extend(bias::check(self));
        problems.extend(explanations::check(self));
        problems.extend(time_series::check(self));
        problems.extend(predictor::check(self));
        problems.sort_by_key(|problem| std::cmp::Reverse(problem.severity));
        problems
    }

    /// Whether bias is asked for, before or after training.
    pub fn measures_bias(&self) -> bool {
        self.methods.as_ref().is_none_or(|methods| {
            methods.pre_training_bias.is_some() || methods.post_training_bias.is_some()
        })
    }

    /// Whether predictions lie in the data, so that no model is asked for bias.
    pub fn has_predictions(&self) -> bool {
        self.predicted_label.is_some() || self.predicted_label_dataset_uri.is_some()
    }
}

fn nothing_to_compute(config: &AnalysisConfig) -> Option<ConfigProblem> {
    let methods = config.methods.as_ref()?;
    if config.measures_bias() || methods.explains() {
        return None;
    }
    let problem = ConfigProblem::error("methods", "there is nothing to compute");
    Some(problem.with_remedy("for example `{\"pre_training_bias\": {\"methods\": \"all\"}}`"))
}
