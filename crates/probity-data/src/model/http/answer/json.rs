//! Answers of `application/jsonlines` and `application/json`: JMESPath expressions say where the scores
//! and labels are, in each line or in the whole.

use jmespath::{Rcvar, Variable};

use super::gathering::{Gathering, Label};
use super::{Places, RequestHolds, Unusable, csv};
use crate::dataset::RecordExpression;
use crate::format::expression::{Tree, kind_of};
use crate::format::json::JsonScanner;
use crate::format::value_list::list_of_values;

pub(super) fn read_lines(
    text: &str,
    places: &Places<RecordExpression>,
    gathering: &mut Gathering<'_>,
) -> Result<(), Unusable> {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let found = lines().count();
    if found != gathering.n_asked {
        return Err(Unusable::count(found, gathering.n_asked));
    }
    lines().try_for_each(|line| {
        let mut tree = Tree::default();
        let root = parse(&mut tree, line)?;
        let Said { scores, labels } = search(places, &root)?;
        let scores = scores.map(|scores| of_one_record(&scores));
        let label = labels.map(|label| of_one_record(&label));
        push(&tree, scores.as_ref(), label.as_ref(), gathering)
    })
}

pub(super) fn read(
    text: &str,
    places: &Places<RecordExpression>,
    request: RequestHolds,
    gathering: &mut Gathering<'_>,
) -> Result<(), Unusable> {
    let mut tree = Tree::default();
    let root = parse(&mut tree, text)?;
    let n_asked = gathering.n_asked;
    let said = search(places, &root)?;
    let records = |found: Option<Rcvar>| {
        found
            .map(|found| per_record(found, n_asked, request))
            .transpose()
    };
    let scores = records(said.scores)?;
    let labels = records(said.labels)?;
    (0..n_asked).try_for_each(|record| {
        let of_record = |values: &Option<Vec<Rcvar>>| {
            values
                .as_ref()
                .and_then(|values| values.get(record))
                .map(Rcvar::clone)
        };
        push(
            &tree,
            of_record(&scores).as_ref(),
            of_record(&labels).as_ref(),
            gathering,
        )
    })
}

fn parse<'t>(tree: &mut Tree<'t>, text: &'t str) -> Result<Rcvar, Unusable> {
    let mut scanner = JsonScanner::new(text);
    let invalid = |fault: crate::format::json::JsonFault| {
        Unusable::unreadable(format!(
            "it is not JSON: {} at byte {}",
            fault.problem, fault.offset
        ))
    };
    let root = tree.add(&mut scanner).map_err(invalid)?;
    scanner.at_end("text follows the value").map_err(invalid)?;
    Ok(root)
}

/// What an answer says, before it is told apart by records.
struct Said {
    scores: Option<Rcvar>,
    labels: Option<Rcvar>,
}

/// Without any expression the scores are all that there is.
fn search(places: &Places<RecordExpression>, root: &Rcvar) -> Result<Said, Unusable> {
    if (&places.label, &places.probability) == (&None, &None) {
        return Ok(Said {
            scores: Some(Rcvar::clone(root)),
            labels: None,
        });
    }
    let follow = |expression: &RecordExpression| {
        let text = expression.as_str();
        let found = expression.search(root).map_err(|problem| {
            Unusable::unreadable(format!("`{text}` cannot be followed: {problem}"))
        })?;
        match &*found {
            Variable::Null => Err(Unusable::unreadable(format!("`{text}` gives nothing"))),
            _ => Ok(found),
        }
    };
    Ok(Said {
        scores: places.probability.as_ref().map(follow).transpose()?,
        labels: places.label.as_ref().map(follow).transpose()?,
    })
}

/// `[[0.1, 0.9]]` of one record is `[0.1, 0.9]`.
fn of_one_record(value: &Rcvar) -> Rcvar {
    match value.as_array().map(Vec::as_slice) {
        Some([only]) => Rcvar::clone(only),
        _ => Rcvar::clone(value),
    }
}

fn per_record(value: Rcvar, n_asked: usize, request: RequestHolds) -> Result<Vec<Rcvar>, Unusable> {
    match (value.as_array(), request) {
        (_, RequestHolds::OneRecord) => Ok(vec![of_one_record(&value)]),
        (Some(values), RequestHolds::Records) if values.len() == n_asked => Ok(values.clone()),
        (Some(values), RequestHolds::Records) => Err(Unusable::count(values.len(), n_asked)),
        (None, RequestHolds::Records) if n_asked == 1 => Ok(vec![value]),
        (None, RequestHolds::Records) => {
            let kind = kind_of(&value);
            Err(Unusable(format!(
                "with {kind} where a list of {n_asked} was expected"
            )))
        }
    }
}

fn push(
    tree: &Tree<'_>,
    scores: Option<&Rcvar>,
    label: Option<&Rcvar>,
    gathering: &mut Gathering<'_>,
) -> Result<(), Unusable> {
    let scores = match scores {
        None => Vec::new(),
        Some(value) => scores_of(tree, value)?,
    };
    let label = match label {
        None => Label::Unsaid,
        Some(value) => label_of(tree, value)?,
    };
    gathering.push(scores, label)
}

fn scores_of(tree: &Tree<'_>, value: &Rcvar) -> Result<Vec<f64>, Unusable> {
    match &**value {
        Variable::Array(elements) => elements
            .iter()
            .map(|element| score_of(tree, element))
            .collect(),
        Variable::String(text) if text.trim_start().starts_with('[') => {
            let values = list_of_values(text.trim())
                .map_err(|error| Unusable::unreadable(error.to_string()))?;
            values
                .iter()
                .map(|value| csv::score(value.as_deref().unwrap_or_default()))
                .collect()
        }
        _ => Ok(vec![score_of(tree, value)?]),
    }
}

fn score_of(tree: &Tree<'_>, value: &Rcvar) -> Result<f64, Unusable> {
    match &**value {
        Variable::Number(_) | Variable::String(_) => {
            let text = tree.text_of(value).unwrap_or_default();
            csv::score(&text)
        }
        other => Err(Unusable::unreadable(format!(
            "a score is {}",
            kind_of(other)
        ))),
    }
}

fn label_of(tree: &Tree<'_>, value: &Rcvar) -> Result<Label, Unusable> {
    let one = |value: &Rcvar| match &**value {
        Variable::Number(_) | Variable::String(_) | Variable::Bool(_) => {
            Ok(tree.text_of(value).unwrap_or_default().into_owned())
        }
        other => Err(Unusable::unreadable(format!(
            "a label is {}",
            kind_of(other)
        ))),
    };
    match &**value {
        Variable::Array(elements) => match elements.as_slice() {
            [only] => one(only).map(Label::One),
            elements => elements
                .iter()
                .map(one)
                .collect::<Result<_, _>>()
                .map(Label::PerScore),
        },
        _ => one(value).map(Label::One),
    }
}
