//! Why an ONNX model is not read, or does not run.

use thiserror::Error;

use super::tensor::{ElementType, Shape};

/// Why a file is no model that can run.
#[derive(Debug, Error)]
pub enum ReadOnnx {
    #[error("no ONNX file: its messages are malformed")]
    Malformed,
    #[error("no ONNX file")]
    Decode(#[source] prost::DecodeError),
    #[error("the file has more nodes, attributes or names than any model")]
    TooLarge,
    #[error("no ONNX file: it has no graph")]
    NoGraph,
    #[error(
        "tensor `{name}` is kept in another file: export the model with its weights inside \
         (`save_as_external_data=False`)"
    )]
    ExternalData { name: String },
    #[error("the model has sparse tensors, which are not read: export it with dense ones")]
    Sparse,
    #[error("tensor `{name}` is malformed: {reason}")]
    Tensor { name: String, reason: TensorFault },
    #[error("`{name}` is computed twice")]
    ComputedTwice { name: String },
    #[error("node `{node}` needs `{name}`, which no node computes")]
    MissingValue { node: String, name: String },
    #[error("node `{node}` waits for its own result: the graph is a cycle")]
    Cycle { node: String },
    #[error("node `{node}` is malformed")]
    Node {
        node: String,
        #[source]
        source: OperatorFault,
    },
    #[error("input `{name}` is {kind}: only tensors of numbers and of strings are taken")]
    Input { name: String, kind: String },
    #[error("the model has no {what}")]
    Nothing { what: &'static str },
    #[error(
        "which output holds the scores is not clear: {outputs}; export the model with its \
         probabilities, or its values, as one output"
    )]
    WhichOutput { outputs: String },
    #[error(
        "Probity does not evaluate {operators} itself: name the library of an ONNX Runtime \
         (`libonnxruntime.so` of the Python package `onnxruntime`) to run this model"
    )]
    UnknownOperators { operators: String },
    #[error("failed to load the ONNX Runtime `{library}`: {reason}")]
    Runtime { library: String, reason: String },
    #[error("the ONNX Runtime refused the model: {reason}")]
    Refused { reason: String },
}

/// What is wrong with a stored tensor.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TensorFault {
    #[error("elements of type {0} are not read")]
    ElementType(i32),
    #[error("a dimension is negative, or there are too many elements")]
    Shape,
    #[error("{found} elements for the shape {shape}")]
    Elements { found: usize, shape: Shape },
    #[error("a string is not UTF-8")]
    NotUtf8,
}

/// Why an operator cannot do what it is asked to.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum OperatorFault {
    #[error("input {0} is missing")]
    MissingInput(usize),
    #[error("input {input} holds {found}, not {expected}")]
    Elements {
        input: usize,
        expected: &'static str,
        found: ElementType,
    },
    #[error("input {input} has the shape {found}, not {expected}")]
    Shape {
        input: usize,
        expected: String,
        found: Shape,
    },
    #[error("the shapes {left} and {right} do not go together")]
    Shapes { left: Shape, right: Shape },
    #[error("axis {axis} of {rank}")]
    Axis { axis: i64, rank: usize },
    #[error("index {index} of {size}")]
    Index { index: i64, size: usize },
    #[error("attribute `{name}`: {reason}")]
    Attribute { name: String, reason: String },
    /// Part of the standard, but not done here: a runtime may do it.
    #[error("{0} is not evaluated")]
    NotEvaluated(String),
    #[error("a result of the shape {0} is too large")]
    TooLarge(Shape),
    #[error("a value is none of the categories")]
    UnknownCategory,
    #[error("a text is no number")]
    NotANumber,
}

impl OperatorFault {
    pub(crate) fn attribute(name: &str, reason: impl Into<String>) -> OperatorFault {
        OperatorFault::Attribute {
            name: name.to_owned(),
            reason: reason.into(),
        }
    }
}
