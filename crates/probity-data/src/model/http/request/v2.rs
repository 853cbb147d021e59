//! Requests of the Open Inference Protocol, version 2 (kserve/open-inference-protocol): tensors by name,
//! with shape, datatype and a flat list of values.
//!
//! The model's own metadata decide what its inputs are called and hold. Where a server has none, numbers
//! alone are one matrix `input-0` of FP64, and records with other values one input per feature.

use std::fmt::Write as _;
use std::ops::Range;

use serde::Deserialize;

use super::rows::Rows;
use super::spelling::{Cell, Column, Kind, write_json_text};
use super::template::Features;
use crate::model::AskModel;

/// What a model says of its inputs.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(in crate::model::http) struct ModelInputs {
    inputs: Vec<ModelInput>,
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
struct ModelInput {
    name: String,
    datatype: String,
    #[serde(default)]
    shape: Vec<i64>,
}

/// One input of a request, with the values of all records.
#[derive(Debug)]
pub(super) struct Input {
    name: String,
    datatype: Datatype,
    /// The shape without the number of records.
    record_shape: Vec<usize>,
    rows: Rows,
}

#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) inputs: Vec<Input>,
    pub(super) max_records: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Datatype {
    Float(String),
    Integer(String),
    Boolean,
    Bytes,
}

impl Datatype {
    fn from_name(name: &str) -> Option<Datatype> {
        match name {
            "FP16" | "FP32" | "FP64" | "BF16" => Some(Datatype::Float(name.to_owned())),
            "INT8" | "INT16" | "INT32" | "INT64" | "UINT8" | "UINT16" | "UINT32" | "UINT64" => {
                Some(Datatype::Integer(name.to_owned()))
            }
            "BOOL" => Some(Datatype::Boolean),
            "BYTES" => Some(Datatype::Bytes),
            _ => None,
        }
    }

    fn name(&self) -> &str {
        match self {
            Datatype::Float(name) | Datatype::Integer(name) => name,
            Datatype::Boolean => "BOOL",
            Datatype::Bytes => "BYTES",
        }
    }
}

/// Brackets, names of members and commas of one input, and its numbers of records.
const INPUT_BYTES: usize = 128;

pub(super) fn encode(
    features: &Features<'_>,
    n_records: usize,
    inputs: Option<&ModelInputs>,
) -> Result<Encoded, AskModel> {
    match inputs {
        Some(ModelInputs { inputs }) if !inputs.is_empty() => declared(features, n_records, inputs),
        _ => inferred(features, n_records),
    }
}

fn declared(
    features: &Features<'_>,
    n_records: usize,
    inputs: &[ModelInput],
) -> Result<Encoded, AskModel> {
    let n_features = features.columns.len();
    let encoded: Result<Vec<Input>, AskModel> = match inputs {
        [input] => matrix(features.columns, n_records, input).map(|input| vec![input]),
        _ if inputs.len() != n_features => Err(refused(format!(
            "they have {n_features} features, and the model takes {} inputs",
            inputs.len()
        ))),
        _ => inputs
            .iter()
            .map(|input| {
                let position = features.names.iter().position(|name| *name == input.name);
                let column = position.and_then(|position| features.columns.get(position));
                let column = column.ok_or_else(|| {
                    refused(format!(
                        "the model takes an input `{}`, which is no feature",
                        input.name
                    ))
                })?;
                matrix(std::slice::from_ref(column), n_records, input)
            })
            .collect(),
    };
    let fixed = |input: &ModelInput| {
        input
            .shape
            .first()
            .and_then(|size| usize::try_from(*size).ok())
    };
    // A first dimension of 1 is a model without batches; of several, one input cannot tell.
    let max_records = match inputs.iter().filter_map(fixed).min() {
        Some(size) if inputs.iter().all(|input| input.shape.len() > 1) => size.max(1),
        _ => usize::MAX,
    };
    Ok(Encoded {
        inputs: encoded?,
        max_records,
    })
}

fn inferred(features: &Features<'_>, n_records: usize) -> Result<Encoded, AskModel> {
    let datatypes: Vec<Datatype> = features
        .columns
        .iter()
        .map(|column| datatype_of(column, n_records))
        .collect();
    let numeric =
        |datatype: &Datatype| matches!(datatype, Datatype::Float(_) | Datatype::Integer(_));
    let input = |name: &str, datatype: &str| ModelInput {
        name: name.to_owned(),
        datatype: datatype.to_owned(),
        shape: vec![-1, -1],
    };
    let inputs = if datatypes.iter().all(numeric) {
        vec![matrix(
            features.columns,
            n_records,
            &input("input-0", "FP64"),
        )?]
    } else {
        let columns = features.columns.iter().zip(features.names).zip(&datatypes);
        let inputs: Result<Vec<Input>, AskModel> = columns
            .map(|((column, name), datatype)| {
                matrix(
                    std::slice::from_ref(column),
                    n_records,
                    &input(name, datatype.name()),
                )
            })
            .collect();
        inputs?
    };
    Ok(Encoded {
        inputs,
        max_records: usize::MAX,
    })
}

fn datatype_of(column: &Column, n_records: usize) -> Datatype {
    let all = |is: fn(&Cell<'_>) -> bool| {
        (0..n_records)
            .map(|row_idx| column.cell(row_idx))
            .all(|cell| is(&cell))
    };
    match column.kind {
        Kind::Integer => Datatype::Integer("INT64".to_owned()),
        Kind::Number => Datatype::Float("FP64".to_owned()),
        Kind::Boolean => Datatype::Boolean,
        Kind::Text => Datatype::Bytes,
        Kind::Spelled if all(|cell| matches!(cell, Cell::Number(_) | Cell::Missing)) => {
            Datatype::Float("FP64".to_owned())
        }
        Kind::Spelled if all(|cell| matches!(cell, Cell::Boolean(_))) => Datatype::Boolean,
        Kind::Spelled => Datatype::Bytes,
    }
}

/// These columns side by side.
fn matrix(columns: &[Column], n_records: usize, input: &ModelInput) -> Result<Input, AskModel> {
    let datatype = Datatype::from_name(&input.datatype).ok_or_else(|| {
        refused(format!(
            "the model's input `{}` holds {}, which records have no form for",
            input.name, input.datatype
        ))
    })?;
    let width = columns.len();
    let record_shape = match input.shape.get(1..) {
        // Only a shape that says the number of features can contradict it.
        Some([size]) if usize::try_from(*size).is_ok_and(|size| size != width) => {
            return Err(refused(format!(
                "the model's input `{}` takes {size} features, and there are {width}",
                input.name
            )));
        }
        Some([]) if width == 1 => vec![],
        _ => vec![width],
    };
    let rows = Rows::encode(n_records, |row_idx, out| {
        for (position, column) in columns.iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            write_value(column, row_idx, &datatype, out)?;
        }
        Ok(())
    })?;
    Ok(Input {
        name: input.name.clone(),
        datatype,
        record_shape,
        rows,
    })
}

fn write_value(
    column: &Column,
    row_idx: usize,
    datatype: &Datatype,
    out: &mut String,
) -> Result<(), AskModel> {
    let refused = |what: &str| {
        let (column, datatype, record) = (&column.name, datatype.name(), row_idx + 1);
        refused(format!(
            "column `{column}` of record {record} {what}, which an input of {datatype} cannot hold"
        ))
    };
    match (datatype, column.cell(row_idx)) {
        (_, Cell::Missing) => return Err(refused("is missing")),
        (Datatype::Bytes, _) => write_json_text(column.text(row_idx).unwrap_or_default(), out),
        (Datatype::Float(_), Cell::Number(_)) => column.write_json(row_idx, out)?,
        (Datatype::Float(_) | Datatype::Integer(_), Cell::Boolean(value)) => {
            out.push(if value { '1' } else { '0' });
        }
        (Datatype::Integer(_), Cell::Number(number)) => {
            let whole = whole(number).ok_or_else(|| refused("is no whole number"))?;
            write!(out, "{whole}").expect("writing to a text does not fail");
        }
        (Datatype::Boolean, Cell::Boolean(value)) => {
            out.push_str(if value { "true" } else { "false" })
        }
        (Datatype::Boolean, Cell::Number(number)) => match whole(number) {
            Some(0) => out.push_str("false"),
            Some(1) => out.push_str("true"),
            _ => return Err(refused("is neither 0 nor 1")),
        },
        (Datatype::Float(_) | Datatype::Integer(_) | Datatype::Boolean, Cell::Text(_)) => {
            return Err(refused("holds a text"));
        }
    }
    Ok(())
}

/// `3` and `3.0` are whole.
fn whole(number: &str) -> Option<i128> {
    if let Ok(whole) = number.parse::<i64>() {
        return Some(i128::from(whole));
    }
    if let Ok(whole) = number.parse::<u64>() {
        return Some(i128::from(whole));
    }
    let double: f64 = number.parse().ok()?;
    // Beyond 2^53 a double does not say which whole number is meant.
    let exact = double.fract() == 0.0 && double.abs() <= 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "checked to be whole and small"
    )]
    exact.then_some(double as i128)
}

fn refused(reason: String) -> AskModel {
    AskModel::Records { reason }
}

pub(super) fn body(inputs: &[Input], range: Range<usize>) -> String {
    let mut body = String::with_capacity(bytes(inputs, range.clone()));
    body.push_str(r#"{"inputs":["#);
    for (position, input) in inputs.iter().enumerate() {
        if position > 0 {
            body.push(',');
        }
        body.push_str(r#"{"name":"#);
        write_json_text(&input.name, &mut body);
        write!(body, r#","shape":[{}"#, range.len()).expect("writing to a text does not fail");
        for size in &input.record_shape {
            write!(body, ",{size}").expect("writing to a text does not fail");
        }
        write!(body, r#"],"datatype":"{}","data":["#, input.datatype.name())
            .expect("writing to a text does not fail");
        input.rows.write(range.clone(), ",", &mut body);
        body.push_str("]}");
    }
    body.push_str("]}");
    body
}

pub(super) fn bytes(inputs: &[Input], range: Range<usize>) -> usize {
    let of_input =
        |input: &Input| INPUT_BYTES + 2 * input.name.len() + input.rows.bytes(range.clone(), ",");
    INPUT_BYTES + inputs.iter().map(of_input).sum::<usize>()
}
