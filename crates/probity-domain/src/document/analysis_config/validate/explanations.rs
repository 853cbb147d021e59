//! What explanations need.

use super::super::{AnalysisConfig, ConfigProblem, Methods};

pub(super) fn check(config: &AnalysisConfig) -> Vec<ConfigProblem> {
    let Some(methods) = &config.methods else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    problems.extend(model(config, methods));
    problems.extend(baseline(methods));
    problems.extend(features_to_explain(methods));
    problems.extend(partial_dependence(methods));
    problems
}

fn model(config: &AnalysisConfig, methods: &Methods) -> Option<ConfigProblem> {
    if config.predictor.is_some() || !methods.explains() {
        return None;
    }
    let problem = "the key is missing: explanations are found by asking the model";
    Some(
        ConfigProblem::error("predictor", problem)
            .with_remedy("name it, for example `{\"endpoint_name\": \"endpoint\"}`"),
    )
}

fn baseline(methods: &Methods) -> Option<ConfigProblem> {
    let shap = methods.shap.as_ref()?;
    shap.baseline.as_ref()?;
    shap.num_clusters?;
    let problem = "a baseline is given, so none is computed by clustering";
    Some(
        ConfigProblem::error("methods.shap.num_clusters", problem)
            .with_remedy("leave out this key or `baseline`"),
    )
}

fn features_to_explain(methods: &Methods) -> Option<ConfigProblem> {
    let shap = methods.shap.as_ref()?;
    shap.features_to_explain.as_ref()?;
    let other = match (&shap.text_config, &shap.image_config) {
        (Some(_), _) => "text_config",
        (None, Some(_)) => "image_config",
        (None, None) => return None,
    };
    let problem = format!("features are chosen in tables only, and there is a `{other}`");
    Some(
        ConfigProblem::error("methods.shap.features_to_explain", problem)
            .with_remedy(format!("leave out this key or `{other}`")),
    )
}

fn partial_dependence(methods: &Methods) -> Option<ConfigProblem> {
    let pdp = methods.pdp.as_ref()?;
    if pdp.features.is_some() || methods.shap.is_some() {
        return None;
    }
    let problem = "the key is missing: without `shap` nobody knows the features of most weight";
    Some(
        ConfigProblem::error("methods.pdp.features", problem)
            .with_remedy("name the features, for example `[\"age\"]`"),
    )
}
