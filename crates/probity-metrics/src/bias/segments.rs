//! Parts of a table: the segments of `segment_config`, and the groups that several facets make
//! together. Both are choices of tuples, so they need no second look at the rows.

use std::collections::BTreeMap;

use super::counts::{Confusion, Group, OutcomeCounts, Positive};
use super::detection::{ColumnType, SeriesKind, TypedColumn, as_number};
use super::group_error::GroupError;
use super::groups::{BiasGroups, BiasTable, Facet};
use super::selection::{joined, matching};
use super::value::Value;

/// Numbers between two bounds, as `[1, 4]`, `(5, 6]` or `(-inf, 0)`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct NumberInterval {
    low: f64,
    high: f64,
    has_low: bool,
    has_high: bool,
}

impl NumberInterval {
    /// `None` where `text` is nothing of the kind; `Some(None)` where it is a failed attempt.
    fn parse(text: &str) -> Option<Option<NumberInterval>> {
        let text = text.trim();
        let has_low = match text.chars().next()? {
            '[' => true,
            '(' => false,
            _ => return None,
        };
        let has_high = text.ends_with(']');
        let is_closed = has_high || text.ends_with(')');
        let bounds = text[1..].strip_suffix([']', ')']);
        let bounds = bounds.and_then(|bounds| bounds.split_once(','));
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let parsed = bounds
            .and_then(|(low, high)| Some((number(low)?, number(high)?)))
            .filter(|(low, high)| is_closed && low <= high);
        Some(parsed.map(|(low, high)| NumberInterval {
            low,
            high,
            has_low,
            has_high,
        }))
    }

    fn contains(&self, number: f64) -> bool {
        let is_above = number > self.low || (self.has_low && number >= self.low);
        let is_below = number < self.high || (self.has_high && number <= self.high);
        is_above && is_below
    }
}

/// What a row that is in no segment is in.
const DEFAULT_SEGMENT: &str = "__default__";

/// Names of the segments and, last, of the rest: the aliases as far as there are any, else
/// the values and intervals joined by `,`.
pub fn segment_names(segments: &[Vec<Value>], aliases: &[String]) -> Vec<String> {
    let own = segments.iter().map(|segment| joined(segment));
    let own = own.chain(std::iter::once(DEFAULT_SEGMENT.to_owned()));
    own.enumerate()
        .map(|(at, name)| aliases.get(at).cloned().unwrap_or(name))
        .collect()
}

impl BiasTable<'_> {
    /// For each segment which tuples are in it, and last which are in none: `__default__`.
    /// Segments may overlap. On a column of numbers, texts such as `[1, 4]` are intervals.
    pub fn segments(
        &self,
        column: &str,
        segments: &[Vec<Value>],
    ) -> Result<Vec<Vec<bool>>, GroupError> {
        let of_tuple = self.places(column)?;
        let column = self.column(column)?;
        let mut parts = Vec::with_capacity(segments.len() + 1);
        let mut is_left = vec![true; of_tuple.len()];
        for segment in segments {
            let members = segment_members(column, segment)?;
            let is_in = |place: &Option<usize>| place.is_some_and(|place| members[place]);
            let part: Vec<bool> = of_tuple.iter().map(is_in).collect();
            for (left, is_in) in is_left.iter_mut().zip(&part) {
                *left &= !is_in;
            }
            parts.push(part);
        }
        parts.push(is_left);
        Ok(parts)
    }

    /// Rows that are in more than one of `parts`, as [`Self::segments`] gives them.
    pub fn rows_in_several(&self, parts: &[Vec<bool>]) -> u64 {
        let tuples = self.counts.rows().iter().enumerate();
        tuples
            .filter(|(tuple, _)| parts.iter().filter(|part| part[*tuple]).count() > 1)
            .map(|(_, rows)| *rows)
            .sum()
    }

    /// Every combination of the facets' values that occurs, in order of first appearance.
    /// A facet cut by a threshold has two values, its interval and `other`.
    pub fn subgroups(&self, groups: &BiasGroups) -> Vec<Subgroup> {
        let mut found: BTreeMap<Vec<Option<usize>>, usize> = BTreeMap::new();
        let mut subgroups: Vec<(Vec<Option<usize>>, OutcomeCounts)> = Vec::new();
        for (tuple, rows) in self.counts.rows().iter().enumerate() {
            let key: Vec<Option<usize>> = groups
                .facets
                .iter()
                .map(|facet| value_in(facet, tuple))
                .collect();
            let at = *found.entry(key.clone()).or_insert_with(|| {
                subgroups.push((key, OutcomeCounts::default()));
                subgroups.len() - 1
            });
            let is_predicted = groups.predicted_label.as_ref();
            let positive = Positive {
                label: groups.label.is_positive(tuple),
                predicted: is_predicted.is_some_and(|outcome| outcome.is_positive(tuple)),
            };
            subgroups[at].1.add(Group::Disadvantaged, positive, *rows);
        }
        subgroups
            .into_iter()
            .map(|(key, counts)| self.subgroup(groups, &key, &counts))
            .collect()
    }

    fn subgroup(
        &self,
        groups: &BiasGroups,
        key: &[Option<usize>],
        counts: &OutcomeCounts,
    ) -> Subgroup {
        let name = |(facet, value): (&Facet, &Option<usize>)| {
            (facet.name.clone(), self.value_name(facet, *value))
        };
        Subgroup {
            values: groups.facets.iter().zip(key).map(name).collect(),
            counts: counts.of(Group::Disadvantaged),
        }
    }

    /// `None` where the value is missing, as it is in no group of its own.
    fn value_name(&self, facet: &Facet, value: Option<usize>) -> Option<String> {
        match facet.kind {
            SeriesKind::Continuous => Some(match (value, facet.groups.first()) {
                (Some(1), Some(group)) => group.value_or_threshold.clone(),
                _ => "other".to_owned(),
            }),
            SeriesKind::Categorical => {
                let column = self.column(&facet.name).ok()?;
                value.map(|place| column.distinct()[place].0.to_string())
            }
        }
        .filter(|_| value.is_some())
    }
}

/// Rows that have the same value in every facet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subgroup {
    /// Facet and value; `None` where it is missing.
    pub values: Vec<(String, Option<String>)>,
    pub counts: Confusion,
}

/// Of a category its place; of a measure 1 above the threshold and 0 elsewhere.
fn value_in(facet: &Facet, tuple: usize) -> Option<usize> {
    let place = facet.places[tuple]?;
    Some(match (facet.kind, facet.groups.first()) {
        (SeriesKind::Continuous, Some(group)) => usize::from(facet.is_disadvantaged(group, tuple)),
        _ => place,
    })
}

/// By the place of a distinct value, whether the segment holds it.
fn segment_members(column: &TypedColumn, segment: &[Value]) -> Result<Vec<bool>, GroupError> {
    let is_numeric = matches!(
        column.column_type(),
        ColumnType::Integer | ColumnType::Float
    );
    let (mut intervals, mut values) = (Vec::new(), Vec::new());
    for item in segment {
        let interval = match item {
            Value::Text(text) if is_numeric => NumberInterval::parse(text),
            _ => None,
        };
        match interval {
            Some(Some(interval)) => intervals.push(interval),
            Some(None) => {
                return Err(GroupError::NotAnInterval {
                    column: column.name().to_owned(),
                    interval: item.to_string(),
                });
            }
            None => values.push(item.clone()),
        }
    }
    let mut members = matching(column, &values)?;
    for (member, (value, _)) in members.iter_mut().zip(column.distinct()) {
        let number = as_number(value).and_then(|number| number.number());
        *member |=
            number.is_some_and(|number| intervals.iter().any(|interval| interval.contains(number)));
    }
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<[bool; 3]>) {
        let parsed = NumberInterval::parse(text).flatten();
        let holds = parsed.map(|interval| [1.0, 2.5, 4.0].map(|number| interval.contains(number)));
        assert_eq!(holds, expected, "`{text}`");
    }

    #[test]
    fn brackets_say_which_bounds_are_in() {
        check("[1, 4]", Some([true, true, true]));
        check("(1, 4]", Some([false, true, true]));
        check("[1,4)", Some([true, true, false]));
        check("(-inf, 2)", Some([true, false, false]));
        check("[2.5, 2.5]", Some([false, true, false]));
    }

    #[test]
    fn segments_are_named_by_aliases_then_by_their_values() {
        let text = |text: &str| Value::Text(text.to_owned());
        let segments = [
            vec![text("[1, 4]"), text("(5, 6]")],
            vec![Value::Integer(7), Value::Integer(8)],
        ];
        let names = |aliases: &[&str]| {
            let aliases: Vec<String> = aliases.iter().map(|alias| (*alias).to_owned()).collect();
            segment_names(&segments, &aliases)
        };
        assert_eq!(names(&[]), ["[1, 4],(5, 6]", "7,8", "__default__"]);
        assert_eq!(names(&["low", "high"]), ["low", "high", "__default__"]);
        assert_eq!(names(&["low", "high", "rest"]), ["low", "high", "rest"]);
    }

    #[test]
    fn what_is_no_interval_is_refused() {
        for text in ["[1, 4", "[1]", "[4, 1]", "[a, 4]", "[", "[1, 4, 5]"] {
            assert_eq!(NumberInterval::parse(text), Some(None), "`{text}`");
        }
        assert_eq!(NumberInterval::parse("1"), None);
    }
}
