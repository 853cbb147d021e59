//! From joint counts to the groups that bias is measured between: which tuples of values have
//! a positive label, a positive prediction, and belong to *d* of a facet. No rule about values
//! is left to the callers.

use super::counts::{BiasCounts, Group, OutcomeCounts, Positive, Stratum};
use super::detection::{SeriesKind, TypedColumn};
use super::group_error::GroupError;
use super::joint_counts::JointCounts;
use super::selection::Selection;
use super::spelling::Spelling;
use super::value::Value;

/// What is asked of a table, in the terms of `analysis_config.json`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BiasQuery {
    pub label: String,
    /// `label_values_or_threshold`, for labels and predictions alike.
    pub positive: Vec<Value>,
    pub predicted_label: Option<String>,
    pub group_variable: Option<String>,
    pub facets: Vec<FacetQuery>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct FacetQuery {
    pub facet: String,
    /// `value_or_threshold`; none asks for one group per value.
    pub values: Vec<Value>,
}

/// Joint counts whose columns have types.
#[derive(Clone, Debug)]
pub struct BiasTable<'a> {
    pub(crate) counts: &'a JointCounts,
    columns: Vec<TypedColumn>,
}

/// Labels, or predictions, collapsed to positive and the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub column: String,
    pub kind: SeriesKind,
    /// The positive values joined by `,`, or the interval. The document's
    /// `label_value_or_threshold` is that of the label before training and that of the
    /// prediction after it, whose maximum is taken over both.
    pub positive: String,
    pub n_positive: u64,
    /// They count as negative.
    pub n_missing: u64,
    /// In order of first appearance, with rows.
    pub values: Vec<(Value, u64)>,
    /// By tuple.
    is_positive: Vec<bool>,
}

impl Outcome {
    /// Whether the rows of a tuple are positive.
    pub fn is_positive(&self, tuple: usize) -> bool {
        self.is_positive[tuple]
    }
}

/// A facet and its groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Facet {
    pub name: String,
    pub kind: SeriesKind,
    /// Rows without a value: they are in *a*.
    pub n_missing: u64,
    pub groups: Vec<FacetGroup>,
    /// By tuple, the place of its value.
    pub(crate) places: Vec<Option<usize>>,
}

/// One group *d* of a facet, against all other rows.
#[derive(Clone, Debug, PartialEq)]
pub struct FacetGroup {
    pub value_or_threshold: String,
    pub counts: BiasCounts,
    pub(crate) selection: Selection,
}

impl Facet {
    /// Whether the rows of a tuple are in *d* of a group.
    pub fn is_disadvantaged(&self, group: &FacetGroup, tuple: usize) -> bool {
        group.selection.contains(self.places[tuple])
    }
}

/// Everything that the metrics of a query need.
#[derive(Clone, Debug, PartialEq)]
pub struct BiasGroups {
    pub n_rows: u64,
    pub label: Outcome,
    pub predicted_label: Option<Outcome>,
    /// Why there are no metrics of predictions, though there are predictions. Those of labels
    /// are not affected.
    pub post_training_error: Option<GroupError>,
    /// In the order of the query.
    pub facets: Vec<Facet>,
    strata: Option<Strata>,
}

/// The values of a group variable, sorted.
#[derive(Clone, Debug, PartialEq)]
struct Strata {
    values: Vec<String>,
    /// By tuple; `None` where the value is missing.
    of_tuple: Vec<Option<usize>>,
}

impl<'a> BiasTable<'a> {
    pub fn new(counts: &'a JointCounts, spelling: Spelling) -> BiasTable<'a> {
        let columns = (0..counts.columns().len())
            .map(|column| TypedColumn::new(counts, column, spelling))
            .collect();
        BiasTable { counts, columns }
    }

    pub fn column(&self, name: &str) -> Result<&TypedColumn, GroupError> {
        self.position(name).map(|position| &self.columns[position])
    }

    fn position(&self, name: &str) -> Result<usize, GroupError> {
        self.counts
            .position(name)
            .ok_or_else(|| GroupError::NoColumn {
                column: name.to_owned(),
                columns: self.counts.columns().collect::<Vec<_>>().join("`, `"),
            })
    }

    /// By tuple, the place of a column's value among its distinct ones.
    pub(crate) fn places(&self, name: &str) -> Result<Vec<Option<usize>>, GroupError> {
        let position = self.position(name)?;
        let column = &self.columns[position];
        Ok((0..self.counts.n_tuples())
            .map(|tuple| column.place(self.counts.code(tuple, position)))
            .collect())
    }

    /// The groups of all facets, or why a facet or the label cannot be cut.
    pub fn groups(&self, query: &BiasQuery) -> Result<BiasGroups, GroupError> {
        let mut groups = BiasGroups {
            n_rows: 0,
            label: self.label(query)?,
            predicted_label: None,
            post_training_error: None,
            facets: Vec::with_capacity(query.facets.len()),
            strata: None,
        };
        if let Some(name) = &query.predicted_label {
            match self.predicted_label(name, query) {
                Ok(outcome) => groups.predicted_label = Some(outcome),
                Err(error @ GroupError::KindsDiffer { .. }) => {
                    groups.post_training_error = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(name) = &query.group_variable {
            groups.strata = Some(self.strata(name)?);
        }
        for facet in &query.facets {
            groups.facets.push(self.facet(facet)?);
        }
        groups.count(self.counts.rows());
        Ok(groups)
    }

    /// `groups`, counted over the rows of the tuples for which `is_kept` is set. Types,
    /// intervals and groups stay those of the whole table, so that parts are comparable.
    pub fn groups_within(&self, groups: &BiasGroups, is_kept: &[bool]) -> BiasGroups {
        let rows: Vec<u64> = self
            .counts
            .rows()
            .iter()
            .zip(is_kept)
            .map(|(rows, kept)| if *kept { *rows } else { 0 })
            .collect();
        let mut part = groups.clone();
        part.count(&rows);
        part.recount_values(self, &rows);
        part
    }

    fn label(&self, query: &BiasQuery) -> Result<Outcome, GroupError> {
        if query.positive.is_empty() {
            return Err(GroupError::NoPositiveValues {
                label: query.label.clone(),
            });
        }
        let column = self.column(&query.label)?;
        self.outcome(column, Selection::of(column, &query.positive, None)?)
    }

    fn predicted_label(&self, name: &str, query: &BiasQuery) -> Result<Outcome, GroupError> {
        let label = self.column(&query.label)?;
        let column = self.column(name)?;
        let n_listed = query.positive.len();
        if column.kind(n_listed) != label.kind(n_listed) {
            return Err(GroupError::KindsDiffer {
                label: query.label.clone(),
                label_kind: label.kind(n_listed),
                predicted_label: name.to_owned(),
                predicted_kind: column.kind(n_listed),
            });
        }
        let selection = Selection::of(column, &query.positive, label.maximum())?;
        self.outcome(column, selection)
    }

    fn outcome(&self, column: &TypedColumn, selection: Selection) -> Result<Outcome, GroupError> {
        let places = self.places(column.name())?;
        Ok(Outcome {
            column: column.name().to_owned(),
            kind: selection.kind,
            n_positive: 0,
            n_missing: column.n_missing(),
            values: column.distinct().to_vec(),
            is_positive: places
                .into_iter()
                .map(|place| selection.contains(place))
                .collect(),
            positive: selection.value_or_threshold,
        })
    }

    fn facet(&self, query: &FacetQuery) -> Result<Facet, GroupError> {
        let column = self.column(&query.facet)?;
        let kind = column.kind(query.values.len());
        let selections = match (kind, query.values.is_empty()) {
            (SeriesKind::Continuous, true) => {
                return Err(GroupError::NoThreshold {
                    facet: query.facet.clone(),
                });
            }
            (SeriesKind::Categorical, true) => Selection::each(column),
            _ => vec![Selection::of(column, &query.values, None)?],
        };
        let group = |selection: Selection| FacetGroup {
            value_or_threshold: selection.value_or_threshold.clone(),
            counts: BiasCounts::default(),
            selection,
        };
        Ok(Facet {
            name: query.facet.clone(),
            kind,
            n_missing: column.n_missing(),
            groups: selections.into_iter().map(group).collect(),
            places: self.places(&query.facet)?,
        })
    }

    fn strata(&self, name: &str) -> Result<Strata, GroupError> {
        let distinct = self.column(name)?.distinct();
        let mut order: Vec<usize> = (0..distinct.len()).collect();
        order.sort_by(|left, right| sorting(&distinct[*left].0, &distinct[*right].0));
        let mut rank = vec![0; distinct.len()];
        for (at, place) in order.iter().enumerate() {
            rank[*place] = at;
        }
        let places = self.places(name)?.into_iter();
        Ok(Strata {
            values: order
                .iter()
                .map(|place| distinct[*place].0.to_string())
                .collect(),
            of_tuple: places.map(|place| place.map(|place| rank[place])).collect(),
        })
    }
}

/// Numbers by value, texts by their characters; a column has one type.
pub(crate) fn sorting(left: &Value, right: &Value) -> std::cmp::Ordering {
    match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => left.cmp(right),
        (Value::Text(left), Value::Text(right)) => left.cmp(right),
        _ => {
            let number = |value: &Value| value.number().unwrap_or(f64::INFINITY);
            number(left).total_cmp(&number(right))
        }
    }
}

impl BiasGroups {
    /// Counts rows, given by tuple.
    fn count(&mut self, rows: &[u64]) {
        let positive_of = |tuple: usize| Positive {
            label: self.label.is_positive[tuple],
            predicted: self
                .predicted_label
                .as_ref()
                .is_some_and(|outcome| outcome.is_positive[tuple]),
        };
        let positive: Vec<Positive> = (0..rows.len()).map(positive_of).collect();
        for facet in &mut self.facets {
            for group in &mut facet.groups {
                let group_of = |tuple: usize| {
                    if group.selection.contains(facet.places[tuple]) {
                        Group::Disadvantaged
                    } else {
                        Group::Advantaged
                    }
                };
                group.counts = bias_counts(rows, &positive, group_of, self.strata.as_ref());
            }
        }
        self.n_rows = rows.iter().sum();
        self.label.n_positive = n_positive(&self.label, rows);
        let Some(predicted) = &mut self.predicted_label else {
            return;
        };
        predicted.n_positive = n_positive(predicted, rows);
        self.post_training_error =
            (predicted.n_positive == 0).then(|| GroupError::NoPositivePrediction {
                predicted_label: predicted.column.clone(),
                positive: predicted.positive.clone(),
            });
    }

    /// Rows per value, and without one, where only some rows are looked at.
    fn recount_values(&mut self, table: &BiasTable<'_>, rows: &[u64]) {
        for outcome in std::iter::once(&mut self.label).chain(&mut self.predicted_label) {
            let Ok(places) = table.places(&outcome.column) else {
                continue;
            };
            for (_, n) in &mut outcome.values {
                *n = 0;
            }
            for (place, rows) in places.into_iter().zip(rows) {
                if let Some(place) = place {
                    outcome.values[place].1 += rows;
                }
            }
            outcome.n_missing = self.n_rows - outcome.values.iter().map(|(_, n)| n).sum::<u64>();
            outcome.values.retain(|(_, n)| *n > 0);
        }
        for facet in &mut self.facets {
            let places = facet.places.iter().zip(rows);
            let missing = places.filter(|(place, _)| place.is_none());
            facet.n_missing = missing.map(|(_, rows)| rows).sum();
        }
    }
}

fn n_positive(outcome: &Outcome, rows: &[u64]) -> u64 {
    let positive = outcome.is_positive.iter().zip(rows);
    positive
        .filter(|(is_positive, _)| **is_positive)
        .map(|(_, rows)| rows)
        .sum()
}

fn bias_counts(
    rows: &[u64],
    positive: &[Positive],
    group_of: impl Fn(usize) -> Group,
    strata: Option<&Strata>,
) -> BiasCounts {
    let mut total = OutcomeCounts::default();
    let n_strata = strata.map_or(0, |strata| strata.values.len());
    let mut of_stratum = vec![OutcomeCounts::default(); n_strata];
    for (tuple, rows) in rows.iter().enumerate().filter(|(_, rows)| **rows > 0) {
        let group = group_of(tuple);
        total.add(group, positive[tuple], *rows);
        if let Some(stratum) = strata.and_then(|strata| strata.of_tuple[tuple]) {
            of_stratum[stratum].add(group, positive[tuple], *rows);
        }
    }
    let strata = strata.map(|strata| {
        let values = strata.values.iter().cloned().zip(of_stratum);
        values
            .filter(|(_, counts)| counts.rows() > 0)
            .map(|(value, counts)| Stratum { value, counts })
            .collect()
    });
    BiasCounts { total, strata }
}
