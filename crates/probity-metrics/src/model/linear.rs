//! A linear model: intercept plus weights times features, per output, under a link.

use thiserror::Error;

use super::features::{Feature, FeatureMatrix};
use super::link::Link;

/// `link(intercept + weights · features)` per output.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearModel {
    features: Vec<Feature>,
    /// One row of `features.len()` weights per output.
    weights: Vec<f64>,
    intercepts: Vec<f64>,
    link: Link,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{n_weights} weights for {n_outputs} outputs of {n_features} features")]
pub struct InvalidLinear {
    pub n_weights: usize,
    pub n_outputs: usize,
    pub n_features: usize,
}

impl LinearModel {
    /// `weights` holds a row per output, `intercepts` a number.
    pub fn new(
        features: Vec<Feature>,
        weights: Vec<f64>,
        intercepts: Vec<f64>,
        link: Link,
    ) -> Result<LinearModel, InvalidLinear> {
        if features.len().checked_mul(intercepts.len()) != Some(weights.len()) {
            return Err(InvalidLinear {
                n_weights: weights.len(),
                n_outputs: intercepts.len(),
                n_features: features.len(),
            });
        }
        Ok(LinearModel {
            features,
            weights,
            intercepts,
            link,
        })
    }

    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    pub fn n_outputs(&self) -> usize {
        self.intercepts.len()
    }

    pub fn link(&self) -> Link {
        self.link
    }

    pub fn intercepts(&self) -> &[f64] {
        &self.intercepts
    }

    /// The weights of one output.
    pub fn weights(&self, output: usize) -> &[f64] {
        &self.weights[output * self.features.len()..][..self.features.len()]
    }

    /// Raw scores, a row of outputs per row of `rows`.
    pub fn raw_scores(&self, rows: &FeatureMatrix) -> Vec<f64> {
        let mut scores = Vec::with_capacity(rows.n_rows() * self.n_outputs());
        for row in rows.rows() {
            for (output, intercept) in self.intercepts.iter().enumerate() {
                let products = self.weights(output).iter().zip(row).map(|(w, x)| w * x);
                scores.push(intercept + products.sum::<f64>());
            }
        }
        scores
    }

    /// What the model reports, in the same order.
    pub fn predict(&self, rows: &FeatureMatrix) -> Vec<f64> {
        let mut scores = self.raw_scores(rows);
        for row in scores.chunks_exact_mut(self.n_outputs().max(1)) {
            self.link.apply(row);
        }
        scores
    }
}
