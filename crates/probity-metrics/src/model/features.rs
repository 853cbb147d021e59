//! What a model is given: a matrix of features, and what each of them means.

/// A feature as the model names it.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    pub name: String,
    pub kind: FeatureKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FeatureKind {
    Numeric,
    /// The model sees the integer code of a category.
    Categorical {
        /// The category of code 0, 1, …; absent where the model's file does not say.
        categories: Option<Vec<String>>,
    },
}

/// Rows of features, one after another; NaN is a missing value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeatureMatrix {
    values: Vec<f64>,
    n_features: usize,
}

impl FeatureMatrix {
    /// `None` where the values are no whole number of rows.
    pub fn new(values: Vec<f64>, n_features: usize) -> Option<FeatureMatrix> {
        let whole = match n_features {
            0 => values.is_empty(),
            _ => values.len().is_multiple_of(n_features),
        };
        whole.then_some(FeatureMatrix { values, n_features })
    }

    pub fn n_rows(&self) -> usize {
        self.values.len().checked_div(self.n_features).unwrap_or(0)
    }

    pub fn n_features(&self) -> usize {
        self.n_features
    }

    pub fn row(&self, row_idx: usize) -> &[f64] {
        &self.values[row_idx * self.n_features..][..self.n_features]
    }

    /// The values of `n_rows` rows from `first` on, one row after another.
    pub fn rows_from(&self, first: usize, n_rows: usize) -> &[f64] {
        &self.values[first * self.n_features..][..n_rows * self.n_features]
    }

    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.n_features.max(1))
    }

    pub fn values(&self) -> &[f64] {
        &self.values
    }
}
