//! The outputs of the model along a grid: their mean per point, and the curves of some rows.

use super::super::mean_interval::mean_interval;
use super::super::row_sample::RowSample;
use crate::summary::Moments;
use probity_domain::document::explanation_file::{DependenceCurve, DependenceMean};

/// Rows whose own curve is kept.
pub const MOST_INDIVIDUAL_CURVES: usize = 50;

/// What the model said of consecutive rows with the feature set to one point.
#[derive(Clone, Copy, Debug)]
pub struct PointScores<'a> {
    /// Place in the grid.
    pub point_idx: usize,
    /// Place of the first row in the dataset.
    pub first_row: u64,
    /// The outputs of the first row, then of the next.
    pub scores: &'a [f64],
}

/// Why outputs were refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScoresError {
    #[error("point {point_idx} is not of the grid, which has {n_points}")]
    NoPoint { point_idx: usize, n_points: usize },
    #[error("{n_scores} scores are no whole number of rows of {n_outputs} outputs")]
    NotWholeRows { n_scores: usize, n_outputs: usize },
}

/// Means and single curves of one feature, filled batch by batch.
///
/// What it says does not depend on how rows are cut into batches but for the last digits of
/// means, which a caller that cuts the same way each time gets the same each time.
#[derive(Clone, Debug, PartialEq)]
pub struct DependenceCurves {
    n_points: usize,
    n_outputs: usize,
    /// Of each point the outputs.
    means: Vec<Moments>,
    n_not_finite: u64,
    /// Of each point the outputs; NaN where nothing was said yet.
    individual: RowSample<Vec<f64>>,
}

impl DependenceCurves {
    /// `seed` chooses the rows whose curves are kept: the same ones for every feature.
    pub fn new(n_points: usize, n_outputs: usize, seed: u64) -> DependenceCurves {
        DependenceCurves {
            n_points,
            n_outputs,
            means: vec![Moments::default(); n_points * n_outputs],
            n_not_finite: 0,
            individual: RowSample::new(seed, MOST_INDIVIDUAL_CURVES),
        }
    }

    /// Adds the outputs of some rows at one point. Outputs that are no finite number are
    /// left out and counted.
    pub fn update(&mut self, of_point: PointScores<'_>) -> Result<(), ScoresError> {
        let PointScores {
            point_idx, scores, ..
        } = of_point;
        if point_idx >= self.n_points {
            return Err(ScoresError::NoPoint {
                point_idx,
                n_points: self.n_points,
            });
        }
        if self.n_outputs == 0 || !scores.len().is_multiple_of(self.n_outputs) {
            return Err(ScoresError::NotWholeRows {
                n_scores: scores.len(),
                n_outputs: self.n_outputs,
            });
        }
        self.add_to_means(point_idx, scores);
        let at = point_idx * self.n_outputs;
        let n_values = self.means.len();
        for (row, outputs) in (of_point.first_row..).zip(scores.chunks_exact(self.n_outputs)) {
            if let Some(curve) = self.individual.offer(row, || vec![f64::NAN; n_values]) {
                curve[at..at + outputs.len()].copy_from_slice(outputs);
            }
        }
        Ok(())
    }

    fn add_to_means(&mut self, point_idx: usize, scores: &[f64]) {
        let mut block = Vec::with_capacity(scores.len() / self.n_outputs);
        for output in 0..self.n_outputs {
            let of_output = scores.iter().skip(output).step_by(self.n_outputs);
            block.clear();
            block.extend(of_output.copied().filter(|score| score.is_finite()));
            let n_rows = scores.len() / self.n_outputs;
            self.n_not_finite += (n_rows - block.len()) as u64;
            self.means[point_idx * self.n_outputs + output].add_block(&block);
        }
    }

    /// Adds what another one of the same grid, outputs and seed has seen.
    pub fn merge(&mut self, other: &DependenceCurves) {
        for (ours, theirs) in self.means.iter_mut().zip(&other.means) {
            ours.combine(theirs);
        }
        self.n_not_finite += other.n_not_finite;
        self.individual.merge(&other.individual, |ours, theirs| {
            for (ours, theirs) in ours.iter_mut().zip(theirs) {
                if ours.is_nan() {
                    *ours = *theirs;
                }
            }
        });
    }

    /// Rows at the point that has most of them.
    pub fn n_rows(&self) -> u64 {
        self.means.iter().map(Moments::count).max().unwrap_or(0)
    }

    /// Outputs that were no finite number, of all points.
    pub fn n_not_finite(&self) -> u64 {
        self.n_not_finite
    }

    /// The mean at each point; NaN at one without an output.
    pub fn means(&self, output: usize) -> Vec<f64> {
        let mean = |moments: &Moments| moments.profile().map_or(f64::NAN, |profile| profile.mean);
        self.of_output(output).map(mean).collect()
    }

    /// One curve per label; surplus labels have none.
    pub(super) fn labelled(&self, labels: &[String]) -> Vec<DependenceCurve> {
        let individual = self.individual.in_order();
        let curve = |(output, label): (usize, &String)| DependenceCurve {
            label: label.clone(),
            means: self.of_output(output).map(dependence_mean).collect(),
            individual: individual
                .iter()
                .map(|(_, curve)| every_nth(curve, output, self.n_outputs))
                .collect(),
        };
        let labels = labels.iter().take(self.n_outputs);
        labels.enumerate().map(curve).collect()
    }

    fn of_output(&self, output: usize) -> impl Iterator<Item = &Moments> {
        self.means
            .iter()
            .skip(output)
            .step_by(self.n_outputs.max(1))
    }
}

fn every_nth(values: &[f64], first: usize, step: usize) -> Vec<f64> {
    values.iter().skip(first).step_by(step).copied().collect()
}

fn dependence_mean(moments: &Moments) -> DependenceMean {
    DependenceMean {
        mean: moments.profile().map_or(f64::NAN, |profile| profile.mean),
        interval: mean_interval(moments),
    }
}
