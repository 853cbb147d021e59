//! Answers of the Open Inference Protocol, version 2: `outputs` by name, with shape, datatype and values.
//!
//! `label` and `probability` name an output, by its name or its place. Without them the only output with
//! numbers is the scores, and the only one with texts the labels; of two outputs with numbers the one of
//! floating point is the scores and the one of integers the label, as converted scikit-learn models have it.

use probity_domain::document::analysis_config::ColumnReference;
use serde::Deserialize;
use serde_json::Value;

use super::gathering::{Gathering, Label};
use super::{Places, Unusable};

#[derive(Debug, Deserialize)]
struct Answer {
    outputs: Vec<Output>,
}

#[derive(Debug, Deserialize)]
struct Output {
    name: String,
    datatype: String,
    shape: Vec<usize>,
    data: Value,
}

pub(super) fn read(
    text: &str,
    places: &Places<ColumnReference>,
    gathering: &mut Gathering<'_>,
) -> Result<(), Unusable> {
    let answer: Answer = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Unusable::unreadable(format!(
            "it is no answer of the Open Inference Protocol at line {line}, column {column}"
        ))
    })?;
    let (scores, labels) = chosen(&answer.outputs, places)?;
    let scores = scores
        .map(|output| rows_of(output, gathering.n_asked))
        .transpose()?;
    let labels = labels
        .map(|output| rows_of(output, gathering.n_asked))
        .transpose()?;
    for record in 0..gathering.n_asked {
        let scores = match &scores {
            Some(rows) => rows
                .row(record)
                .iter()
                .map(|value| score_of(value))
                .collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        let label = match &labels {
            Some(rows) => label_of(rows.row(record))?,
            None => Label::Unsaid,
        };
        gathering.push(scores, label)?;
    }
    Ok(())
}

type Chosen<'o> = (Option<&'o Output>, Option<&'o Output>);

/// The scores and the labels.
fn chosen<'o>(
    outputs: &'o [Output],
    places: &Places<ColumnReference>,
) -> Result<Chosen<'o>, Unusable> {
    let named = |place: &ColumnReference| {
        let found = match place {
            ColumnReference::Index(index) => outputs.get(*index),
            ColumnReference::Name(name) => outputs.iter().find(|output| output.name == *name),
        };
        found.ok_or_else(|| {
            Unusable::unreadable(format!(
                "there is no output {}; there are {}",
                place.told(),
                told(outputs)
            ))
        })
    };
    if places.label.is_some() || places.probability.is_some() {
        let scores = places.probability.as_ref().map(named).transpose()?;
        let labels = places.label.as_ref().map(named).transpose()?;
        return Ok((scores, labels));
    }
    let of = |is: fn(&str) -> bool| {
        outputs
            .iter()
            .filter(|output| is(&output.datatype))
            .collect::<Vec<_>>()
    };
    let floating = of(|datatype| datatype.starts_with("FP") || datatype == "BF16");
    let whole = of(|datatype| datatype.starts_with("INT") || datatype.starts_with("UINT"));
    let other = of(|datatype| matches!(datatype, "BYTES" | "BOOL"));
    match (floating.as_slice(), whole.as_slice(), other.as_slice()) {
        ([scores], [], []) | ([], [scores], []) => Ok((Some(scores), None)),
        ([], [], [labels]) => Ok((None, Some(labels))),
        ([scores], [labels], []) | ([scores], [], [labels]) => Ok((Some(scores), Some(labels))),
        _ => Err(Unusable::unreadable(format!(
            "`probability` does not say which of its outputs are the scores: {}",
            told(outputs)
        ))),
    }
}

fn told(outputs: &[Output]) -> String {
    const MAX_NAMES: usize = 5;
    let names: Vec<String> = outputs
        .iter()
        .take(MAX_NAMES)
        .map(|output| super::super::excerpt::excerpt(output.name.as_bytes(), &[]))
        .collect();
    match names.len() {
        0 => "none".to_owned(),
        _ => names.join(", "),
    }
}

struct OutputRows<'o> {
    values: Vec<&'o Value>,
    width: usize,
}

impl OutputRows<'_> {
    fn row(&self, record: usize) -> &[&Value] {
        &self.values[record * self.width..][..self.width]
    }
}

fn rows_of(output: &Output, n_asked: usize) -> Result<OutputRows<'_>, Unusable> {
    let n_records = output.shape.first().copied().unwrap_or(1);
    if n_records != n_asked {
        return Err(Unusable::count(n_records, n_asked));
    }
    let mut values = Vec::new();
    flatten(&output.data, &mut values);
    let size = output
        .shape
        .iter()
        .try_fold(1_usize, |size, next| size.checked_mul(*next));
    if size != Some(values.len()) {
        let values = values.len();
        return Err(Unusable::unreadable(format!(
            "an output has {values} values, which is not what its shape says"
        )));
    }
    let width = values.len() / n_records.max(1);
    Ok(OutputRows { values, width })
}

/// Some servers nest the values as the shape says. The parser bounds how deep.
fn flatten<'v>(value: &'v Value, values: &mut Vec<&'v Value>) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|element| flatten(element, values)),
        other => values.push(other),
    }
}

pub(super) fn score_of(value: &Value) -> Result<f64, Unusable> {
    value
        .as_f64()
        .ok_or_else(|| Unusable::unreadable("a score is not a number"))
}

fn label_of(values: &[&Value]) -> Result<Label, Unusable> {
    let labels: Option<Vec<String>> = values.iter().map(|value| label_text(value)).collect();
    match labels.as_deref() {
        Some([label]) => Ok(Label::One(label.clone())),
        Some(labels) => Ok(Label::PerScore(labels.to_vec())),
        None => Err(Unusable::unreadable(
            "a label is neither a text nor a number",
        )),
    }
}

pub(super) fn label_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
