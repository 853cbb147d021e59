//! Answers of `text/csv`: one record per line, or single values of several records in one line. A field
//! may be a list, as Autopilot's containers answer: `"['cat','dog','fish']","[0.1,0.6,0.3]"`.

use super::gathering::{Gathering, Label};
use super::{Places, Unusable};
use crate::format::csv::{Dialect, FieldIndex, ReadRecords, RecordFaultKind};
use crate::format::value_list::list_of_values;

pub(super) fn read(
    text: &str,
    places: &Places<usize>,
    gathering: &mut Gathering<'_>,
) -> Result<(), Unusable> {
    let lines = lines(text, gathering.n_asked)?;
    match lines.as_slice() {
        [line] if line.len() == gathering.n_asked && are_single_values(places, gathering) => {
            for field in line {
                push(std::slice::from_ref(field), places, gathering)?;
            }
            Ok(())
        }
        lines if lines.len() != gathering.n_asked => {
            Err(Unusable::count(lines.len(), gathering.n_asked))
        }
        lines => lines
            .iter()
            .try_for_each(|line| push(line, places, gathering)),
    }
}

/// Whether one line may hold several records.
fn are_single_values(places: &Places<usize>, gathering: &Gathering<'_>) -> bool {
    let single = match (places.label, places.probability) {
        (None, None) => true,
        (Some(index), None) | (None, Some(index)) => index == 0,
        (Some(_), Some(_)) => false,
    };
    gathering.n_asked > 1 && single && gathering.headers.is_none_or(|headers| headers.len() <= 1)
}

/// One more than asked are enough to know that there are too many.
fn lines(text: &str, n_asked: usize) -> Result<Vec<Vec<String>>, Unusable> {
    let block = text.as_bytes();
    let read = ReadRecords::one(Dialect::comma(block));
    let mut index = FieldIndex::default();
    let mut lines = Vec::new();
    let mut position = 0;
    while position < block.len() {
        index.clear();
        position = index.read(block, position, &read).map_err(|fault| {
            let problem = match fault.kind {
                RecordFaultKind::UnclosedQuote => "a quote is never closed",
                RecordFaultKind::Ragged { .. } | RecordFaultKind::TooLong => "a line is too long",
            };
            Unusable::unreadable(problem)
        })?;
        if index.rows() == 0 {
            break;
        }
        if lines.len() <= n_asked {
            let field = |span: &_| {
                let bytes = index.field(block, *span);
                String::from_utf8_lossy(bytes).trim().to_owned()
            };
            lines.push(index.spans().iter().map(field).collect());
        } else {
            // Counted, not kept.
            lines.push(Vec::new());
        }
    }
    Ok(lines)
}

fn push(
    fields: &[String],
    places: &Places<usize>,
    gathering: &mut Gathering<'_>,
) -> Result<(), Unusable> {
    let field = |index: usize| {
        fields.get(index).ok_or_else(|| {
            Unusable::unreadable(format!(
                "a line has {} fields, and field {index} was to be taken",
                fields.len()
            ))
        })
    };
    let label = match places.label {
        None => Label::Unsaid,
        Some(index) => {
            let text = field(index)?;
            match values(text)? {
                None => Label::One(text.clone()),
                Some(labels) => Label::PerScore(labels),
            }
        }
    };
    let scores = match (places.label, places.probability) {
        (_, Some(index)) => scores(field(index)?)?,
        (Some(_), None) => Vec::new(),
        (None, None) => match fields {
            [field] => scores(field)?,
            fields => fields
                .iter()
                .map(|field| score(field))
                .collect::<Result<_, _>>()?,
        },
    };
    gathering.push(scores, label)
}

fn scores(field: &str) -> Result<Vec<f64>, Unusable> {
    match values(field)? {
        None => Ok(vec![score(field)?]),
        Some(values) => values.iter().map(|value| score(value)).collect(),
    }
}

/// Of a field that holds a list.
fn values(field: &str) -> Result<Option<Vec<String>>, Unusable> {
    if !field.starts_with('[') {
        return Ok(None);
    }
    let values = list_of_values(field).map_err(|error| Unusable::unreadable(error.to_string()))?;
    let values: Option<Vec<String>> = values.into_iter().collect();
    values
        .map(Some)
        .ok_or_else(|| Unusable::unreadable("a list has a missing value"))
}

/// Whether it is finite is asked later.
pub(super) fn score(text: &str) -> Result<f64, Unusable> {
    text.trim().parse().map_err(|_| match text.trim() {
        "" => Unusable::unreadable("a score is missing"),
        _ => Unusable::unreadable("a score is not a number"),
    })
}
