//! The metrics that compare single rows: the flip test of every facet group, and
//! consistency.

use std::collections::HashMap;

use probity_domain::document::analysis::MetricValue;
use probity_metrics::bias::{
    BiasGroups, BiasMetric, Consistency, Facet, FacetGroup, FlipTest, FlipTestRows, consistency,
    flip_test, nearest::RowMajor,
};

use super::collect::Collected;
use super::plan::BiasPlan;

/// The kept rows, and what is positive in them.
pub(super) struct RowMetrics<'a> {
    collected: &'a Collected,
    plan: &'a BiasPlan,
    /// By combination of values.
    predicted_positive: Vec<bool>,
}

/// The flip tests of all groups, by facet and group.
#[derive(Debug, Default)]
pub(super) struct FlipTests(HashMap<(String, String), Result<FlipTest, String>>);

impl FlipTests {
    pub(super) fn get(&self, facet: &str, group: &str) -> Option<&FlipTest> {
        let key = (facet.to_owned(), group.to_owned());
        self.0.get(&key)?.as_ref().ok()
    }

    /// As `analysis.json` says it.
    pub(super) fn value(&self, facet: &str, group: &str) -> MetricValue {
        match self.0.get(&(facet.to_owned(), group.to_owned())) {
            Some(Ok(test)) => MetricValue::Float(test.value()),
            Some(Err(error)) => MetricValue::Error(error.clone()),
            None => MetricValue::Error("no features were read".to_owned()),
        }
    }
}

impl<'a> RowMetrics<'a> {
    pub(super) fn new(
        collected: &'a Collected,
        plan: &'a BiasPlan,
        groups: &BiasGroups,
    ) -> RowMetrics<'a> {
        let predicted = groups.predicted_label.as_ref();
        let n_tuples = collected.counts.n_tuples();
        let predicted_positive = (0..n_tuples)
            .map(|tuple| predicted.is_some_and(|outcome| outcome.is_positive(tuple)))
            .collect();
        RowMetrics {
            collected,
            plan,
            predicted_positive,
        }
    }

    /// Over all rows, or those whose combination of values is kept.
    pub(super) fn flip_tests(&self, groups: &BiasGroups, is_kept: Option<&[bool]>) -> FlipTests {
        let mut tests = FlipTests::default();
        let is_asked = self.plan.post_training.contains(&BiasMetric::Ft)
            && groups.predicted_label.is_some()
            && groups.post_training_error.is_none();
        if !is_asked {
            return tests;
        }
        let rows = self.kept_rows(is_kept);
        for facet in &groups.facets {
            let features = self.features_without(&facet.name, &rows);
            for group in &facet.groups {
                let test = match &features {
                    Ok((values, width)) => self.flip_test((facet, group), (values, *width), &rows),
                    Err(error) => Err(error.clone()),
                };
                let key = (facet.name.clone(), group.value_or_threshold.clone());
                tests.0.insert(key, test);
            }
        }
        tests
    }

    fn flip_test(
        &self,
        (facet, group): (&Facet, &FacetGroup),
        (values, width): (&[f64], usize),
        rows: &[usize],
    ) -> Result<FlipTest, String> {
        let code = |row: &usize| self.collected.codes[*row] as usize;
        let n_tuples = self.collected.counts.n_tuples();
        let in_group: Vec<bool> = (0..n_tuples)
            .map(|tuple| facet.is_disadvantaged(group, tuple))
            .collect();
        let disadvantaged: Vec<bool> = rows.iter().map(|row| in_group[code(row)]).collect();
        let predicted_positive: Vec<bool> = rows
            .iter()
            .map(|row| self.predicted_positive[code(row)])
            .collect();
        let features = RowMajor::new(values, width).map_err(|error| error.to_string())?;
        flip_test(&FlipTestRows {
            features,
            disadvantaged: &disadvantaged,
            predicted_positive: &predicted_positive,
        })
        .map_err(|error| error.to_string())
    }

    /// Of all rows and features; `None` where it cannot be computed.
    pub(super) fn consistency(&self) -> Option<Result<Consistency, String>> {
        self.plan.query.predicted_label.as_ref()?;
        Some(self.measure_consistency())
    }

    fn measure_consistency(&self) -> Result<Consistency, String> {
        let rows = self.kept_rows(None);
        let (values, width) = self.features_without("", &rows)?;
        let features = RowMajor::new(&values, width).map_err(|error| error.to_string())?;
        let predicted_positive: Vec<bool> = rows
            .iter()
            .map(|row| self.predicted_positive[self.collected.codes[*row] as usize])
            .collect();
        consistency(features, &predicted_positive).map_err(|error| error.to_string())
    }

    fn kept_rows(&self, is_kept: Option<&[bool]>) -> Vec<usize> {
        let codes = self.collected.codes.iter().enumerate();
        codes
            .filter(|(_, code)| is_kept.is_none_or(|is_kept| is_kept[**code as usize]))
            .map(|(row, _)| row)
            .collect()
    }

    /// Row-major features of `rows`, without the column of a facet; and their number.
    fn features_without(&self, facet: &str, rows: &[usize]) -> Result<(Vec<f64>, usize), String> {
        let names = self.plan.wanted.features.iter().enumerate();
        let columns: Vec<usize> = names
            .filter(|(_, name)| *name != facet)
            .map(|(at, _)| at)
            .collect();
        let all = self.collected.features.matrix(&columns);
        let all = all.map_err(|error| error.to_string())?;
        let width = columns.len();
        if rows.len() == self.collected.codes.len() {
            return Ok((all, width));
        }
        let mut kept = Vec::with_capacity(rows.len() * width);
        for row in rows {
            kept.extend_from_slice(&all[row * width..(row + 1) * width]);
        }
        Ok((kept, width))
    }
}
