//! Models of CatBoost saved as JSON, on numeric features.
//!
//! Categorical features are hashed and turned into statistics of the training data by code that
//! is not in the file: such models are refused by name.

mod document;
mod float_features;
mod trees;

use probity_metrics::model::{EnsembleTree, Link, Precision, Target, Tree, TreeEnsemble};
use serde_json::Value;

use self::document::{Bias, Document, Features, TreeNode};
use self::float_features::FloatFeatures;
use self::trees::Context;
use super::error::ReadModel;
use super::library_model::{
    Form, IterationCounts, LibraryFacts, LibraryModel, MissingValue, UnknownCategory,
    checked_outputs,
};

const NUMERIC: &str = "explain the model behind an endpoint, or train on numeric features";

pub(crate) fn read(bytes: &[u8]) -> Result<LibraryModel, ReadModel> {
    let document: Document = serde_json::from_slice(bytes).map_err(|source| ReadModel::Syntax {
        format: "CatBoost JSON",
        source: source.into(),
    })?;
    refuse_other_features(&document.features_info)?;
    let features = FloatFeatures::of(&document.features_info)?;
    let (scale, biases) = match &document.scale_and_bias {
        None => (1.0, &[0.0][..]),
        Some((scale, Bias::One(bias))) => (*scale, std::slice::from_ref(bias)),
        Some((scale, Bias::Each(biases))) => (*scale, biases.as_slice()),
    };
    let n_outputs = n_outputs(&document, biases.len())?;
    let context = Context {
        features: &features,
        scale,
        n_outputs,
    };
    let trees = read_trees(&document, &context)?;
    let n_trees = trees.len();
    let mut base = biases.to_vec();
    if base.len() == 1 {
        base.resize(n_outputs, biases[0]);
    }
    let loss = document.model_info.params.loss_function.as_ref();
    let loss = loss.map(|loss| loss.name.clone());
    let link = link(loss.as_deref())?;
    let FloatFeatures {
        features, names, ..
    } = features;
    let ensemble = TreeEnsemble::new(features, trees, base, (link, Precision::Single));
    let facts = LibraryFacts {
        feature_names: names,
        unknown_category: UnknownCategory::Missing,
        missing_value: MissingValue::Routed,
        objective: loss,
        version: version(&document.model_info.catboost_version_info),
        iterations: IterationCounts {
            in_file: n_trees,
            used: n_trees,
            best: None,
        },
        output_names: class_names(&document, n_outputs),
        damaged_categories: Vec::new(),
        notes: Vec::new(),
    };
    Ok(LibraryModel {
        form: Form::Trees(ensemble.map_err(ReadModel::Ensemble)?),
        facts,
    })
}

fn refuse_other_features(features: &Features) -> Result<(), ReadModel> {
    for (kind, found) in [
        ("categorical", &features.categorical_features),
        ("text", &features.text_features),
        ("embedding", &features.embedding_features),
    ] {
        if !found.is_empty() {
            let what = format!("a CatBoost model with {kind} features");
            return Err(ReadModel::unsupported(what, NUMERIC));
        }
    }
    Ok(())
}

/// The biases tell, and the first tree where there is one bias only.
fn n_outputs(document: &Document, n_biases: usize) -> Result<usize, ReadModel> {
    let in_tree = match (document.oblivious_trees.first(), document.trees.first()) {
        (Some(tree), _) => {
            let depth = tree.splits.as_ref().map_or(0, Vec::len);
            let depth = u32::try_from(depth).unwrap_or(u32::MAX);
            tree.leaf_values.len().checked_shr(depth).unwrap_or(0)
        }
        (None, Some(tree)) => values_of_first_leaf(tree),
        (None, None) => n_biases,
    };
    if in_tree == 0 || (n_biases != 1 && n_biases != in_tree) {
        let problem = format!("has {n_biases} biases for {in_tree} outputs");
        return Err(ReadModel::malformed("`scale_and_bias`", problem));
    }
    checked_outputs(in_tree as u64)
}

fn values_of_first_leaf(root: &TreeNode) -> usize {
    let mut node = root;
    while let Some(left) = &node.left {
        node = left;
    }
    match &node.value {
        Some(Bias::One(_)) => 1,
        Some(Bias::Each(values)) => values.len(),
        None => 0,
    }
}

fn read_trees(document: &Document, context: &Context<'_>) -> Result<Vec<EnsembleTree>, ReadModel> {
    let oblivious = document.oblivious_trees.iter().enumerate();
    let oblivious = oblivious.map(|tree| trees::read_oblivious(tree, context));
    let nested = document.trees.iter().enumerate();
    let nested = nested.map(|tree| trees::read_nested(tree, context));
    let target = match context.n_outputs {
        1 => Target::One(0),
        _ => Target::All,
    };
    let whole = |tree: Result<Tree, ReadModel>| {
        Ok(EnsembleTree {
            tree: tree?,
            target,
        })
    };
    oblivious.chain(nested).map(whole).collect()
}

/// What `predict` of CatBoost's classes reports: probabilities of a classifier, the exponential
/// where the loss is of counts, else the sum.
fn link(loss: Option<&str>) -> Result<Link, ReadModel> {
    let logistic = Link::Logistic { scale: 1.0 };
    Ok(match loss {
        Some(
            "Logloss" | "CrossEntropy" | "MultiClassOneVsAll" | "MultiLogloss"
            | "MultiCrossEntropy" | "Focal",
        ) => logistic,
        Some("MultiClass") => Link::Softmax,
        Some("Poisson" | "Tweedie") => Link::Exponential,
        Some(
            "RMSE"
            | "MAE"
            | "Quantile"
            | "MultiQuantile"
            | "GroupQuantile"
            | "Expectile"
            | "MAPE"
            | "Lq"
            | "Huber"
            | "LogCosh"
            | "MultiRMSE"
            | "MultiRMSEWithMissingValues"
            | "LogLinQuantile"
            | "QueryRMSE"
            | "YetiRank"
            | "YetiRankPairwise"
            | "PairLogit"
            | "PairLogitPairwise"
            | "QuerySoftMax"
            | "QueryCrossEntropy"
            | "StochasticRank"
            | "LambdaMart"
            | "SurvivalAft"
            | "Cox",
        )
        | None => Link::Identity,
        Some(other) => {
            return Err(ReadModel::unsupported(
                format!("a CatBoost model of the loss `{other}`"),
                "how its scores are reported is not known",
            ));
        }
    })
}

fn class_names(document: &Document, n_outputs: usize) -> Option<Vec<String>> {
    let names = &document.model_info.class_params.as_ref()?.class_names;
    let names = names.iter().map(|name| match name {
        Value::String(name) => name.clone(),
        other => other.to_string(),
    });
    let names: Vec<String> = names.collect();
    (n_outputs > 1 && names.len() == n_outputs).then_some(names)
}

/// Out of a paragraph that describes the build.
fn version(info: &str) -> Option<String> {
    let (_, rest) = info.split_once("CatBoost release ")?;
    let version = rest
        .split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .next()?;
    Some(version.trim_end_matches('.').to_owned())
}
