//! Models of XGBoost 1 to 3, saved as JSON or UBJSON: `gbtree` in all its forms, and `gblinear`.
//!
//! `dart` drops trees by weight and the old binary form has no published layout: both are refused
//! by name.

mod categories;
mod document;
mod not_a_number;
mod objective;
mod trees;
mod ubjson;

use probity_metrics::model::{
    EnsembleTree, Feature, LinearModel, Link, Precision, Target, TreeEnsemble,
};

use self::categories::ReadFeatureList;
use self::document::{BoosterModel, Document, Learner};
use super::error::ReadModel;
use super::library_model::{
    CategoryBits, Form, IterationCounts, Iterations, LibraryFacts, LibraryModel, MissingValue,
    UnknownCategory, checked_features, checked_outputs,
};

/// Features with damaged names of categories that the notes name.
const MAX_NAMED: usize = 8;

pub(crate) fn read_json(bytes: &[u8], iterations: Iterations) -> Result<LibraryModel, ReadModel> {
    let document = serde_json::from_slice(&not_a_number::as_json(bytes)).map_err(|source| {
        ReadModel::Syntax {
            format: "XGBoost JSON",
            source: source.into(),
        }
    })?;
    read(&document, iterations)
}

pub(crate) fn read_ubjson(bytes: &[u8], iterations: Iterations) -> Result<LibraryModel, ReadModel> {
    let document = ubjson::from_slice(bytes).map_err(|source| ReadModel::Syntax {
        format: "XGBoost UBJSON",
        source: source.into(),
    })?;
    read(&document, iterations)
}

fn read(document: &Document, iterations: Iterations) -> Result<LibraryModel, ReadModel> {
    let learner = &document.learner;
    let booster = &learner.gradient_booster;
    if booster.name == "dart" {
        return Err(ReadModel::unsupported(
            "an XGBoost model of the booster `dart` (its trees carry `weight_drop`)",
            "train with `booster=\"gbtree\"`, or explain the model behind an endpoint",
        ));
    }
    let model = booster.model.as_ref().ok_or_else(|| {
        ReadModel::malformed(
            "`gradient_booster`",
            "has no `model`: a configuration is no model",
        )
    })?;
    let categories = model.cats.as_ref();
    let n_features = checked_features(learner.learner_model_param.num_feature.0)?;
    let ReadFeatureList {
        features,
        names: feature_names,
        damaged,
    } = categories::features(learner, (n_features, categories))?;
    let objective = learner.objective.name.as_str();
    let (link, base_score) = objective::of_objective(objective)?;
    let base = base_scores(learner, base_score)?;
    let mut counts = IterationCounts::default();
    let (form, missing_value) = match booster.name.as_str() {
        "gbtree" => {
            let n_trees;
            (counts, n_trees) = used_trees(learner, model, iterations)?;
            let trees = ensemble_trees(model, n_trees, base.len())?;
            let ensemble = TreeEnsemble::new(features, trees, base, (link, Precision::Single));
            let ensemble = ensemble.map_err(ReadModel::Ensemble)?;
            (Form::Trees(ensemble), MissingValue::Routed)
        }
        "gblinear" => {
            let linear = linear(model, features, (&base, link))?;
            (Form::Linear(linear), MissingValue::Zero)
        }
        other => {
            return Err(ReadModel::unsupported(
                format!("an XGBoost model of the booster `{other}`"),
                "the boosters `gbtree` and `gblinear` are known",
            ));
        }
    };
    let facts = LibraryFacts {
        feature_names,
        unknown_category: UnknownCategory::Refused,
        missing_value,
        objective: Some(objective.to_owned()),
        version: version(document),
        iterations: counts,
        output_names: class_names(learner),
        notes: notes(objective, &damaged),
        damaged_categories: damaged,
    };
    Ok(LibraryModel { form, facts })
}

fn version(document: &Document) -> Option<String> {
    let numbers: Vec<String> = document.version.iter().map(u32::to_string).collect();
    (!numbers.is_empty()).then(|| numbers.join("."))
}

fn notes(objective: &str, damaged: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    if objective == "multi:softmax" {
        notes.push("`multi:softmax` reports the class of the largest score; here it gives the probabilities of all classes".to_owned());
    }
    let named = damaged.iter().take(MAX_NAMED);
    notes.extend(named.map(|feature| {
        format!("the file's category names of `{feature}` are damaged, as XGBoost writes names with letters beyond ASCII: give the codes")
    }));
    notes
}

/// Scikit-learn's wrapper of the versions 1.x keeps the names of the classes.
fn class_names(learner: &Learner) -> Option<Vec<String>> {
    let kept = learner.attributes.get("scikit_learn")?;
    let kept: serde_json::Value = serde_json::from_str(kept).ok()?;
    let names = kept.get("classes_")?.as_array()?.iter();
    let names: Vec<String> = names
        .map(|name| match name {
            serde_json::Value::String(name) => name.clone(),
            other => other.to_string(),
        })
        .collect();
    let n_classes = usize::try_from(learner.learner_model_param.num_class.0).ok()?;
    (names.len() == n_classes).then_some(names)
}

/// The raw score that each output starts from.
fn base_scores(learner: &Learner, base_score: objective::BaseScore) -> Result<Vec<f64>, ReadModel> {
    let parameters = &learner.learner_model_param;
    let n_outputs = parameters.num_class.0.max(parameters.num_target.0).max(1);
    let n_outputs = checked_outputs(n_outputs)?;
    let text = parameters.base_score.trim();
    let numbers = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let numbers: Result<Vec<f32>, _> = numbers
        .unwrap_or(text)
        .split(',')
        .map(|number| number.trim().parse())
        .collect();
    let numbers = numbers
        .map_err(|_| ReadModel::malformed("`base_score`", format!("is `{text}`, not a number")))?;
    let mut raw = Vec::with_capacity(n_outputs);
    for number in &numbers {
        raw.push(base_score.to_raw(f64::from(*number))?);
    }
    match raw.len() {
        1 => raw.resize(n_outputs, raw[0]),
        n if n == n_outputs => {}
        n => {
            let problem = format!("has {n} numbers for {n_outputs} outputs");
            return Err(ReadModel::malformed("`base_score`", problem));
        }
    }
    Ok(raw)
}

/// How many of the trees, which lie iteration after iteration, are summed.
fn used_trees(
    learner: &Learner,
    model: &BoosterModel,
    iterations: Iterations,
) -> Result<(IterationCounts, usize), ReadModel> {
    let ends = iteration_ends(learner, model)?;
    let best = learner.attributes.get("best_iteration");
    let best = best.and_then(|best| best.trim().parse::<u64>().ok());
    let in_file = ends.len();
    let used = match (iterations, best) {
        (Iterations::Best, Some(best)) => {
            let wanted = usize::try_from(best)
                .unwrap_or(usize::MAX)
                .saturating_add(1);
            wanted.min(in_file)
        }
        (Iterations::Best, None) | (Iterations::All, _) => in_file,
    };
    let n_trees = used.checked_sub(1).map_or(0, |last| ends[last]);
    let counts = IterationCounts {
        in_file,
        used,
        best,
    };
    Ok((counts, n_trees))
}

/// The number of trees after each iteration.
fn iteration_ends(learner: &Learner, model: &BoosterModel) -> Result<Vec<usize>, ReadModel> {
    let n_trees = model.trees.len();
    if let [0, ends @ ..] = model.iteration_indptr.as_slice() {
        let ends: Option<Vec<usize>> = ends.iter().map(|end| usize::try_from(*end).ok()).collect();
        let fits = |ends: &Vec<usize>| {
            ends.is_sorted() && ends.last().copied().unwrap_or_default() == n_trees
        };
        return ends.filter(fits).ok_or_else(|| {
            let problem = format!("does not count to the {n_trees} trees");
            ReadModel::malformed("`iteration_indptr`", problem)
        });
    }
    // Before version 2 every iteration has a tree, or as many as run in parallel, per class.
    let parallel = match model.gbtree_model_param.num_parallel_tree.0 {
        0 => 1,
        parallel => parallel,
    };
    let per_iteration = parallel.saturating_mul(learner.learner_model_param.num_class.0.max(1));
    let per_iteration = usize::try_from(per_iteration).unwrap_or(usize::MAX);
    if !n_trees.is_multiple_of(per_iteration) {
        let problem = format!("are {n_trees}, no multiple of {per_iteration}");
        return Err(ReadModel::malformed("`trees`", problem));
    }
    Ok((1..=n_trees / per_iteration)
        .map(|iteration| iteration * per_iteration)
        .collect())
}

fn ensemble_trees(
    model: &BoosterModel,
    n_trees: usize,
    n_outputs: usize,
) -> Result<Vec<EnsembleTree>, ReadModel> {
    if model.tree_info.len() != model.trees.len() {
        let (found, needed) = (model.tree_info.len(), model.trees.len());
        let problem = format!("has {found} entries for {needed} trees");
        return Err(ReadModel::malformed("`tree_info`", problem));
    }
    let mut bits = CategoryBits::new();
    let trees = model.trees.iter().zip(&model.tree_info).take(n_trees);
    trees
        .enumerate()
        .map(|(idx, (document, output))| {
            let (target, values_per_leaf) = match document.tree_param.size_leaf_vector.0 {
                0 | 1 => (Target::One(output_of(idx, *output)?), 1),
                size if size == n_outputs as u64 => (Target::All, n_outputs),
                size => {
                    let problem = format!("has {size} values per leaf for {n_outputs} outputs");
                    return Err(trees::damaged(idx, problem));
                }
            };
            let tree = trees::read_tree((idx, document), values_per_leaf, &mut bits)?;
            Ok(EnsembleTree { tree, target })
        })
        .collect()
}

fn output_of(idx: usize, output: i64) -> Result<u32, ReadModel> {
    u32::try_from(output).map_err(|_| trees::damaged(idx, format!("is for the output {output}")))
}

/// Weights lie feature after feature, one per output, and after them the intercepts.
fn linear(
    model: &BoosterModel,
    features: Vec<Feature>,
    (base, link): (&[f64], Link),
) -> Result<LinearModel, ReadModel> {
    let n_outputs = base.len();
    let (n_features, found) = (features.len(), model.weights.len());
    if n_outputs.checked_mul(n_features + 1) != Some(found) {
        let problem = format!("are {found} for {n_outputs} outputs of {n_features} features");
        return Err(ReadModel::malformed("`weights`", problem));
    }
    let weight =
        |feature: usize, output: usize| f64::from(model.weights[feature * n_outputs + output]);
    let weights = (0..n_outputs)
        .flat_map(|output| (0..n_features).map(move |feature| weight(feature, output)));
    let intercepts = (0..n_outputs).map(|output| base[output] + weight(n_features, output));
    let (weights, intercepts) = (weights.collect(), intercepts.collect());
    LinearModel::new(features, weights, intercepts, link).map_err(ReadModel::Linear)
}
