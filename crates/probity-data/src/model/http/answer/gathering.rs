//! The records of an answer, checked and put together.

use super::Unusable;
use crate::model::Predictions;

/// What an answer says of one record's label.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Label {
    Unsaid,
    One(String),
    /// A label per score.
    PerScore(Vec<String>),
}

/// Records as they come.
#[derive(Debug)]
pub(super) struct Gathering<'h> {
    pub(super) n_asked: usize,
    pub(super) headers: Option<&'h [String]>,
    n_records: usize,
    labels: Vec<String>,
    found: Predictions,
}

impl<'h> Gathering<'h> {
    pub(super) fn new(n_asked: usize, headers: Option<&'h [String]>) -> Gathering<'h> {
        Gathering {
            n_asked,
            headers,
            n_records: 0,
            labels: Vec::new(),
            found: Predictions::default(),
        }
    }

    /// What the model calls its outputs.
    pub(super) fn name_outputs(&mut self, names: Vec<String>) {
        self.found.output_names = Some(names);
    }

    pub(super) fn push(&mut self, mut scores: Vec<f64>, label: Label) -> Result<(), Unusable> {
        let record = self.n_records + 1;
        let unreadable =
            |problem: String| Unusable::unreadable(format!("{problem} in record {record}"));
        if let Some(position) = scores.iter().position(|score| !score.is_finite()) {
            return Err(unreadable(format!("score {} is not finite", position + 1)));
        }
        let label = match label {
            Label::Unsaid => None,
            Label::One(label) => Some(label),
            Label::PerScore(labels) => {
                if labels.len() != scores.len() {
                    let (labels, scores) = (labels.len(), scores.len());
                    return Err(unreadable(format!(
                        "there are {labels} labels to {scores} scores"
                    )));
                }
                self.order(&labels, &mut scores).map_err(unreadable)?;
                self.found
                    .output_names
                    .as_deref()
                    .and_then(|names| of_highest(names, &scores))
            }
        };
        if self.n_records == 0 {
            self.found.n_outputs = scores.len();
        } else if self.found.n_outputs != scores.len() {
            let (before, now) = (self.found.n_outputs, scores.len());
            return Err(unreadable(format!(
                "there are {now} scores, after {before}"
            )));
        }
        self.check_headers(&scores).map_err(unreadable)?;
        match label.or_else(|| self.label_by_header(&scores)) {
            Some(label) => self.labels.push(label),
            None if scores.is_empty() => return Err(unreadable("there are no scores".to_owned())),
            None => {}
        }
        self.found.scores.extend(scores);
        self.n_records += 1;
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Predictions, Unusable> {
        if self.n_records != self.n_asked {
            return Err(Unusable::count(self.n_records, self.n_asked));
        }
        let mut found = self.found;
        found.labels = match self.labels.len() {
            0 => None,
            labels if labels == self.n_records => Some(self.labels),
            _ => return Err(Unusable::unreadable("only some of the records have labels")),
        };
        if let Some(headers) = self.headers
            && headers.len() == found.n_outputs
        {
            found.output_names = Some(headers.to_vec());
        }
        Ok(found)
    }

    /// Scores in the order of the headers, or of the labels of the first record.
    fn order(&mut self, labels: &[String], scores: &mut Vec<f64>) -> Result<(), String> {
        let names = match (self.headers, &self.found.output_names) {
            (Some(headers), _) => headers,
            (None, Some(names)) => names.as_slice(),
            (None, None) => labels,
        };
        if names != labels {
            let ordered: Option<Vec<f64>> = names
                .iter()
                .map(|name| labels.iter().position(|label| label == name))
                .map(|position| position.and_then(|position| scores.get(position).copied()))
                .collect();
            *scores = ordered
                .filter(|ordered| ordered.len() == scores.len())
                .ok_or("the labels are others than expected")?;
        }
        let names = names.to_vec();
        self.found.output_names.get_or_insert(names);
        Ok(())
    }

    fn check_headers(&self, scores: &[f64]) -> Result<(), String> {
        match self.headers {
            Some(headers) if !scores.is_empty() && headers.len() != scores.len() => Err(format!(
                "there are {} scores, and `label_headers` has {} names",
                scores.len(),
                headers.len()
            )),
            _ => Ok(()),
        }
    }

    /// A single score is compared with a threshold, not with others.
    fn label_by_header(&self, scores: &[f64]) -> Option<String> {
        let headers = self.headers.filter(|headers| headers.len() > 1)?;
        of_highest(headers, scores)
    }
}

/// The first of equals.
fn of_highest(names: &[String], scores: &[f64]) -> Option<String> {
    let mut highest: Option<(usize, f64)> = None;
    for (position, score) in scores.iter().enumerate() {
        if highest.is_none_or(|(_, best)| *score > best) {
            highest = Some((position, *score));
        }
    }
    names.get(highest?.0).cloned()
}

/// Puts the next records behind those that there are.
pub(in crate::model::http) fn append(
    all: &mut Option<Predictions>,
    next: Predictions,
) -> Result<(), Unusable> {
    let Some(all) = all else {
        *all = Some(next);
        return Ok(());
    };
    if all.n_outputs != next.n_outputs {
        let (before, now) = (all.n_outputs, next.n_outputs);
        return Err(Unusable(format!(
            "with {now} scores for a record, after {before}"
        )));
    }
    if all.output_names != next.output_names {
        return Err(Unusable(
            "with its classes in another order than before; `label_headers` would tell the order"
                .to_owned(),
        ));
    }
    match (&mut all.labels, next.labels) {
        (Some(labels), Some(next)) => labels.extend(next),
        (None, None) => {}
        _ => {
            return Err(Unusable(
                "with labels for some records and not for others".to_owned(),
            ));
        }
    }
    all.scores.extend(next.scores);
    Ok(())
}
