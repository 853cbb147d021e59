//! The values that a feature is set to, and the share of the rows at each.
//!
//! Source: AWS developer guide, "Partial dependence plots" and "Analysis results": numbers in
//! `grid_resolution` equally wide buckets over [min, max], a value being the centre of its
//! bucket, min + (i + ½)(max − min)/g; of categories all.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use probity_domain::document::explanations::UNSUPPORTED_DATA_TYPE;

use super::feature_kind::{FeatureKind, ValueKind, is_free_text, value_kind};

/// Buckets of a numeric feature where the configuration says nothing.
pub const DEFAULT_GRID_RESOLUTION: usize = 15;

/// More points than any plot shows; each costs a prediction of every row.
pub const LARGEST_GRID_RESOLUTION: usize = 10_000;

/// Categories of a feature; each costs a prediction of every row.
pub const MOST_CATEGORIES: usize = 1_000;

/// Why a feature has no grid.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GridError {
    /// AWS's own words.
    #[error("{UNSUPPORTED_DATA_TYPE}")]
    Unsupported,
    #[error(
        "the feature has {found} categories, more than the {MOST_CATEGORIES} that a curve can show; each of them needs a prediction of every row, so leave the feature out of `pdp.features`"
    )]
    TooManyCategories { found: usize },
    #[error("the feature has no value in any row")]
    NoValues,
    #[error(
        "a grid of {found} points was asked for; `grid_resolution` is from 1 to {LARGEST_GRID_RESOLUTION}"
    )]
    Resolution { found: usize },
}

/// The points of one feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    kind: FeatureKind,
    points: Vec<GridPoint>,
    n_missing: u64,
    n_infinite: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct GridPoint {
    pub value: PointValue,
    /// Rows in the bucket, or of the category.
    pub n_rows: u64,
}

/// A value that a feature is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum PointValue {
    Number(f64),
    Integer(i64),
    Boolean(bool),
    Text(String),
}

impl Grid {
    /// Of a column that may come in several pieces. NaN and null are missing; missing and
    /// infinite values are counted and have no point.
    pub fn new(column: &[ArrayRef], resolution: usize) -> Result<Grid, GridError> {
        if !(1..=LARGEST_GRID_RESOLUTION).contains(&resolution) {
            return Err(GridError::Resolution { found: resolution });
        }
        let Some(first) = column.first() else {
            return Err(GridError::NoValues);
        };
        if *first.data_type() == DataType::Null {
            return Err(GridError::NoValues);
        }
        match value_kind(first.data_type()).ok_or(GridError::Unsupported)? {
            ValueKind::Float => numbers(column, resolution),
            ValueKind::Integer => integers(column, resolution),
            ValueKind::Boolean => booleans(column),
            ValueKind::Text => texts(column),
        }
    }

    pub fn kind(&self) -> FeatureKind {
        self.kind
    }

    /// Ascending; texts in the order of their bytes.
    pub fn points(&self) -> &[GridPoint] {
        &self.points
    }

    /// Rows without a value.
    pub fn n_missing(&self) -> u64 {
        self.n_missing
    }

    /// Rows whose value is infinite.
    pub fn n_infinite(&self) -> u64 {
        self.n_infinite
    }

    /// Per point, its part of all rows that have a point.
    pub fn shares(&self) -> Vec<f64> {
        let total: u64 = self.points.iter().map(|point| point.n_rows).sum();
        let share = |point: &GridPoint| point.n_rows as f64 / total as f64;
        self.points.iter().map(share).collect()
    }
}

/// The pieces as one type. A value that the type does not hold is missing.
fn pieces(column: &[ArrayRef], data_type: &DataType) -> Result<Vec<ArrayRef>, GridError> {
    let piece = |piece: &ArrayRef| cast(piece, data_type).map_err(|_| GridError::Unsupported);
    column.iter().map(piece).collect()
}

fn numbers(column: &[ArrayRef], resolution: usize) -> Result<Grid, GridError> {
    let pieces = pieces(column, &DataType::Float64)?;
    let (mut n_missing, mut n_infinite) = (0, 0);
    let mut finite = Vec::new();
    for piece in &pieces {
        for value in piece.as_primitive::<Float64Type>() {
            match value {
                None => n_missing += 1,
                Some(value) if value.is_nan() => n_missing += 1,
                Some(value) if value.is_infinite() => n_infinite += 1,
                Some(value) => finite.push(value),
            }
        }
    }
    let buckets = Buckets::over(&finite, resolution).ok_or(GridError::NoValues)?;
    Ok(Grid {
        kind: FeatureKind::Numerical,
        points: buckets.points(&finite),
        n_missing,
        n_infinite,
    })
}

/// Equally wide buckets over the range of some numbers.
struct Buckets {
    min: f64,
    max: f64,
    n: usize,
}

impl Buckets {
    /// One bucket where all numbers are equal. `None` of no numbers.
    fn over(values: &[f64], resolution: usize) -> Option<Buckets> {
        let min = values.iter().copied().reduce(f64::min)?;
        let max = values.iter().copied().reduce(f64::max)?;
        let n = if min < max { resolution } else { 1 };
        // So that a grid has no -0.0.
        let (min, max) = (min + 0.0, max + 0.0);
        Some(Buckets { min, max, n })
    }

    /// The place so many buckets, or parts of one, above the smallest value.
    fn at(&self, buckets: f64) -> f64 {
        let range = self.max - self.min;
        if range.is_finite() {
            return self.min + buckets * (range / self.n as f64);
        }
        let share = buckets / self.n as f64;
        self.min * (1.0 - share) + self.max * share
    }

    /// Buckets hold their lower edge, the last one both.
    fn place(&self, value: f64) -> usize {
        let last = self.n - 1;
        let range = self.max - self.min;
        let share = if range.is_finite() {
            (value - self.min) / range
        } else {
            value / range - self.min / range
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to the buckets; a float that is too large or NaN saturates"
        )]
        let mut place = ((share * self.n as f64) as usize).min(last);
        // The division rounds; the edges decide.
        while place > 0 && value < self.at(place as f64) {
            place -= 1;
        }
        while place < last && value >= self.at((place + 1) as f64) {
            place += 1;
        }
        place
    }

    fn points(&self, values: &[f64]) -> Vec<GridPoint> {
        let mut n_rows = vec![0; self.n];
        for value in values {
            n_rows[self.place(*value)] += 1;
        }
        let point = |(place, n_rows)| GridPoint {
            value: PointValue::Number(self.at(place as f64 + 0.5)),
            n_rows,
        };
        n_rows.into_iter().enumerate().map(point).collect()
    }
}

fn integers(column: &[ArrayRef], resolution: usize) -> Result<Grid, GridError> {
    let pieces = pieces(column, &DataType::Int64)?;
    let beyond = |(piece, given): (&ArrayRef, &ArrayRef)| piece.null_count() > given.null_count();
    let is_beyond = pieces.iter().zip(column).any(beyond);
    let mut counts: HashMap<i64, u64> = HashMap::new();
    let mut n_missing = 0;
    for piece in &pieces {
        for value in piece.as_primitive::<Int64Type>() {
            match value {
                None => n_missing += 1,
                Some(value) => *counts.entry(value).or_default() += 1,
            }
        }
        if is_beyond || counts.len() > resolution {
            // Unsigned numbers from 2^63 on, or too many values: an axis.
            return numbers(column, resolution);
        }
    }
    categories(counts, n_missing, PointValue::Integer)
}

fn booleans(column: &[ArrayRef]) -> Result<Grid, GridError> {
    let mut counts: HashMap<bool, u64> = HashMap::new();
    let mut n_missing = 0;
    for piece in pieces(column, &DataType::Boolean)? {
        for value in piece.as_boolean() {
            match value {
                None => n_missing += 1,
                Some(value) => *counts.entry(value).or_default() += 1,
            }
        }
    }
    categories(counts, n_missing, PointValue::Boolean)
}

fn texts(column: &[ArrayRef]) -> Result<Grid, GridError> {
    let pieces = pieces(column, &DataType::Utf8)?;
    let mut counts: HashMap<&str, u64> = HashMap::new();
    let (mut n_missing, mut n_present) = (0, 0);
    for piece in &pieces {
        for value in piece.as_string::<i32>() {
            match value {
                None => n_missing += 1,
                Some(value) => {
                    n_present += 1;
                    *counts.entry(value).or_default() += 1;
                }
            }
        }
    }
    if is_free_text(counts.len(), n_present) {
        return Err(GridError::Unsupported);
    }
    categories(counts, n_missing, |text| PointValue::Text(text.to_owned()))
}

fn categories<T: Ord>(
    counts: HashMap<T, u64>,
    n_missing: u64,
    value: impl Fn(T) -> PointValue,
) -> Result<Grid, GridError> {
    if counts.is_empty() {
        return Err(GridError::NoValues);
    }
    if counts.len() > MOST_CATEGORIES {
        return Err(GridError::TooManyCategories {
            found: counts.len(),
        });
    }
    let mut counts: Vec<(T, u64)> = counts.into_iter().collect();
    counts.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let point = |(found, n_rows)| GridPoint {
        value: value(found),
        n_rows,
    };
    Ok(Grid {
        kind: FeatureKind::Categorical,
        points: counts.into_iter().map(point).collect(),
        n_missing,
        n_infinite: 0,
    })
}
