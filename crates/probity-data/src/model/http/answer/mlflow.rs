//! Answers of MLflow's scoring server: `predictions`, a list with an element per record, which is a
//! number, a text, a list of scores, or an object with a member per output. Servers before MLflow 2
//! answer with the list alone.

use serde_json::{Map, Value};

use super::gathering::{Gathering, Label};
use super::v2::{label_text, score_of};
use super::{Places, Unusable};

pub(super) fn read(
    text: &str,
    places: &Places<usize>,
    gathering: &mut Gathering<'_>,
) -> Result<(), Unusable> {
    let answer: Value = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Unusable::unreadable(format!("it is not JSON at line {line}, column {column}"))
    })?;
    let predictions = answer.get("predictions").unwrap_or(&answer);
    let Value::Array(predictions) = predictions else {
        return Err(Unusable::unreadable("it has no list `predictions`"));
    };
    if predictions.len() != gathering.n_asked {
        return Err(Unusable::count(predictions.len(), gathering.n_asked));
    }
    let names = predictions
        .first()
        .and_then(Value::as_object)
        .map(names_of_numbers);
    if let Some(names) = &names {
        gathering.name_outputs(names.clone());
    }
    predictions
        .iter()
        .try_for_each(|prediction| match prediction {
            Value::Object(members) => push_members(members, names.as_deref(), gathering),
            Value::Array(values) => push_values(values, places, gathering),
            single => push_values(std::slice::from_ref(single), places, gathering),
        })
}

fn push_values(
    values: &[Value],
    places: &Places<usize>,
    gathering: &mut Gathering<'_>,
) -> Result<(), Unusable> {
    let value = |index: usize| {
        values.get(index).ok_or_else(|| {
            let found = values.len();
            Unusable::unreadable(format!(
                "a prediction has {found} values, and value {index} was to be taken"
            ))
        })
    };
    let label_at = |index: usize| {
        let text = label_text(value(index)?);
        let text =
            text.ok_or_else(|| Unusable::unreadable("a label is neither a text nor a number"))?;
        Ok(Label::One(text))
    };
    match (places.label, places.probability, values) {
        (None, None, [Value::String(_) | Value::Bool(_)]) => {
            let label = label_at(0)?;
            gathering.push(Vec::new(), label)
        }
        (None, None, values) => {
            let scores = values.iter().map(score_of).collect::<Result<_, _>>()?;
            gathering.push(scores, Label::Unsaid)
        }
        (label, probability, _) => {
            let label = label.map_or(Ok(Label::Unsaid), label_at)?;
            let scores = match probability.map(value).transpose()? {
                None => Vec::new(),
                Some(Value::Array(scores)) => {
                    scores.iter().map(score_of).collect::<Result<_, _>>()?
                }
                Some(score) => vec![score_of(score)?],
            };
            gathering.push(scores, label)
        }
    }
}

/// Members with numbers are scores; the only other one is the label.
fn push_members(
    members: &Map<String, Value>,
    names: Option<&[String]>,
    gathering: &mut Gathering<'_>,
) -> Result<(), Unusable> {
    let names = names.unwrap_or_default();
    let score =
        |name: &String| {
            let member = members.get(name);
            score_of(member.ok_or_else(|| {
                Unusable::unreadable("a prediction lacks a member of the first one")
            })?)
        };
    let scores = names.iter().map(score).collect::<Result<Vec<_>, _>>()?;
    let others: Vec<&Value> = members
        .iter()
        .filter(|(name, _)| !names.contains(name))
        .map(|(_, value)| value)
        .collect();
    let label = match others.as_slice() {
        [] => Label::Unsaid,
        [other] => match label_text(other) {
            Some(label) => Label::One(label),
            None => {
                return Err(Unusable::unreadable(
                    "a member is neither a number nor a text",
                ));
            }
        },
        _ => {
            return Err(Unusable::unreadable(
                "a prediction has several members that are no numbers",
            ));
        }
    };
    gathering.push(scores, label)
}

fn names_of_numbers(members: &Map<String, Value>) -> Vec<String> {
    members
        .iter()
        .filter(|(_, value)| value.is_number())
        .map(|(name, _)| name.clone())
        .collect()
}
