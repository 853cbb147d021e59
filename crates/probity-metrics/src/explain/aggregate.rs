//! Global attributions: the values of all rows in a number per feature and output of the
//! model, each with an interval over the rows as a sample. One pass, mergeable.
//!
//! Source: AWS developer guide, "Configure the analysis", `agg_method`: `mean_abs`, the mean of
//! absolute values; `median` of the signed ones; `mean_sq`, the mean of squares. The intervals
//! are ours. They tell how the rows vary, not how exact the values of a row are: that is the
//! standard error.

use probity_domain::document::analysis_config::AggregationMethod;
use probity_domain::document::explanation_file::{
    FeatureAttributions, LabelAttributions, SampledAttribution,
};
use probity_domain::document::explanations::GlobalShap;
use probity_domain::document::probity_file::Interval;

use super::mean_interval::positive_mean_interval;
use super::median_interval::{median, median_interval};
use super::row_sample::RowSample;
use crate::summary::{KllSketch, Moments};

/// Rows that are kept for pictures.
pub const MOST_SAMPLED_ROWS: usize = 300;

/// A row's value of a feature, for a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum FeatureValue {
    Number(f64),
    Text(String),
    Missing,
}

/// Attributions of consecutive rows.
#[derive(Clone, Copy, Debug)]
pub struct AttributionBatch<'a> {
    /// Place of the first row in the dataset.
    pub first_row: u64,
    /// Of the first row all features of the first output, then of the next output; then of
    /// the next row: the order of `out.csv`.
    pub attributions: &'a [f64],
    /// In the same order; `None` where values are exact.
    pub standard_errors: Option<&'a [f64]>,
}

/// Why attributions were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AggregateError {
    #[error(
        "{n_values} attributions are no whole number of rows of {n_columns} (features times outputs)"
    )]
    NotWholeRows { n_values: usize, n_columns: usize },
    #[error("there are {n_errors} standard errors for {n_values} attributions")]
    OtherErrors { n_errors: usize, n_values: usize },
    #[error("row {row} has an attribution that is not finite")]
    NotFinite { row: u64 },
}

/// What is kept of the attributions of all rows.
#[derive(Clone, Debug)]
pub struct AttributionAggregate {
    n_features: usize,
    n_rows: u64,
    /// In the order of `out.csv`.
    columns: Vec<AttributionColumn>,
    sample: RowSample<SampledRow>,
}

#[derive(Clone, Debug, Default)]
struct AttributionColumn {
    signed: Moments,
    absolute: Moments,
    squared: Moments,
    sketch: KllSketch,
    standard_errors: KllSketch,
}

#[derive(Clone, Debug, PartialEq)]
struct SampledRow {
    attributions: Vec<f64>,
    values: Vec<FeatureValue>,
}

/// A global value and where the population's lies.
#[derive(Clone, Debug, PartialEq)]
pub struct GlobalAttribution {
    pub value: f64,
    pub interval: Option<Interval>,
}

/// What the outputs are called, and what they are on the baseline.
#[derive(Clone, Copy, Debug)]
pub struct ExplainedLabels<'a> {
    pub features: &'a [String],
    pub labels: &'a [String],
    /// One per label.
    pub expected_values: &'a [f64],
}

impl AttributionAggregate {
    /// `seed` chooses the rows that are kept for pictures.
    pub fn new(n_features: usize, n_outputs: usize, seed: u64) -> AttributionAggregate {
        AttributionAggregate {
            n_features,
            n_rows: 0,
            columns: vec![AttributionColumn::default(); n_features * n_outputs],
            sample: RowSample::new(seed, MOST_SAMPLED_ROWS),
        }
    }

    /// Adds the rows of a batch, or none of them. `value` tells the value of a feature in a row
    /// of the batch (row, feature), and is asked for sampled rows only.
    pub fn update(
        &mut self,
        batch: AttributionBatch<'_>,
        value: impl Fn(usize, usize) -> FeatureValue,
    ) -> Result<(), AggregateError> {
        self.check(&batch)?;
        let n_columns = self.columns.len();
        let n_rows = batch.attributions.len() / n_columns;
        let mut block = Vec::with_capacity(n_rows);
        for (place, column) in self.columns.iter_mut().enumerate() {
            let nth = |values: &[f64], block: &mut Vec<f64>| {
                block.clear();
                block.extend(values.iter().skip(place).step_by(n_columns));
            };
            nth(batch.attributions, &mut block);
            column.add(&mut block);
            if let Some(errors) = batch.standard_errors {
                nth(errors, &mut block);
                column.standard_errors.extend(&block);
            }
        }
        let rows = batch.attributions.chunks_exact(n_columns);
        for (row_idx, attributions) in rows.enumerate() {
            let row = batch.first_row + row_idx as u64;
            self.sample.offer(row, || SampledRow {
                attributions: attributions.to_vec(),
                values: (0..self.n_features)
                    .map(|feature| value(row_idx, feature))
                    .collect(),
            });
        }
        self.n_rows += n_rows as u64;
        Ok(())
    }

    fn check(&self, batch: &AttributionBatch<'_>) -> Result<(), AggregateError> {
        let (n_values, n_columns) = (batch.attributions.len(), self.columns.len());
        if n_columns == 0 || !n_values.is_multiple_of(n_columns) {
            return Err(AggregateError::NotWholeRows {
                n_values,
                n_columns,
            });
        }
        let errors = batch.standard_errors.unwrap_or_default();
        if batch.standard_errors.is_some() && errors.len() != n_values {
            return Err(AggregateError::OtherErrors {
                n_errors: errors.len(),
                n_values,
            });
        }
        for values in [batch.attributions, errors] {
            if let Some(place) = values.iter().position(|value| !value.is_finite()) {
                let row = batch.first_row + (place / n_columns) as u64;
                return Err(AggregateError::NotFinite { row });
            }
        }
        Ok(())
    }

    /// Adds what another one of the same features, outputs and seed has seen, as if its rows
    /// followed ours.
    pub fn merge(&mut self, other: &AttributionAggregate) {
        for (ours, theirs) in self.columns.iter_mut().zip(&other.columns) {
            ours.signed.combine(&theirs.signed);
            ours.absolute.combine(&theirs.absolute);
            ours.squared.combine(&theirs.squared);
            ours.sketch.merge(&theirs.sketch);
            ours.standard_errors.merge(&theirs.standard_errors);
        }
        self.n_rows += other.n_rows;
        self.sample.merge(&other.sample, |_, _| ());
    }

    pub fn n_rows(&self) -> u64 {
        self.n_rows
    }

    /// Per feature of an output; empty where there is no such output or no row.
    pub fn global(&self, output: usize, method: AggregationMethod) -> Vec<GlobalAttribution> {
        let columns = self.of_output(output);
        columns.filter_map(|column| column.global(method)).collect()
    }

    /// The values of `analysis.json`, by label.
    pub fn global_shap(
        &self,
        names: ExplainedLabels<'_>,
        method: AggregationMethod,
    ) -> Vec<(String, GlobalShap)> {
        let labels = names.labels.iter().zip(names.expected_values);
        let of_label = |(output, (label, expected)): (usize, (&String, &f64))| {
            let values = self.global(output, method).into_iter();
            let named = names.features.iter().cloned();
            let shap = GlobalShap {
                global_shap_values: named.zip(values.map(|global| global.value)).collect(),
                expected_value: Some(*expected),
                ..GlobalShap::default()
            };
            (label.clone(), shap)
        };
        labels.enumerate().map(of_label).collect()
    }

    /// The facts of `probity.json`, by label.
    pub fn facts(
        &self,
        names: ExplainedLabels<'_>,
        method: AggregationMethod,
    ) -> Vec<LabelAttributions> {
        let labels = names.labels.iter().zip(names.expected_values);
        let of_label = |(output, (label, expected)): (usize, (&String, &f64))| LabelAttributions {
            label: label.clone(),
            expected_value: *expected,
            features: self.feature_facts(names.features, output, method),
        };
        labels.enumerate().map(of_label).collect()
    }

    fn feature_facts(
        &self,
        features: &[String],
        output: usize,
        method: AggregationMethod,
    ) -> Vec<FeatureAttributions> {
        let columns = self.of_output(output).zip(features).enumerate();
        let facts = |(feature, (column, name)): (usize, (&AttributionColumn, &String))| {
            let global = column.global(method)?;
            Some(FeatureAttributions {
                feature: name.clone(),
                global: global.value,
                interval: global.interval,
                mean: column.signed.profile()?.mean,
                standard_error: median(&column.standard_errors),
                sample: self.sampled(feature, output),
            })
        };
        columns.filter_map(facts).collect()
    }

    fn sampled(&self, feature: usize, output: usize) -> Vec<SampledAttribution> {
        let rows = self.sample.in_order().into_iter();
        let point = |row: &SampledRow| {
            let (number, text) = match &row.values[feature] {
                FeatureValue::Number(number) => (Some(*number), None),
                FeatureValue::Text(text) => (None, Some(text.clone())),
                FeatureValue::Missing => (None, None),
            };
            SampledAttribution {
                number,
                text,
                attribution: row.attributions[output * self.n_features + feature],
            }
        };
        rows.map(|(_, row)| point(row)).collect()
    }

    fn of_output(&self, output: usize) -> impl Iterator<Item = &AttributionColumn> {
        let first = output * self.n_features;
        self.columns.iter().skip(first).take(self.n_features)
    }
}

impl AttributionColumn {
    fn add(&mut self, block: &mut [f64]) {
        self.signed.add_block(block);
        self.sketch.extend(block);
        for value in block.iter_mut() {
            *value = value.abs();
        }
        self.absolute.add_block(block);
        for value in block.iter_mut() {
            // Beyond the doubles a square has no moments; the largest one stands for it.
            *value = (*value * *value).min(f64::MAX);
        }
        self.squared.add_block(block);
    }

    /// `None` of no rows.
    fn global(&self, method: AggregationMethod) -> Option<GlobalAttribution> {
        let of_mean = |moments: &Moments| {
            Some(GlobalAttribution {
                value: moments.profile()?.mean,
                interval: positive_mean_interval(moments),
            })
        };
        match method {
            AggregationMethod::MeanAbsolute => of_mean(&self.absolute),
            AggregationMethod::MeanSquare => of_mean(&self.squared),
            AggregationMethod::Median => Some(GlobalAttribution {
                value: median(&self.sketch)?,
                interval: median_interval(&self.sketch),
            }),
        }
    }
}
