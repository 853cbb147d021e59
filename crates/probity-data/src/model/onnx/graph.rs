//! A graph that can run: names become places, nodes become operators in an order in which each
//! finds its inputs computed.

use std::collections::HashMap;
use std::fmt;

use super::error::{OperatorFault, ReadOnnx};
use super::external::check_tensor;
use super::message::{GraphProto, NodeProto, OperatorSetProto, TensorProto};
use super::operator::{Inputs, Operator, Role, operator};
use super::tensor::{Shape, Tensor};

/// Elements of all values that are kept at one time while a graph runs.
const LARGEST_TOTAL: usize = 1 << 27;

/// The place of a value.
pub(crate) type Slot = usize;

/// One node.
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) inputs: Vec<Option<Slot>>,
    pub(crate) outputs: Vec<Option<Slot>>,
    operator: Operator,
    /// Values that nothing needs after this step.
    done: Vec<Slot>,
}

pub(crate) struct Graph {
    /// Number of values.
    n_slots: usize,
    constants: HashMap<Slot, Tensor>,
    steps: Vec<Step>,
    slots: HashMap<String, Slot>,
    outputs: Vec<Slot>,
}

impl fmt::Debug for Graph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.steps.iter().map(|step| step.name.as_str()).collect();
        f.debug_struct("Graph")
            .field("steps", &names)
            .finish_non_exhaustive()
    }
}

/// Why a graph gave no values.
#[derive(Debug, thiserror::Error)]
#[error("node `{node}`: {fault}")]
pub(crate) struct Stopped {
    node: String,
    fault: OperatorFault,
}

/// What the nodes need that is not here.
pub(crate) type Unknown = Vec<String>;

impl Graph {
    /// The graph, or the operators that are not evaluated here.
    pub(crate) fn of(
        graph: &GraphProto,
        opsets: &[OperatorSetProto],
    ) -> Result<Result<Graph, Unknown>, ReadOnnx> {
        let opset = opset_of(opsets);
        let mut names = Names::default();
        let mut constants = HashMap::new();
        for message in &graph.initializer {
            let tensor = stored_tensor(message)?;
            constants.insert(names.define(&message.name)?, tensor);
        }
        for input in &graph.input {
            // Old files list initializers among the inputs.
            if !names.slots.contains_key(&input.name) {
                names.define(&input.name)?;
            }
        }
        let order = sorted(graph, &mut names)?;
        let mut unknown = Unknown::new();
        let mut steps = Vec::with_capacity(order.len());
        for node in order {
            match step_of(node, opset, &names) {
                Ok(Some(step)) => steps.push(step),
                Ok(None) => unknown.push(format!("`{}`", node.op_type)),
                Err(OperatorFault::NotEvaluated(what)) => unknown.push(what),
                Err(source) => {
                    let node = name_of(node);
                    return Err(ReadOnnx::Node { node, source });
                }
            }
        }
        if !unknown.is_empty() {
            unknown.sort_unstable();
            unknown.dedup();
            return Ok(Err(unknown));
        }
        let outputs = graph
            .output
            .iter()
            .map(|output| names.find(&output.name, "output"));
        let outputs: Vec<Slot> = outputs.collect::<Result<_, _>>()?;
        fold_constants(&mut steps, &mut constants)?;
        mark_last_uses(&mut steps, &outputs);
        Ok(Ok(Graph {
            n_slots: names.slots.len(),
            constants,
            steps,
            slots: names.slots,
            outputs,
        }))
    }

    pub(crate) fn slot(&self, name: &str) -> Option<Slot> {
        self.slots.get(name).copied()
    }

    pub(crate) fn constant(&self, slot: Slot) -> Option<&Tensor> {
        self.constants.get(&slot)
    }

    /// The node that computes a value.
    pub(crate) fn maker(&self, slot: Slot) -> Option<&Step> {
        self.steps
            .iter()
            .find(|step| step.outputs.contains(&Some(slot)))
    }

    /// The outputs of the graph for these inputs.
    pub(crate) fn run(&self, given: Vec<(Slot, Tensor)>) -> Result<Vec<Tensor>, Stopped> {
        let mut values: Vec<Option<Tensor>> = vec![None; self.n_slots];
        for (slot, tensor) in given {
            values[slot] = Some(tensor);
        }
        let mut kept = 0;
        for step in &self.steps {
            let stopped = |fault| Stopped {
                node: step.name.clone(),
                fault,
            };
            let inputs: Vec<Option<&Tensor>> = step
                .inputs
                .iter()
                .map(|slot| slot.and_then(|slot| self.value(&values, slot)))
                .collect();
            let made = (step.operator)(&Inputs(&inputs)).map_err(stopped)?;
            for (slot, tensor) in step.outputs.iter().zip(made) {
                if let Some(slot) = *slot {
                    kept += tensor.len();
                    values[slot] = Some(tensor);
                }
            }
            for slot in &step.done {
                kept -= values[*slot]
                    .take()
                    .map_or(0, |tensor| tensor.len())
                    .min(kept);
            }
            if kept > LARGEST_TOTAL {
                return Err(stopped(OperatorFault::TooLarge(Shape(vec![kept]))));
            }
        }
        let outputs = self.outputs.iter().map(|slot| {
            self.value(&values, *slot).cloned().ok_or_else(|| Stopped {
                node: "output".to_owned(),
                fault: OperatorFault::MissingInput(*slot),
            })
        });
        outputs.collect()
    }

    fn value<'a>(&'a self, values: &'a [Option<Tensor>], slot: Slot) -> Option<&'a Tensor> {
        values[slot].as_ref().or_else(|| self.constants.get(&slot))
    }
}

/// Places of names.
#[derive(Default)]
struct Names {
    slots: HashMap<String, Slot>,
}

impl Names {
    fn define(&mut self, name: &str) -> Result<Slot, ReadOnnx> {
        let slot = self.slots.len();
        match self.slots.insert(name.to_owned(), slot) {
            None => Ok(slot),
            Some(_) => Err(ReadOnnx::ComputedTwice {
                name: name.to_owned(),
            }),
        }
    }

    fn find(&self, name: &str, node: &str) -> Result<Slot, ReadOnnx> {
        self.slots
            .get(name)
            .copied()
            .ok_or_else(|| ReadOnnx::MissingValue {
                node: node.to_owned(),
                name: name.to_owned(),
            })
    }

    /// An empty name is a value that is not there.
    fn places(&self, names: &[String]) -> Vec<Option<Slot>> {
        names
            .iter()
            .map(|name| self.slots.get(name).copied())
            .collect()
    }
}

fn opset_of(opsets: &[OperatorSetProto]) -> i64 {
    let core = opsets
        .iter()
        .filter(|set| ["", "ai.onnx"].contains(&&*set.domain));
    // A file without the core set uses none of its operators.
    core.map(|set| set.version).max().unwrap_or(1)
}

fn stored_tensor(message: &TensorProto) -> Result<Tensor, ReadOnnx> {
    check_tensor(message)?;
    let name = message.name.clone();
    Tensor::of_message(message).map_err(|reason| ReadOnnx::Tensor { name, reason })
}

fn name_of(node: &NodeProto) -> String {
    match node.name.as_str() {
        "" => node.op_type.clone(),
        name => format!("{name} ({})", node.op_type),
    }
}

/// The nodes in an order in which each finds its inputs computed (Kahn, 1962). Files should have
/// such an order already; some have not.
fn sorted<'a>(graph: &'a GraphProto, names: &mut Names) -> Result<Vec<&'a NodeProto>, ReadOnnx> {
    let mut given: Vec<String> = names.slots.keys().cloned().collect();
    given.sort_unstable();
    for node in &graph.node {
        for name in node.output.iter().filter(|name| !name.is_empty()) {
            names.define(name)?;
        }
    }
    let mut waiting: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut missing = vec![0; graph.node.len()];
    for (idx, node) in graph.node.iter().enumerate() {
        for name in node.input.iter().filter(|name| !name.is_empty()) {
            names.find(name, &name_of(node))?;
            waiting.entry(name).or_default().push(idx);
            missing[idx] += 1;
        }
    }
    let mut ready: Vec<usize> = (0..graph.node.len())
        .filter(|idx| missing[*idx] == 0)
        .collect();
    let computed = |name: &str, missing: &mut Vec<usize>| -> Vec<usize> {
        let mut released = Vec::new();
        for idx in waiting.get(name).into_iter().flatten() {
            missing[*idx] -= 1;
            if missing[*idx] == 0 {
                released.push(*idx);
            }
        }
        released
    };
    for name in &given {
        ready.extend(computed(name, &mut missing));
    }
    let mut order = Vec::with_capacity(graph.node.len());
    while let Some(idx) = ready.pop() {
        order.push(idx);
        for name in graph.node[idx]
            .output
            .iter()
            .filter(|name| !name.is_empty())
        {
            ready.extend(computed(name, &mut missing));
        }
    }
    match missing.iter().position(|missing| *missing > 0) {
        Some(idx) => Err(ReadOnnx::Cycle {
            node: name_of(&graph.node[idx]),
        }),
        None => Ok(order.into_iter().map(|idx| &graph.node[idx]).collect()),
    }
}

fn step_of(node: &NodeProto, opset: i64, names: &Names) -> Result<Option<Step>, OperatorFault> {
    Ok(operator(node, opset)?.map(|(operator, role)| Step {
        name: name_of(node),
        role,
        inputs: names.places(&node.input),
        outputs: names.places(&node.output),
        operator,
        done: Vec::new(),
    }))
}

/// Nodes without inputs are constants, computed once.
fn fold_constants(
    steps: &mut Vec<Step>,
    constants: &mut HashMap<Slot, Tensor>,
) -> Result<(), ReadOnnx> {
    let mut kept = Vec::with_capacity(steps.len());
    for step in steps.drain(..) {
        if !step.inputs.is_empty() {
            kept.push(step);
            continue;
        }
        let made = (step.operator)(&Inputs(&[])).map_err(|source| ReadOnnx::Node {
            node: step.name.clone(),
            source,
        })?;
        for (slot, tensor) in step.outputs.iter().zip(made) {
            constants.extend(slot.map(|slot| (slot, tensor)));
        }
    }
    *steps = kept;
    Ok(())
}

fn mark_last_uses(steps: &mut [Step], outputs: &[Slot]) {
    let mut needed: std::collections::HashSet<Slot> = outputs.iter().copied().collect();
    for step in steps.iter_mut().rev() {
        // An output that nothing takes is done at once.
        let values = step.inputs.iter().chain(&step.outputs).copied().flatten();
        let done: Vec<Slot> = values.filter(|slot| needed.insert(*slot)).collect();
        step.done = done;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::onnx::message::ValueProto;
    use crate::model::onnx::tensor::Data;

    fn node(op_type: &str, inputs: &[&str], outputs: &[&str]) -> NodeProto {
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        NodeProto {
            op_type: op_type.to_owned(),
            input: all(inputs),
            output: all(outputs),
            ..NodeProto::default()
        }
    }

    fn value(name: &str) -> ValueProto {
        ValueProto {
            name: name.to_owned(),
            kind: None,
        }
    }

    /// A graph from `x` to `y`.
    fn graph(nodes: Vec<NodeProto>) -> GraphProto {
        GraphProto {
            node: nodes,
            input: vec![value("x")],
            output: vec![value("y")],
            ..GraphProto::default()
        }
    }

    fn made(nodes: Vec<NodeProto>) -> Result<Result<Graph, Unknown>, ReadOnnx> {
        Graph::of(&graph(nodes), &[])
    }

    fn list(values: &[f32]) -> Tensor {
        Tensor::new(vec![values.len()], Data::Float(values.to_vec())).unwrap()
    }

    fn run(graph: &Graph, given: Tensor) -> Result<Vec<Tensor>, Stopped> {
        graph.run(vec![(graph.slot("x").unwrap(), given)])
    }

    #[test]
    fn nodes_run_when_their_inputs_are_there_whatever_their_order() {
        let nodes = vec![
            node("Add", &["b", "a"], &["y"]),
            node("Neg", &["a"], &["b"]),
            node("Abs", &["x"], &["a"]),
        ];
        let graph = made(nodes).unwrap().unwrap();
        let answer = run(&graph, list(&[-2.0, 3.0])).unwrap();
        assert_eq!(answer, [list(&[0.0, 0.0])]);
    }

    #[test]
    fn a_cycle_is_refused() {
        let nodes = vec![
            node("Neg", &["b"], &["a"]),
            node("Add", &["a", "x"], &["b"]),
            node("Neg", &["b"], &["y"]),
        ];
        assert!(matches!(made(nodes), Err(ReadOnnx::Cycle { .. })));
    }

    #[test]
    fn a_value_that_nothing_computes_is_named() {
        let refused = made(vec![node("Add", &["x", "weights"], &["y"])]);
        let text = refused.map(drop).unwrap_err().to_string();
        assert_eq!(text, "node `Add` needs `weights`, which no node computes");
        let twice = made(vec![
            node("Neg", &["x"], &["y"]),
            node("Abs", &["x"], &["y"]),
        ]);
        assert!(matches!(twice, Err(ReadOnnx::ComputedTwice { .. })));
    }

    #[test]
    fn unknown_operators_are_listed_once() {
        let nodes = vec![
            node("Loop", &["x"], &["a"]),
            node("Conv", &["a"], &["b"]),
            node("Loop", &["b"], &["y"]),
        ];
        assert_eq!(made(nodes).unwrap().unwrap_err(), ["`Conv`", "`Loop`"]);
    }

    #[test]
    fn weights_in_another_file_are_refused() {
        let mut graph = graph(vec![node("Add", &["x", "weights"], &["y"])]);
        graph.initializer.push(TensorProto {
            name: "weights".to_owned(),
            data_location: 1,
            ..TensorProto::default()
        });
        let refused = Graph::of(&graph, &[]);
        assert!(matches!(refused, Err(ReadOnnx::ExternalData { .. })));
    }

    #[test]
    fn values_that_do_not_fit_stop_the_node() {
        let graph = made(vec![node("Sqrt", &["x"], &["y"])]).unwrap().unwrap();
        let text = Tensor::new(vec![1], Data::Text(vec!["a".into()])).unwrap();
        let stopped = run(&graph, text).unwrap_err().to_string();
        assert_eq!(stopped, "node `Sqrt`: input 0 holds strings, not numbers");

        let graph = made(vec![node("MatMul", &["x", "x"], &["y"])])
            .unwrap()
            .unwrap();
        let stopped = run(&graph, list(&[1.0, 2.0])).unwrap();
        assert_eq!(stopped[0].to_f64(), Some(vec![5.0]));
        let matrix = Tensor::new(vec![1, 2], Data::Float(vec![1.0, 2.0])).unwrap();
        let stopped = run(&graph, matrix).unwrap_err().to_string();
        assert_eq!(
            stopped,
            "node `MatMul`: the shapes [1, 2] and [1, 2] do not go together"
        );
    }
}
