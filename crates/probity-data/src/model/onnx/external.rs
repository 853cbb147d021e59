//! Weights in other files, wherever a model could name them: refused before a runtime sees the
//! model, which would open any file that is named.

use prost::Message;

use super::error::ReadOnnx;
use super::message::{GraphProto, ModelProto, NodeProto, TensorProto};
use super::size::{Size, size_of_graph};

/// Loops in branches in loops: more than any model has.
const DEEPEST_GRAPH: usize = 16;

pub(crate) fn refuse_external_data(model: &ModelProto) -> Result<(), ReadOnnx> {
    for function in &model.function {
        function
            .node
            .iter()
            .try_for_each(|node| check_node(node, 0))?;
    }
    model
        .graph
        .iter()
        .try_for_each(|graph| check_graph(graph, 0))
}

pub(crate) fn check_tensor(tensor: &TensorProto) -> Result<(), ReadOnnx> {
    match tensor.data_location == 0 && tensor.external_data.is_empty() {
        true => Ok(()),
        false => Err(ReadOnnx::ExternalData {
            name: tensor.name.clone(),
        }),
    }
}

fn check_graph(graph: &GraphProto, depth: usize) -> Result<(), ReadOnnx> {
    graph.initializer.iter().try_for_each(check_tensor)?;
    if !graph.sparse_initializer.is_empty() {
        return Err(ReadOnnx::Sparse);
    }
    graph
        .node
        .iter()
        .try_for_each(|node| check_node(node, depth))
}

fn check_node(node: &NodeProto, depth: usize) -> Result<(), ReadOnnx> {
    for attribute in &node.attribute {
        attribute
            .t
            .iter()
            .try_for_each(|tensor| check_tensor(tensor))?;
        for bytes in attribute.g.iter().chain(&attribute.graphs) {
            if depth >= DEEPEST_GRAPH || size_of_graph(bytes) != Size::Bounded {
                return Err(ReadOnnx::TooLarge);
            }
            let inner = GraphProto::decode(bytes.clone()).map_err(ReadOnnx::Decode)?;
            check_graph(&inner, depth + 1)?;
        }
    }
    Ok(())
}
