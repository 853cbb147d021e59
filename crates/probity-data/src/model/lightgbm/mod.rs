//! Models of LightGBM in its text form, versions 3 and 4 of the form.
//! Source: what LightGBM 4.7 writes, and its manual ("Parameters", "Advanced Topics"); checked
//! against the library's own predictions in `golden/models`.
//!
//! The file is cut at the best iteration when it is saved, so that all of its trees count.

mod objective;
mod text;
mod trees;

use probity_metrics::model::{EnsembleTree, Feature, FeatureKind, Precision, Target, TreeEnsemble};
use serde_json::Value;

use self::text::{Section, TextModel};
use super::error::ReadModel;
use super::library_model::{
    CategoryBits, FeatureNames, Form, IterationCounts, LibraryFacts, LibraryModel, MissingValue,
    UnknownCategory, checked_features, checked_outputs,
};

const LINEAR: &str = "train with `linear_tree=false`, or explain the model behind an endpoint";

pub(crate) fn read(bytes: &[u8]) -> Result<LibraryModel, ReadModel> {
    let text = std::str::from_utf8(bytes).map_err(|source| ReadModel::Syntax {
        format: "LightGBM text",
        source: source.into(),
    })?;
    let model = TextModel::parse(text)?;
    let header = &model.header;
    let last_feature: u64 = header.number("max_feature_idx")?;
    let n_features = checked_features(last_feature.saturating_add(1))?;
    let (features, feature_names) = features(&model, n_features)?;
    let n_outputs: u64 = header.number("num_tree_per_iteration")?;
    let n_outputs = checked_outputs(n_outputs.max(1))?;
    let objective = header.get("objective").unwrap_or("custom");
    let link = objective::link(objective)?;
    let n_iterations = iterations(model.trees.len(), n_outputs)?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let scale = match header.get("average_output") {
        Some(_) => 1.0 / n_iterations.max(1) as f64,
        None => 1.0,
    };
    let trees = ensemble_trees(&model.trees, n_outputs, scale)?;
    let base = vec![0.0; n_outputs];
    let ensemble = TreeEnsemble::new(features, trees, base, (link, Precision::Double));
    let facts = LibraryFacts {
        feature_names,
        unknown_category: UnknownCategory::Missing,
        missing_value: MissingValue::Routed,
        objective: Some(objective.to_owned()),
        version: header.get("version").map(str::to_owned),
        iterations: IterationCounts {
            in_file: n_iterations,
            used: n_iterations,
            best: None,
        },
        output_names: None,
        damaged_categories: Vec::new(),
        notes: notes(objective),
    };
    Ok(LibraryModel {
        form: Form::Trees(ensemble.map_err(ReadModel::Ensemble)?),
        facts,
    })
}

fn notes(objective: &str) -> Vec<String> {
    match objective {
        "custom" => {
            vec!["the file names no objective: the scores are the raw sums of the trees".to_owned()]
        }
        _ => Vec::new(),
    }
}

fn iterations(n_trees: usize, n_outputs: usize) -> Result<usize, ReadModel> {
    match n_trees.is_multiple_of(n_outputs) {
        true => Ok(n_trees / n_outputs),
        false => {
            let problem = format!("are {n_trees}, no multiple of {n_outputs} outputs");
            Err(ReadModel::malformed("its trees", problem))
        }
    }
}

fn ensemble_trees(
    sections: &[Section<'_>],
    n_outputs: usize,
    scale: f64,
) -> Result<Vec<EnsembleTree>, ReadModel> {
    let mut bits = CategoryBits::new();
    let trees = sections.iter().zip((0..n_outputs).cycle()).enumerate();
    trees
        .map(|(idx, (section, output))| {
            if section.get("is_linear").is_some_and(|linear| linear != "0") {
                return Err(ReadModel::unsupported(
                    "a LightGBM model with `linear_tree`",
                    LINEAR,
                ));
            }
            let tree = trees::read_tree((idx, section), scale, &mut bits)?;
            let output = u32::try_from(output).expect("outputs are counted and few");
            let target = Target::One(output);
            Ok(EnsembleTree { tree, target })
        })
        .collect()
}

fn features(
    model: &TextModel<'_>,
    n_features: usize,
) -> Result<(Vec<Feature>, FeatureNames), ReadModel> {
    let names: Vec<&str> = model.header.list("feature_names").collect();
    if names.len() != n_features {
        let problem = format!("names {} of {n_features} features", names.len());
        return Err(ReadModel::malformed("`feature_names`", problem));
    }
    let categorical = categorical_features(model, n_features);
    let lists = pandas_categories(model)?;
    // Categorical columns of pandas come in the order of the columns. Where other features are
    // categorical too, nothing tells which list is whose.
    let n_categorical = categorical
        .iter()
        .filter(|categorical| **categorical)
        .count();
    let mut lists = match lists.len() == n_categorical {
        true => lists.into_iter(),
        false => Vec::new().into_iter(),
    };
    let made_up = names
        .iter()
        .enumerate()
        .all(|(idx, name)| *name == format!("Column_{idx}"));
    let features = names
        .iter()
        .zip(categorical)
        .map(|(name, categorical)| Feature {
            name: (*name).to_owned(),
            kind: match categorical {
                true => FeatureKind::Categorical {
                    categories: lists.next(),
                },
                false => FeatureKind::Numeric,
            },
        });
    let given = match made_up {
        true => FeatureNames::MadeUp,
        false => FeatureNames::Given,
    };
    Ok((features.collect(), given))
}

/// By the parameter, and by what the file says of each feature: a range `[0:1]` of a numeric one,
/// codes `0:1:2` of a categorical one, `none` of one that was not used.
fn categorical_features(model: &TextModel<'_>, n_features: usize) -> Vec<bool> {
    let mut categorical = vec![false; n_features];
    for (is, info) in categorical
        .iter_mut()
        .zip(model.header.list("feature_infos"))
    {
        *is = info != "none" && !info.starts_with('[');
    }
    let parameter = model.parameter("categorical_feature").unwrap_or_default();
    for idx in parameter
        .split(',')
        .filter_map(|idx| idx.parse::<usize>().ok())
    {
        if let Some(is) = categorical.get_mut(idx) {
            *is = true;
        }
    }
    categorical
}

fn pandas_categories(model: &TextModel<'_>) -> Result<Vec<Vec<String>>, ReadModel> {
    let Some(text) = model.pandas_categorical else {
        return Ok(Vec::new());
    };
    let lists: Option<Vec<Vec<Value>>> =
        serde_json::from_str(text).map_err(|source| ReadModel::Syntax {
            format: "LightGBM text (in `pandas_categorical`)",
            source: source.into(),
        })?;
    let lists = lists.unwrap_or_default().into_iter();
    Ok(lists
        .map(|list| list.iter().map(category_name).collect())
        .collect())
}

/// Numbers as `features` spells them: 10, and not 10.0.
fn category_name(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(number) => number.to_string(),
            None => number.to_string(),
        },
        other => other.to_string(),
    }
}
