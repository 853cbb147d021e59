//! The keys of every object of the configuration, in the order in which they are written.
//!
//! Source: AWS developer guide, "Analysis Configuration Files", and the schema of the
//! SageMaker Python SDK 2.257, which also knows `segment_config`, captured JSON and the
//! keys of `debug`.

pub(super) const TOP: &[&str] = &[
    "version",
    "dataset_type",
    "dataset_uri",
    "headers",
    "label",
    "predicted_label",
    "features",
    "label_values_or_threshold",
    "probability_threshold",
    "segment_config",
    "facet",
    "facet_dataset_uri",
    "facet_headers",
    "predicted_label_dataset_uri",
    "predicted_label_headers",
    "excluded_columns",
    "joinsource_name_or_index",
    "group_variable",
    "time_series_data_config",
    "methods",
    "predictor",
];

pub(super) const FACET: &[&str] = &["name_or_index", "value_or_threshold"];

pub(super) const SEGMENT: &[&str] = &[
    "config_name",
    "name_or_index",
    "segments",
    "display_aliases",
];

pub(super) const TIME_SERIES: &[&str] = &[
    "target_time_series",
    "item_id",
    "timestamp",
    "related_time_series",
    "static_covariates",
    "dataset_format",
];

pub(super) const METHODS: &[&str] = &[
    "pre_training_bias",
    "post_training_bias",
    "shap",
    "pdp",
    "asymmetric_shapley_value",
    "report",
];

pub(super) const BIAS: &[&str] = &["methods"];

pub(super) const SHAP: &[&str] = &[
    "baseline",
    "num_clusters",
    "use_logit",
    "num_samples",
    "agg_method",
    "save_local_shap_values",
    "text_config",
    "image_config",
    "seed",
    "features_to_explain",
];

pub(super) const TEXT: &[&str] = &["granularity", "language", "max_top_tokens"];

pub(super) const IMAGE: &[&str] = &[
    "num_segments",
    "segment_compactness",
    "feature_extraction_method",
    "model_type",
    "max_objects",
    "iou_threshold",
    "context",
    "debug",
];

pub(super) const IMAGE_DEBUG: &[&str] = &["image_names", "class_ids", "sample_from", "sample_to"];

pub(super) const PDP: &[&str] = &["grid_resolution", "features", "top_k_features"];

pub(super) const ASYMMETRIC: &[&str] = &["direction", "granularity", "num_samples", "baseline"];

pub(super) const ASYMMETRIC_BASELINE: &[&str] = &[
    "target_time_series",
    "related_time_series",
    "static_covariates",
];

pub(super) const REPORT: &[&str] = &["name", "title"];

pub(super) const PREDICTOR: &[&str] = &[
    "endpoint_name",
    "endpoint_name_prefix",
    "model_name",
    "target_model",
    "instance_type",
    "initial_instance_count",
    "accelerator_type",
    "content_type",
    "accept_type",
    "label",
    "probability",
    "label_headers",
    "content_template",
    "record_template",
    "custom_attributes",
    "time_series_predictor_config",
];

pub(super) const TIME_SERIES_PREDICTOR: &[&str] = &["forecast"];

const HOMES: [(&str, &[&str]); 15] = [
    ("the document itself", TOP),
    ("`methods`", METHODS),
    ("`predictor`", PREDICTOR),
    ("`facet[…]`", FACET),
    ("`segment_config[…]`", SEGMENT),
    ("`methods.shap`", SHAP),
    ("`methods.shap.text_config`", TEXT),
    ("`methods.shap.image_config`", IMAGE),
    ("`methods.shap.image_config.debug`", IMAGE_DEBUG),
    ("`methods.pdp`", PDP),
    ("`methods.asymmetric_shapley_value`", ASYMMETRIC),
    (
        "`methods.asymmetric_shapley_value.baseline`",
        ASYMMETRIC_BASELINE,
    ),
    ("`methods.report`", REPORT),
    ("`time_series_data_config`", TIME_SERIES),
    (
        "`predictor.time_series_predictor_config`",
        TIME_SERIES_PREDICTOR,
    ),
];

/// The first object in which the key is known, in words.
pub(super) fn homes_of(key: &str) -> Option<&'static str> {
    let mut homes = HOMES.iter();
    homes
        .find(|(_, keys)| keys.contains(&key))
        .map(|(home, _)| *home)
}
