//! What a model takes and what it answers, whoever runs it.

use probity_metrics::model::FeatureKind;

use super::error::ReadOnnx;
use super::message::{EntryProto, GraphProto, ShapeProto, ValueProto};
use super::tensor::ElementType;

/// A tensor that the model takes: a matrix of all features, or one column of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) element: ElementType,
    /// Columns, where the file says.
    pub(crate) width: Option<usize>,
    pub(crate) layout: Layout,
    /// The code of the type in the file: there are several of whole numbers.
    pub(crate) code: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// A number per record.
    List,
    /// A row per record.
    Matrix,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) name: String,
    pub(crate) kind: OutputKind,
    /// Columns, where the file says; a list has one.
    width: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputKind {
    Numbers,
    /// Whole numbers, strings or booleans: the predicted class.
    Labels,
    /// A map from class to score for each record.
    Maps,
    Undeclared,
}

/// Which outputs are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interface {
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Output>,
    /// Indices of the outputs that hold scores: one, or one per class.
    pub(crate) scores: Vec<usize>,
    pub(crate) labels: Option<usize>,
    /// Of the features, where the file says.
    pub(crate) feature_names: Option<Vec<String>>,
}

impl Interface {
    pub(crate) fn of(graph: &GraphProto, metadata: &[EntryProto]) -> Result<Interface, ReadOnnx> {
        let stored: std::collections::HashSet<&str> = graph
            .initializer
            .iter()
            .map(|tensor| tensor.name.as_str())
            .collect();
        let given = graph
            .input
            .iter()
            .filter(|input| !stored.contains(input.name.as_str()));
        let inputs: Vec<Input> = given.map(input_of).collect::<Result<_, _>>()?;
        let outputs: Vec<Output> = graph.output.iter().map(output_of).collect();
        if inputs.is_empty() {
            return Err(ReadOnnx::Nothing { what: "input" });
        }
        if outputs.is_empty() {
            return Err(ReadOnnx::Nothing { what: "output" });
        }
        let scores = scores_of(&outputs)?;
        let is_labels = |output: &Output| output.kind == OutputKind::Labels;
        Ok(Interface {
            labels: outputs.iter().position(is_labels),
            scores,
            feature_names: feature_names(metadata),
            inputs,
            outputs,
        })
    }

    /// The columns of all inputs together, where the file says.
    pub(crate) fn n_features(&self) -> Option<usize> {
        let widths = self.inputs.iter().map(|input| input.width);
        widths.sum()
    }

    /// One per feature: what is given as text is a category. An only input of unknown width takes all
    /// features; beside others nothing tells what it takes, and from there on all counts as
    /// numeric.
    pub(crate) fn feature_kinds(&self, n_features: usize) -> Vec<FeatureKind> {
        let mut kinds = Vec::with_capacity(n_features);
        for input in &self.inputs {
            let left = n_features - kinds.len();
            let width = match input.width {
                Some(width) => width.min(left),
                None if self.inputs.len() == 1 => left,
                None => break,
            };
            let kind = match input.element {
                ElementType::Text => FeatureKind::Categorical { categories: None },
                _ => FeatureKind::Numeric,
            };
            kinds.resize(kinds.len() + width, kind);
        }
        kinds.resize(n_features, FeatureKind::Numeric);
        kinds
    }
}

fn input_of(input: &ValueProto) -> Result<Input, ReadOnnx> {
    let refused = |kind: &str| ReadOnnx::Input {
        name: input.name.clone(),
        kind: kind.to_owned(),
    };
    let tensor = input.kind.as_ref().and_then(|kind| kind.tensor.as_ref());
    let tensor = tensor.ok_or_else(|| refused("no tensor"))?;
    let code = tensor.element;
    let element = ElementType::of_code(code);
    let element =
        element.ok_or_else(|| refused(&format!("a tensor of elements of type {code}")))?;
    let (layout, width) = match tensor.shape.as_ref().map(|shape| shape.dimension.len()) {
        Some(1) => (Layout::List, Some(1)),
        None => (Layout::Matrix, None),
        Some(2) => (Layout::Matrix, width_of(tensor.shape.as_ref())),
        Some(axes) => return Err(refused(&format!("a tensor of {axes} axes"))),
    };
    Ok(Input {
        name: input.name.clone(),
        element,
        width,
        layout,
        code,
    })
}

/// More columns than any table has.
const LARGEST_WIDTH: usize = 1 << 20;

/// Of the second axis. Zero and less mean unknown.
fn width_of(shape: Option<&ShapeProto>) -> Option<usize> {
    let size = shape?.dimension.get(1)?.size?;
    usize::try_from(size)
        .ok()
        .filter(|width| (1..=LARGEST_WIDTH).contains(width))
}

fn output_of(output: &ValueProto) -> Output {
    let kind = output.kind.as_ref();
    let tensor = kind.and_then(|kind| kind.tensor.as_ref());
    let width = tensor.and_then(|tensor| match tensor.shape.as_ref()?.dimension.len() {
        1 => Some(1),
        _ => width_of(tensor.shape.as_ref()),
    });
    let maps = kind.is_some_and(|kind| kind.sequence.is_some() || kind.map.is_some());
    Output {
        name: output.name.clone(),
        width,
        kind: match tensor.and_then(|tensor| ElementType::of_code(tensor.element)) {
            _ if maps => OutputKind::Maps,
            Some(ElementType::Float | ElementType::Double) => OutputKind::Numbers,
            Some(ElementType::Int | ElementType::Text | ElementType::Bool) => OutputKind::Labels,
            None => OutputKind::Undeclared,
        },
    }
}

/// The one output of numbers; of several, the one that is called probabilities, or all of them
/// where each is a column.
fn scores_of(outputs: &[Output]) -> Result<Vec<usize>, ReadOnnx> {
    let candidates: Vec<usize> = (0..outputs.len())
        .filter(|idx| outputs[*idx].kind != OutputKind::Labels)
        .collect();
    if candidates.len() <= 1 {
        return Ok(candidates);
    }
    let is_named = |idx: &&usize| outputs[**idx].name.to_lowercase().contains("prob");
    let named: Vec<usize> = candidates.iter().filter(is_named).copied().collect();
    if named.len() == 1 {
        return Ok(named);
    }
    if candidates.iter().all(|idx| outputs[*idx].width == Some(1)) {
        return Ok(candidates);
    }
    let names: Vec<String> = outputs
        .iter()
        .map(|output| format!("`{}`", output.name))
        .collect();
    Err(ReadOnnx::WhichOutput {
        outputs: names.join(", "),
    })
}

/// Metadata are free text; a JSON list of names, or names between commas, is what is written
/// by hand under `feature_names`.
fn feature_names(metadata: &[EntryProto]) -> Option<Vec<String>> {
    let entry = metadata.iter().find(|entry| entry.key == "feature_names")?;
    let names: Vec<String> = serde_json::from_str(&entry.value).unwrap_or_else(|_| {
        entry
            .value
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect()
    });
    Some(names)
}
