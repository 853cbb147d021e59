//! A model that was opened: asked for scores through [`Predict`], and described by its summary.

use std::fmt;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use probity_metrics::model::{
    Condition, Feature, FeatureMatrix, LinearModel, Link, Node, TreeEnsemble,
};

use super::features::{MatchedColumns, ReadFeatures, feature_matrix, match_columns};
use super::kind::ModelKind;
use super::library_model::{
    FeatureNames, IterationCounts, LibraryFacts, MissingValue, UnknownCategory,
};
use super::onnx::OnnxModel;
use super::predict::{AskModel, Predict, Predictions};

/// What a model consists of.
#[derive(Clone, Debug)]
pub enum ModelBody {
    Trees(TreeEnsemble),
    Linear(LinearModel),
    Onnx(Box<OnnxBody>),
}

/// Forms are compared; graphs are never the same.
impl PartialEq for ModelBody {
    fn eq(&self, other: &ModelBody) -> bool {
        match (self, other) {
            (Self::Trees(ours), Self::Trees(theirs)) => ours == theirs,
            (Self::Linear(ours), Self::Linear(theirs)) => ours == theirs,
            _ => false,
        }
    }
}

/// A graph, and what it is where it is no more than that.
#[derive(Clone, Debug)]
pub struct OnnxBody {
    pub model: OnnxModel,
    /// Its trees, whose sum may have one output where the model reports two classes.
    pub trees: Option<TreeEnsemble>,
    features: Vec<Feature>,
    n_outputs: Option<usize>,
}

/// What is known of a graph without asking it.
pub(super) fn opened_onnx(model: OnnxModel) -> (OnnxBody, LibraryFacts) {
    let names = model.feature_names();
    let numbered = |names: &Vec<String>| {
        let mut numbered = names.iter().enumerate();
        numbered.all(|(at, name)| *name == format!("f{at}"))
    };
    let notes = model
        .needs_runtime()
        .then(|| "an ONNX Runtime computes the scores".to_owned());
    let facts = LibraryFacts {
        feature_names: match names.as_ref().is_some_and(|names| !numbered(names)) {
            true => FeatureNames::Given,
            false => FeatureNames::MadeUp,
        },
        unknown_category: UnknownCategory::Missing,
        missing_value: MissingValue::Routed,
        objective: None,
        version: Some(model.producer().to_owned()).filter(|producer| !producer.is_empty()),
        iterations: IterationCounts::default(),
        output_names: model.output_names().map(<[String]>::to_vec),
        damaged_categories: Vec::new(),
        notes: notes.into_iter().collect(),
    };
    let trees = model.as_trees();
    let linear = model.as_linear();
    let of_classes = facts.output_names.as_ref().map(Vec::len);
    let of_trees = trees.as_ref().map(TreeEnsemble::n_outputs);
    let names = names.unwrap_or_default();
    let kinds = model.feature_kinds(names.len());
    let features = names.into_iter().zip(kinds);
    let features = features.map(|(name, kind)| Feature { name, kind });
    let body = OnnxBody {
        features: features.collect(),
        n_outputs: of_classes
            .or(of_trees)
            .or(linear.as_ref().map(LinearModel::n_outputs)),
        trees,
        model,
    };
    (body, facts)
}

#[derive(Clone, Debug)]
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
            ModelBody::Onnx(graph) => graph.trees.as_ref(),
        }
    }

    pub fn features(&self) -> &[Feature] {
        match &self.body {
            ModelBody::Trees(trees) => trees.features(),
            ModelBody::Linear(linear) => linear.features(),
            ModelBody::Onnx(graph) => &graph.features,
        }
    }

    /// Scores that the model reports of a record; `None` where only asking it tells.
    pub fn n_outputs(&self) -> Option<usize> {
        match &self.body {
            ModelBody::Trees(trees) => Some(trees.n_outputs()),
            ModelBody::Linear(linear) => Some(linear.n_outputs()),
            ModelBody::Onnx(graph) => graph.n_outputs,
        }
    }

    /// `None` of a graph that is no ensemble of trees.
    pub fn link(&self) -> Option<Link> {
        match &self.body {
            ModelBody::Trees(trees) => Some(trees.link()),
            ModelBody::Linear(linear) => Some(linear.link()),
            ModelBody::Onnx(graph) => graph.trees.as_ref().map(TreeEnsemble::link),
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

    /// What the model reports of each row; `None` of a graph, which takes records.
    pub fn scores(&self, rows: &FeatureMatrix) -> Option<Vec<f64>> {
        match &self.body {
            ModelBody::Trees(trees) => Some(trees.predict(rows)),
            ModelBody::Linear(linear) => Some(linear.predict(rows)),
            ModelBody::Onnx(_) => None,
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
            reports: self.link().map_or("what its graph computes", reports),
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
        let n_outputs = match &self.body {
            ModelBody::Trees(trees) => trees.n_outputs(),
            ModelBody::Linear(linear) => linear.n_outputs(),
            ModelBody::Onnx(graph) => return graph.model.predict(records).await,
        };
        let rows = self
            .features_of(records)
            .map_err(|error| AskModel::Records {
                reason: error.to_string(),
            })?;
        Ok(Predictions {
            scores: self.scores(&rows).unwrap_or_default(),
            n_outputs,
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
    /// Absent where only asking the model tells.
    pub n_outputs: Option<usize>,
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

/// `500 trees of depth 6 at most, 50 features, 1 output: a probability per output`
impl fmt::Display for ModelSummary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(trees) = &self.trees {
            write!(
                f,
                "{} trees of depth {} at most, ",
                trees.n_trees, trees.max_depth
            )?;
        }
        write!(f, "{} features, ", self.features.len())?;
        match self.n_outputs {
            Some(1) => f.write_str("1 output")?,
            Some(n) => write!(f, "{n} outputs")?,
            None => f.write_str("outputs as it is asked")?,
        }
        write!(f, ": {}", self.reports)
    }
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
        if matches!(model.body, ModelBody::Onnx(_)) {
            return "are NaN to the graph";
        }
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
