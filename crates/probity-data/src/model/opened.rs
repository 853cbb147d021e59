//! A model that was opened: asked for scores through [`Predict`], and described by its summary.

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use probity_metrics::model::{
    Condition, Feature, FeatureMatrix, LinearModel, Link, Node, TreeEnsemble,
};

use super::features::{MatchedColumns, ReadFeatures, feature_matrix, match_columns};
use super::kind::ModelKind;
use super::library_model::{FeatureNames, IterationCounts, LibraryFacts, MissingValue};
use super::predict::{AskModel, Predict, Predictions};

/// What a model consists of.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelBody {
    Trees(TreeEnsemble),
    Linear(LinearModel),
}

#[derive(Clone, Debug, PartialEq)]
pub struct OpenedModel {
    pub kind: ModelKind,
    /// The model's own file: its path, or its name within the folder or archive.
    pub file_name: String,
    /// Of the model's own file, in hexadecimal.
    pub sha256: String,
    pub size_bytes: u64,
    pub library: LibraryFacts,
    pub body: ModelBody,
    /// How the file was chosen.
    pub notes: Vec<String>,
}

impl OpenedModel {
    pub fn trees(&self) -> Option<&TreeEnsemble> {
        match &self.body {
            ModelBody::Trees(trees) => Some(trees),
            ModelBody::Linear(_) => None,
        }
    }

    pub fn features(&self) -> &[Feature] {
        match &self.body {
            ModelBody::Trees(trees) => trees.features(),
            ModelBody::Linear(linear) => linear.features(),
        }
    }

    pub fn n_outputs(&self) -> usize {
        match &self.body {
            ModelBody::Trees(trees) => trees.n_outputs(),
            ModelBody::Linear(linear) => linear.n_outputs(),
        }
    }

    pub fn link(&self) -> Link {
        match &self.body {
            ModelBody::Trees(trees) => trees.link(),
            ModelBody::Linear(linear) => linear.link(),
        }
    }

    /// Which column of such records is which feature.
    pub fn match_columns(&self, records: &RecordBatch) -> Result<MatchedColumns, ReadFeatures> {
        let names = self.library.feature_names;
        match_columns(self.features(), names, &records.schema())
    }

    /// The features of the records as the model sees them.
    pub fn features_of(&self, records: &RecordBatch) -> Result<FeatureMatrix, ReadFeatures> {
        feature_matrix(self.features(), &self.library, records)
    }

    /// What the model reports of each row.
    pub fn scores(&self, rows: &FeatureMatrix) -> Vec<f64> {
        match &self.body {
            ModelBody::Trees(trees) => trees.predict(rows),
            ModelBody::Linear(linear) => linear.predict(rows),
        }
    }

    pub fn summary(&self) -> ModelSummary<'_> {
        ModelSummary {
            kind: self.kind,
            file_name: &self.file_name,
            sha256: &self.sha256,
            size_bytes: self.size_bytes,
            version: self.library.version.as_deref(),
            objective: self.library.objective.as_deref(),
            reports: reports(self.link()),
            n_outputs: self.n_outputs(),
            output_names: self.library.output_names.as_deref(),
            features: self.features(),
            feature_names: self.library.feature_names,
            trees: self.trees().map(TreesSummary::of),
            missing_values: missing_values(self),
            iterations: self.library.iterations,
            notes: self.notes.iter().chain(&self.library.notes).collect(),
        }
    }
}

#[async_trait]
impl Predict for OpenedModel {
    async fn predict(&self, records: &RecordBatch) -> Result<Predictions, AskModel> {
        let rows = self
            .features_of(records)
            .map_err(|error| AskModel::Records {
                reason: error.to_string(),
            })?;
        Ok(Predictions {
            scores: self.scores(&rows),
            n_outputs: self.n_outputs(),
            output_names: self.library.output_names.clone(),
            labels: None,
        })
    }
}

/// What `probity model inspect` shows.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSummary<'a> {
    pub kind: ModelKind,
    pub file_name: &'a str,
    pub sha256: &'a str,
    pub size_bytes: u64,
    pub version: Option<&'a str>,
    pub objective: Option<&'a str>,
    /// What the scores are.
    pub reports: &'static str,
    pub n_outputs: usize,
    pub output_names: Option<&'a [String]>,
    pub features: &'a [Feature],
    pub feature_names: FeatureNames,
    /// Absent for a model without trees.
    pub trees: Option<TreesSummary>,
    /// How missing values are handled.
    pub missing_values: &'static str,
    pub iterations: IterationCounts,
    pub notes: Vec<&'a String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TreesSummary {
    pub n_trees: usize,
    pub n_splits: usize,
    pub n_categorical_splits: usize,
    pub n_leaves: usize,
    /// Splits on the longest way to a leaf.
    pub max_depth: usize,
    /// Whether the file says how much training data reached each node: path-dependent tree
    /// SHAP needs it.
    pub has_covers: bool,
}

impl TreesSummary {
    fn of(ensemble: &TreeEnsemble) -> TreesSummary {
        let mut summary = TreesSummary {
            has_covers: ensemble.has_covers(),
            ..TreesSummary::default()
        };
        for tree in ensemble.trees() {
            summary.n_trees += 1;
            summary.n_leaves += tree.tree.n_leaves();
            summary.max_depth = summary.max_depth.max(tree.tree.depth());
            for node in tree.tree.nodes() {
                if let Node::Split(split) = node {
                    summary.n_splits += 1;
                    let categorical = matches!(split.condition, Condition::In { .. });
                    summary.n_categorical_splits += usize::from(categorical);
                }
            }
        }
        summary
    }
}

fn reports(link: Link) -> &'static str {
    match link {
        Link::Identity => "the raw score",
        Link::Logistic { .. } => "a probability per output (logistic link)",
        Link::Softmax => "a probability per class (softmax)",
        Link::Exponential => "a positive number (exponential link)",
        Link::Softplus => "a positive number (logarithm of 1 + exp)",
        Link::SignedSquare => "a number (signed square of the raw score)",
        Link::Step => "a class, 0 or 1",
    }
}

fn missing_values(model: &OpenedModel) -> &'static str {
    let Some(trees) = model.trees() else {
        return match model.library.missing_value {
            MissingValue::Zero => "add nothing",
            MissingValue::Routed => "are not handled",
        };
    };
    let mut splits = trees.trees().iter().flat_map(|tree| tree.tree.nodes());
    let zero = splits.any(|node| matches!(node, Node::Split(split) if split.zero_is_missing));
    match zero {
        true => "follow each split's own direction; zero counts as missing in some",
        false => "follow each split's own direction",
    }
}
