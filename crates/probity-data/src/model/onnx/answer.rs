//! From the values that a model gave to scores and labels.

use super::interface::Interface;
use super::tensor::{Data, Tensor};
use crate::model::{AskModel, Predictions};

/// What one output holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Tensor(Tensor),
    /// Scores by class: a row per record in the order of the classes.
    Maps {
        classes: Vec<String>,
        scores: Vec<f64>,
    },
}

fn unreadable(answer: String) -> AskModel {
    AskModel::Answer { answer }
}

/// `values` holds the outputs of the interface in their order.
pub(crate) fn predictions_of(
    interface: &Interface,
    values: &[Value],
    (n_rows, class_names): (usize, Option<&[String]>),
) -> Result<Predictions, AskModel> {
    let mut predictions = Predictions::default();
    let mut columns = Vec::new();
    let mut names = class_names.map(<[String]>::to_vec);
    for idx in &interface.scores {
        let name = &interface.outputs[*idx].name;
        let (width, scores) = match &values[*idx] {
            Value::Tensor(tensor) => score_rows(tensor, n_rows).ok_or_else(|| {
                unreadable(format!("with `{name}` of the shape {}", tensor.shape()))
            })?,
            Value::Maps { classes, scores } => {
                names = Some(classes.clone());
                (classes.len(), scores.clone())
            }
        };
        if width.checked_mul(n_rows) != Some(scores.len()) {
            return Err(unreadable(format!(
                "`{name}` for another number of records"
            )));
        }
        columns.push((width, scores));
    }
    predictions.n_outputs = columns.iter().map(|(width, _)| width).sum();
    for row in 0..n_rows {
        for (width, scores) in &columns {
            predictions
                .scores
                .extend_from_slice(&scores[row * width..][..*width]);
        }
    }
    if interface.scores.len() > 1 && names.is_none() {
        let outputs = interface
            .scores
            .iter()
            .map(|idx| interface.outputs[*idx].name.clone());
        names = Some(outputs.collect());
    }
    predictions.output_names = names.filter(|names| names.len() == predictions.n_outputs);
    if let Some(Value::Tensor(labels)) = interface.labels.map(|idx| &values[idx]) {
        let labels = spelled(labels.data());
        if labels.len() != n_rows {
            return Err(unreadable(
                "with labels for another number of records".to_owned(),
            ));
        }
        predictions.labels = Some(labels);
    }
    Ok(predictions)
}

/// Columns and numbers of a tensor with a row per record. One number per record may come as a
/// list.
fn score_rows(tensor: &Tensor, n_rows: usize) -> Option<(usize, Vec<f64>)> {
    let width = match tensor.dims() {
        [_] | [_, 1] => 1,
        [rows, columns @ ..] if *rows == n_rows => columns.iter().product(),
        _ => return None,
    };
    Some((width, tensor.to_f64()?))
}

/// Whole numbers and strings as they are written.
pub(crate) fn spelled(data: &Data) -> Vec<String> {
    fn all<T: ToString>(values: &[T]) -> Vec<String> {
        values.iter().map(T::to_string).collect()
    }
    match data {
        Data::Float(values) => all(values),
        Data::Double(values) => all(values),
        Data::Int(values) => all(values),
        Data::Bool(values) => all(values),
        Data::Text(values) => all(values),
    }
}
