//! Models in the ONNX format: what exporters of scikit-learn, XGBoost and LightGBM write, and
//! plain networks, evaluated here; any other graph by an ONNX Runtime that the user names.
//!
//! Source of the format: onnx.ai/onnx/intro and the operators' own pages there.

mod answer;
mod attributes;
mod error;
mod external;
mod forms;
mod graph;
mod interface;
mod message;
mod operator;
mod records;
mod runtime;
mod size;
mod tensor;
mod tree_table;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use probity_metrics::model::{FeatureKind, LinearModel, TreeEnsemble};
use prost::Message;

use self::answer::{Value, predictions_of};
use self::external::refuse_external_data;
use self::graph::{Graph, Slot};
use self::interface::Interface;
use self::message::ModelProto;
use self::runtime::RuntimeModel;
use self::size::{Size, size_of};
use super::{AskModel, Predict, Predictions};

pub use self::error::{OperatorFault, ReadOnnx, TensorFault};
pub use self::tensor::{ElementType, Shape};

/// A model that was read from an ONNX file.
#[derive(Clone, Debug)]
pub struct OnnxModel {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    interface: Interface,
    engine: Engine,
    /// What the scores are called, where the graph says.
    class_names: Option<Vec<String>>,
    producer: String,
}

#[derive(Debug)]
enum Engine {
    Here(Graph),
    Runtime(RuntimeModel),
}

impl OnnxModel {
    /// A model whose operators are all evaluated here.
    pub fn read(bytes: &[u8]) -> Result<OnnxModel, ReadOnnx> {
        Self::read_with(bytes, None)
    }

    /// A model; `runtime` names the library of an ONNX Runtime for operators that are not
    /// evaluated here.
    pub fn read_with(bytes: &[u8], runtime: Option<&Path>) -> Result<OnnxModel, ReadOnnx> {
        match size_of(bytes) {
            Size::Bounded => {}
            Size::TooLarge => return Err(ReadOnnx::TooLarge),
            Size::Malformed => return Err(ReadOnnx::Malformed),
        }
        let model = ModelProto::decode(bytes).map_err(ReadOnnx::Decode)?;
        refuse_external_data(&model)?;
        let graph = model.graph.ok_or(ReadOnnx::NoGraph)?;
        if model.opset_import.is_empty() {
            return Err(ReadOnnx::Nothing {
                what: "set of operators",
            });
        }
        let interface = Interface::of(&graph, &model.metadata)?;
        let (engine, class_names) = match Graph::of(&graph, &model.opset_import)? {
            Ok(graph) => {
                let slot = |idx: usize| graph.slot(&interface.outputs[idx].name);
                let scores = interface.scores.first().and_then(|idx| slot(*idx));
                let names = forms::class_names(&graph, scores, interface.labels.and_then(slot));
                (Engine::Here(graph), names)
            }
            Err(unknown) => {
                let library = runtime.ok_or_else(|| ReadOnnx::UnknownOperators {
                    operators: unknown.join(", "),
                })?;
                (Engine::Runtime(RuntimeModel::load(bytes, library)?), None)
            }
        };
        Ok(OnnxModel {
            inner: Arc::new(Inner {
                interface,
                engine,
                class_names,
                producer: model.producer_name,
            }),
        })
    }

    /// The program that wrote the file: `skl2onnx`, `OnnxMLTools`, `pytorch`. May be empty.
    pub fn producer(&self) -> &str {
        &self.inner.producer
    }

    /// Whether an ONNX Runtime computes the scores.
    pub fn needs_runtime(&self) -> bool {
        matches!(self.inner.engine, Engine::Runtime(_))
    }

    /// What the features are called, in their order; absent where the file does not even say
    /// how many there are. A matrix has numbered features, unless the file has
    /// `feature_names` in its metadata.
    pub fn feature_names(&self) -> Option<Vec<String>> {
        let interface = &self.inner.interface;
        let width = interface.n_features();
        if let Some(names) = &interface.feature_names
            && width.is_none_or(|width| width == names.len())
        {
            return Some(names.clone());
        }
        let names = interface.inputs.iter().map(|input| match input.width? {
            1 if interface.inputs.len() > 1 => Some(vec![input.name.clone()]),
            width if interface.inputs.len() == 1 => Some(numbered("f", width)),
            width => Some(numbered(&format!("{}_", input.name), width)),
        });
        let names: Vec<Vec<String>> = names.collect::<Option<_>>()?;
        Some(names.concat())
    }

    /// One per feature: what is given as text is a category.
    pub(crate) fn feature_kinds(&self, n_features: usize) -> Vec<FeatureKind> {
        self.inner.interface.feature_kinds(n_features)
    }

    /// What the scores are called: the classes, where the file says.
    pub fn output_names(&self) -> Option<&[String]> {
        self.inner.class_names.as_deref()
    }

    /// The trees, where the graph is one ensemble of them and nothing else. A classifier with one
    /// sum for two classes has one output here, the score of the second class.
    pub fn as_trees(&self) -> Option<TreeEnsemble> {
        let (graph, ends, names) = self.one_matrix()?;
        forms::trees(graph, ends, &names)
    }

    /// The weights, where the graph is a linear model, perhaps of scaled features, and nothing
    /// else.
    pub fn as_linear(&self) -> Option<LinearModel> {
        let (graph, ends, names) = self.one_matrix()?;
        forms::linear(graph, ends, &names)
    }

    /// The graph from its only input to its only scores, and the names of its features.
    fn one_matrix(&self) -> Option<(&Graph, (Slot, Slot), Vec<String>)> {
        let Engine::Here(graph) = &self.inner.engine else {
            return None;
        };
        let interface = &self.inner.interface;
        let ([input], [scores]) = (&interface.inputs[..], &interface.scores[..]) else {
            return None;
        };
        let scores = graph.slot(&interface.outputs[*scores].name)?;
        let ends = (graph.slot(&input.name)?, scores);
        Some((graph, ends, self.feature_names()?))
    }
}

fn numbered(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|idx| format!("{prefix}{idx}")).collect()
}

impl Inner {
    fn predict(&self, records: &RecordBatch) -> Result<Predictions, AskModel> {
        let tensors = records::tensors_of(&self.interface, records)?;
        let values = match &self.engine {
            Engine::Runtime(model) => model.run(&self.interface, tensors)?,
            Engine::Here(graph) => {
                let slots = self
                    .interface
                    .inputs
                    .iter()
                    .map(|input| graph.slot(&input.name));
                let given = slots
                    .zip(tensors)
                    .filter_map(|(slot, tensor)| Some((slot?, tensor)));
                let values = graph
                    .run(given.collect())
                    .map_err(|stopped| AskModel::Failed {
                        reason: stopped.to_string(),
                    })?;
                values.into_iter().map(Value::Tensor).collect()
            }
        };
        let names = self.class_names.as_deref();
        predictions_of(&self.interface, &values, (records.num_rows(), names))
    }
}

#[async_trait]
impl Predict for OnnxModel {
    /// On a thread for blocking work, where there is a runtime that has some.
    async fn predict(&self, records: &RecordBatch) -> Result<Predictions, AskModel> {
        let inner = Arc::clone(&self.inner);
        let records = records.clone();
        let Ok(handle) = tokio::runtime::Handle::try_current() else {
            return inner.predict(&records);
        };
        let answer = handle.spawn_blocking(move || inner.predict(&records)).await;
        answer.unwrap_or_else(|stopped| {
            Err(AskModel::Failed {
                reason: stopped.to_string(),
            })
        })
    }
}
