//! The models under `golden/models`, and what their own libraries say of a few rows.

use std::path::{Path, PathBuf};

use probity_data::model::{OpenOptions, OpenedModel, open_model_with};
use probity_metrics::model::{Branch, Condition, FeatureMatrix, Node, TreeEnsemble};
use serde_json::Value;

pub(crate) struct GoldenModel {
    /// `xgboost/binary`.
    pub(crate) name: String,
    folder: PathBuf,
    expected: Value,
}

pub(crate) fn golden_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../golden/models")
}

/// All of them, sorted by name.
pub(crate) fn golden_models() -> Vec<GoldenModel> {
    let mut models = Vec::new();
    for library in ["catboost", "lightgbm", "xgboost", "xgboost17"] {
        let folder = golden_folder().join(library);
        for entry in folder.read_dir().unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            if let Some(case) = file.strip_suffix(".expected.json") {
                models.push(GoldenModel::read(&folder, case));
            }
        }
    }
    models.sort_by(|a, b| a.name.cmp(&b.name));
    models
}

impl GoldenModel {
    fn read(folder: &Path, case: &str) -> GoldenModel {
        let text = std::fs::read(folder.join(format!("{case}.expected.json"))).unwrap();
        let library = folder.file_name().unwrap().to_string_lossy();
        GoldenModel {
            name: format!("{library}/{case}"),
            folder: folder.to_owned(),
            expected: serde_json::from_slice(&text).unwrap(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join(self.expected["model"].as_str().unwrap())
    }

    pub(crate) fn open(&self) -> OpenedModel {
        self.open_with(OpenOptions::default())
    }

    pub(crate) fn open_with(&self, options: OpenOptions<'_>) -> OpenedModel {
        open_model_with(&self.path(), options).unwrap_or_else(|error| {
            panic!("{}: {error}", self.name);
        })
    }

    pub(crate) fn member(&self, member: &str) -> &Value {
        &self.expected[member]
    }

    /// A list of any depth, flat; `None` where the library said nothing.
    pub(crate) fn numbers(&self, member: &str) -> Option<Vec<f64>> {
        let list = self.expected.get(member)?;
        let mut numbers = Vec::new();
        flatten(list, &mut numbers);
        Some(numbers)
    }

    /// `rows` or `background`.
    pub(crate) fn matrix(&self, member: &str) -> Option<FeatureMatrix> {
        let n_features = self.expected["columns"].as_array()?.len();
        FeatureMatrix::new(self.numbers(member)?, n_features)
    }

    /// What a number of the library can be off by, relative to the sum of what is added: XGBoost
    /// adds float32, a rounding of 6e-8 per tree; the others add float64.
    pub(crate) fn rounding(&self) -> f64 {
        match self.name.starts_with("xgboost") {
            true => 1e-6,
            false => 1e-12,
        }
    }
}

fn flatten(value: &Value, numbers: &mut Vec<f64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| flatten(item, numbers)),
        Value::Null => numbers.push(f64::NAN),
        Value::String(text) => numbers.push(text.parse().unwrap()),
        number => numbers.push(number.as_f64().unwrap()),
    }
}

/// Per output, the sum of the absolute values that are added for a row.
pub(crate) fn magnitudes(ensemble: &TreeEnsemble, row: &[f64]) -> Vec<f64> {
    let mut sums: Vec<f64> = ensemble.base().iter().map(|base| base.abs()).collect();
    let row: Vec<f64> = row.iter().map(|x| ensemble.precision().round(*x)).collect();
    for tree in ensemble.trees() {
        let leaf = tree
            .tree
            .leaf(tree.tree.leaf_of(|feature| row[feature as usize]));
        match tree.target {
            probity_metrics::model::Target::One(output) => sums[output as usize] += leaf[0].abs(),
            probity_metrics::model::Target::All => {
                sums.iter_mut()
                    .zip(leaf)
                    .for_each(|(sum, x)| *sum += x.abs());
            }
        }
    }
    sums
}

/// Splits by what they ask, to see that a set of models holds every kind.
pub(crate) fn split_kinds(ensemble: &TreeEnsemble) -> Vec<&'static str> {
    let nodes = ensemble.trees().iter().flat_map(|tree| tree.tree.nodes());
    nodes
        .filter_map(|node| match node {
            Node::Leaf(_) => None,
            Node::Split(split) if split.zero_is_missing => Some("zero is missing"),
            Node::Split(split) => Some(match (&split.condition, split.missing) {
                (Condition::Below(_), Branch::First) => "below, missing first",
                (Condition::Below(_), Branch::Second) => "below, missing second",
                (Condition::AtMost(_), Branch::First) => "at most, missing first",
                (Condition::AtMost(_), Branch::Second) => "at most, missing second",
                (Condition::In { .. }, Branch::First) => "in, missing first",
                (Condition::In { .. }, Branch::Second) => "in, missing second",
            }),
        })
        .collect()
}
