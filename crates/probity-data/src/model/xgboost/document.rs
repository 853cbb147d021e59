//! The members of XGBoost's model file that say how it predicts, in JSON and UBJSON alike.
//! Source: the schema in XGBoost's manual ("Introduction to Model IO") and files of the versions
//! 1.7 and 3.2.
//!
//! Older versions leave out what they do not know; numbers of parameters are written as text.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

#[derive(Debug, Deserialize)]
pub(crate) struct Document {
    pub(crate) learner: Learner,
    #[serde(default)]
    pub(crate) version: Vec<u32>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Learner {
    #[serde(default)]
    pub(crate) attributes: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) feature_names: Vec<String>,
    #[serde(default)]
    pub(crate) feature_types: Vec<String>,
    pub(crate) gradient_booster: GradientBooster,
    pub(crate) learner_model_param: LearnerParameters,
    pub(crate) objective: Objective,
}

#[derive(Debug, Deserialize)]
pub(crate) struct LearnerParameters {
    /// A number as text, or from version 3.1 a list in brackets as text.
    pub(crate) base_score: String,
    #[serde(default)]
    pub(crate) num_class: Count,
    #[serde(default)]
    pub(crate) num_feature: Count,
    #[serde(default)]
    pub(crate) num_target: Count,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Objective {
    pub(crate) name: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct GradientBooster {
    pub(crate) name: String,
    /// Absent in `dart`, which wraps another booster.
    pub(crate) model: Option<BoosterModel>,
}

/// Trees of `gbtree`, or weights of `gblinear`.
#[derive(Debug, Deserialize)]
pub(crate) struct BoosterModel {
    #[serde(default)]
    pub(crate) gbtree_model_param: TreesParameters,
    #[serde(default)]
    pub(crate) trees: Vec<TreeDocument>,
    #[serde(default)]
    pub(crate) tree_info: Vec<i64>,
    /// First tree of each iteration, and the number of trees; from version 2.
    #[serde(default)]
    pub(crate) iteration_indptr: Vec<i64>,
    /// Names of categories; from version 3.1.
    #[serde(default)]
    pub(crate) cats: Option<Categories>,
    #[serde(default)]
    pub(crate) weights: Vec<f32>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct TreesParameters {
    #[serde(default)]
    pub(crate) num_parallel_tree: Count,
}

#[derive(Debug, Deserialize)]
pub(crate) struct TreeDocument {
    pub(crate) left_children: Vec<i32>,
    pub(crate) right_children: Vec<i32>,
    pub(crate) split_indices: Vec<u32>,
    pub(crate) split_conditions: Vec<Threshold>,
    pub(crate) default_left: Vec<Flag>,
    #[serde(default)]
    pub(crate) sum_hessian: Vec<f32>,
    /// Of leaves with several values before version 3.1.
    #[serde(default)]
    pub(crate) base_weights: Vec<f32>,
    /// Of leaves with several values from version 3.1.
    #[serde(default)]
    pub(crate) leaf_weights: Vec<f32>,
    /// 1 where a split is by categories; from version 1.3.
    #[serde(default)]
    pub(crate) split_type: Vec<Flag>,
    #[serde(default)]
    pub(crate) categories: Vec<u32>,
    #[serde(default)]
    pub(crate) categories_nodes: Vec<i32>,
    #[serde(default)]
    pub(crate) categories_segments: Vec<i64>,
    #[serde(default)]
    pub(crate) categories_sizes: Vec<i64>,
    #[serde(default)]
    pub(crate) tree_param: TreeParameters,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct TreeParameters {
    #[serde(default)]
    pub(crate) size_leaf_vector: Count,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Categories {
    /// One per feature; without values for a numeric one.
    #[serde(default)]
    pub(crate) enc: Vec<CategoryValues>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct CategoryValues {
    /// Where the bytes of each text begin and end; absent where categories are numbers.
    #[serde(default)]
    pub(crate) offsets: Option<Vec<i64>>,
    /// Numbers, or the bytes of all texts as signed numbers.
    #[serde(default)]
    pub(crate) values: Vec<f64>,
}

/// A number; NaN where the file has none, as version 1 writes for splits by category.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Threshold(pub(crate) f32);

impl<'de> Deserialize<'de> for Threshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Threshold, D::Error> {
        let number = Option::<f32>::deserialize(deserializer)?;
        Ok(Threshold(number.unwrap_or(f32::NAN)))
    }
}

/// A number that may be written as text; 0 where it is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) u64);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Count, D::Error> {
        deserializer.deserialize_any(CountVisitor).map(Count)
    }
}

struct CountVisitor;

impl Visitor<'_> for CountVisitor {
    type Value = u64;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a count, as a number or as text")
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<u64, E> {
        Ok(value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<u64, E> {
        u64::try_from(value).map_err(|_| E::invalid_value(de::Unexpected::Signed(value), &self))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<u64, E> {
        let count = value.trim().parse();
        count.map_err(|_| E::invalid_value(de::Unexpected::Str(value), &self))
    }
}

/// A truth value: `true` in version 1, `1` later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flag(pub(crate) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Flag, D::Error> {
        deserializer.deserialize_any(FlagVisitor).map(Flag)
    }
}

struct FlagVisitor;

impl Visitor<'_> for FlagVisitor {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("true, false, 1 or 0")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<bool, E> {
        Ok(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<bool, E> {
        Ok(value != 0)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<bool, E> {
        Ok(value != 0)
    }
}
