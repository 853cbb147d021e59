//! The members of CatBoost's JSON form that say how it predicts.
//! Source: CatBoost's manual ("JSON model", `model.json` tutorial) and files of the version 1.2.

use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub(crate) struct Document {
    pub(crate) features_info: Features,
    #[serde(default)]
    pub(crate) model_info: ModelInfo,
    /// Symmetric trees.
    #[serde(default)]
    pub(crate) oblivious_trees: Vec<ObliviousTree>,
    /// Other trees.
    #[serde(default)]
    pub(crate) trees: Vec<TreeNode>,
    /// Scale, then a bias or a list of them.
    #[serde(default)]
    pub(crate) scale_and_bias: Option<(f64, Bias)>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Bias {
    One(f64),
    Each(Vec<f64>),
}

#[derive(Debug, Deserialize)]
pub(crate) struct Features {
    #[serde(default)]
    pub(crate) float_features: Vec<FloatFeature>,
    #[serde(default)]
    pub(crate) categorical_features: Vec<Value>,
    #[serde(default)]
    pub(crate) text_features: Vec<Value>,
    #[serde(default)]
    pub(crate) embedding_features: Vec<Value>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct FloatFeature {
    #[serde(default)]
    pub(crate) feature_id: String,
    #[serde(default)]
    pub(crate) feature_name: String,
    pub(crate) feature_index: u32,
    pub(crate) flat_feature_index: u32,
    #[serde(default)]
    pub(crate) nan_value_treatment: NanValueTreatment,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[expect(clippy::enum_variant_names, reason = "as CatBoost spells them")]
pub(crate) enum NanValueTreatment {
    /// No missing values in training: a comparison with NaN does not hold.
    #[default]
    AsIs,
    /// Below every border.
    AsFalse,
    /// Above every border.
    AsTrue,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct ModelInfo {
    #[serde(default)]
    pub(crate) class_params: Option<ClassParameters>,
    #[serde(default)]
    pub(crate) params: Parameters,
    #[serde(default)]
    pub(crate) catboost_version_info: String,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct ClassParameters {
    #[serde(default)]
    pub(crate) class_names: Vec<Value>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Parameters {
    #[serde(default)]
    pub(crate) loss_function: Option<LossFunction>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct LossFunction {
    #[serde(rename = "type")]
    pub(crate) name: String,
}

/// All nodes of one depth ask the same; the first split is the lowest bit of the leaf's number.
#[derive(Debug, Deserialize)]
pub(crate) struct ObliviousTree {
    pub(crate) leaf_values: Vec<f64>,
    #[serde(default)]
    pub(crate) leaf_weights: Vec<f64>,
    #[serde(default)]
    pub(crate) splits: Option<Vec<SplitDocument>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct SplitDocument {
    pub(crate) split_type: String,
    #[serde(default)]
    pub(crate) border: f32,
    #[serde(default)]
    pub(crate) float_feature_index: u32,
}

/// A node with a split has both children; a leaf has a value.
#[derive(Debug, Deserialize)]
pub(crate) struct TreeNode {
    #[serde(default)]
    pub(crate) left: Option<Box<TreeNode>>,
    #[serde(default)]
    pub(crate) right: Option<Box<TreeNode>>,
    #[serde(default)]
    pub(crate) split: Option<SplitDocument>,
    #[serde(default)]
    pub(crate) value: Option<Bias>,
    #[serde(default)]
    pub(crate) weight: Option<f64>,
}
