//! What time series need: three parts that go together, and references of one kind.

use super::super::dataset::DatasetType;
use super::super::time_series::{
    AsymmetricShapley, ExplanationDirection, ExplanationGranularity, TimeSeriesBaseline,
    TimeSeriesData,
};
use super::super::{AnalysisConfig, ColumnReference, ConfigProblem};

const DATA: &str = "time_series_data_config";
const METHOD: &str = "methods.asymmetric_shapley_value";
const MODEL: &str = "predictor.time_series_predictor_config";

pub(super) fn check(config: &AnalysisConfig) -> Vec<ConfigProblem> {
    let methods = config.methods.as_ref();
    let method = methods.and_then(|methods| methods.asymmetric_shapley_value.as_ref());
    let data = config.time_series_data_config.as_ref();
    let mut problems = parts(config, method);
    if let Some(data) = data {
        problems.extend(other_methods(config));
        problems.extend(excluded_columns(config));
        problems.extend(one_kind(data));
        problems.extend(format(config, data));
    }
    if let Some(method) = method {
        problems.extend(samples(method));
        problems.extend(direction(method));
    }
    if let (Some(method), Some(data)) = (method, data) {
        problems.extend(covariates(method, data));
    }
    problems
}

/// Each of the three says that series are explained, and needs the other two.
fn parts(config: &AnalysisConfig, method: Option<&AsymmetricShapley>) -> Vec<ConfigProblem> {
    let predictor = config.predictor.as_ref();
    let model = predictor.and_then(|model| model.time_series_predictor_config.as_ref());
    let parts = [
        (DATA, config.time_series_data_config.is_some()),
        (METHOD, method.is_some()),
        (MODEL, model.is_some()),
    ];
    let Some((present, _)) = parts.iter().find(|(_, present)| *present) else {
        return Vec::new();
    };
    let absent = parts.iter().filter(|(_, present)| !present);
    let problem = |(path, _): &(&str, bool)| {
        ConfigProblem::error(
            *path,
            format!("the key is missing: time series need it, and there is `{present}`"),
        )
    };
    absent.map(problem).collect()
}

fn other_methods(config: &AnalysisConfig) -> Vec<ConfigProblem> {
    let Some(methods) = &config.methods else {
        return Vec::new();
    };
    let others = [
        ("pre_training_bias", methods.pre_training_bias.is_some()),
        ("post_training_bias", methods.post_training_bias.is_some()),
        ("shap", methods.shap.is_some()),
        ("pdp", methods.pdp.is_some()),
    ];
    let present = others.into_iter().filter(|(_, present)| *present);
    let problem = |(method, _)| {
        ConfigProblem::error(
            format!("methods.{method}"),
            "time series are explained by `asymmetric_shapley_value` only",
        )
    };
    present.map(problem).collect()
}

fn excluded_columns(config: &AnalysisConfig) -> Option<ConfigProblem> {
    config.excluded_columns.as_ref()?;
    Some(ConfigProblem::error(
        "excluded_columns",
        "time series have no columns to exclude",
    ))
}

fn one_kind(data: &TimeSeriesData) -> Vec<ConfigProblem> {
    let is_name = |column: &ColumnReference| matches!(column, ColumnReference::Name(_));
    let target = is_name(&data.target_time_series);
    let references = data.references().into_iter();
    let others = references.filter(|(_, reference)| is_name(reference) != target);
    let problem = |(key, reference): (String, &ColumnReference)| {
        let problem = format!(
            "found {}, but `target_time_series` is {}: all are JMESPaths, or all are indices",
            reference.told(),
            data.target_time_series.told()
        );
        ConfigProblem::error(format!("{DATA}.{key}"), problem)
    };
    others.map(problem).collect()
}

fn format(config: &AnalysisConfig, data: &TimeSeriesData) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    let path = format!("{DATA}.dataset_format");
    match (&data.target_time_series, data.dataset_format) {
        (ColumnReference::Name(_), None) => {
            let problem = "the key is missing: JMESPaths need to know how series are encoded";
            problems.push(
                ConfigProblem::error(path, problem).with_remedy(
                    "write `\"columns\"`, `\"item_records\"` or `\"timestamp_records\"`",
                ),
            );
        }
        (ColumnReference::Index(_), Some(_)) => problems.push(ConfigProblem::error(
            path,
            "the format goes with JMESPaths, and the series are located by index",
        )),
        (ColumnReference::Name(_), Some(_)) | (ColumnReference::Index(_), None) => {}
    }
    if let Some(dataset_type) = config.dataset_type
        && dataset_type != DatasetType::Json
    {
        let problem = format!(
            "time series are read from JSON only, found `{}`",
            dataset_type.name()
        );
        problems.push(
            ConfigProblem::error("dataset_type", problem)
                .with_remedy("write `\"application/json\"`"),
        );
    }
    problems
}

fn samples(method: &AsymmetricShapley) -> Option<ConfigProblem> {
    let path = format!("{METHOD}.num_samples");
    match (is_fine_grained(method), method.num_samples) {
        (true, None) => {
            let problem = "the key is missing: `fine_grained` explanations draw permutations";
            Some(ConfigProblem::error(path, problem).with_remedy(
                "a first guess is (1 + the larger number of related series or covariates)²",
            ))
        }
        (false, Some(_)) => Some(
            ConfigProblem::error(path, "only `fine_grained` explanations draw permutations")
                .with_remedy("leave the key out"),
        ),
        (true, Some(_)) | (false, None) => None,
    }
}

fn is_fine_grained(method: &AsymmetricShapley) -> bool {
    method.granularity == Some(ExplanationGranularity::FineGrained)
}

fn direction(method: &AsymmetricShapley) -> Option<ConfigProblem> {
    let direction = method.direction?;
    if !is_fine_grained(method) || direction == ExplanationDirection::Chronological {
        return None;
    }
    let problem = format!("`{}` does not go with `fine_grained`", direction.name());
    Some(
        ConfigProblem::error(format!("{METHOD}.direction"), problem)
            .with_remedy("write `\"chronological\"`, or `\"timewise\"` for `granularity`"),
    )
}

fn covariates(method: &AsymmetricShapley, data: &TimeSeriesData) -> Vec<ConfigProblem> {
    let Some(TimeSeriesBaseline::Values(baseline)) = &method.baseline else {
        return Vec::new();
    };
    let expected = data.static_covariates.as_ref().map_or(0, Vec::len);
    let path = format!("{METHOD}.baseline.static_covariates");
    let Some(items) = &baseline.static_covariates else {
        if expected == 0 {
            return Vec::new();
        }
        let problem = "the key is missing: the data have static covariates";
        return vec![
            ConfigProblem::error(path, problem)
                .with_remedy("list their values for each item, for example `{\"item1\": [0]}`"),
        ];
    };
    if expected == 0 {
        let problem = format!("`{DATA}` has no `static_covariates`");
        return vec![ConfigProblem::error(path, problem)];
    }
    let wrong = items.iter().filter(|(_, values)| values.len() != expected);
    let problem = |(item, values): &(String, Vec<_>)| {
        let problem = format!(
            "the number of values of item `{item}` is {}, that of static covariates {expected}",
            values.len()
        );
        ConfigProblem::error(path.clone(), problem)
    };
    wrong.map(problem).collect()
}
