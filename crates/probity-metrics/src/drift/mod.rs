//! How far two columns are apart, and how sure that is.
//!
//! In reading order: the two kinds of [`sample`]; the largest difference between them
//! ([`largest_gap`]) and the distances that AWS documents ([`distance`], [`chi_squared`]);
//! effect sizes on common [`bins`] ([`psi`], [`jensen_shannon`], [`wasserstein`]); p-values
//! ([`kolmogorov_smirnov`], [`homogeneity`], [`fisher`]) and their [`correction`] for many
//! features; the [`interval`] of the largest difference; all of it in one [`compare`], and
//! the same figures step by step in [`workings`]. `docs/statistics.md` explains each.

mod bins;
mod chi_squared;
mod compare;
mod correction;
mod distance;
mod fisher;
mod homogeneity;
mod hypergeometric;
mod interval;
mod jensen_shannon;
mod kolmogorov;
mod kolmogorov_smirnov;
mod largest_gap;
mod psi;
mod sample;
mod wasserstein;
mod workings;

pub use bins::{Bin, BinnedCounts, Cut, Side, category_bins, numeric_bins};
pub use chi_squared::{ChiSquaredTest, NoChiSquaredTest, PooledCategory, chi_squared};
pub use compare::{Comparison, INTERVAL_LEVEL, MINIMUM_ROWS, compare_categorical, compare_numeric};
pub use correction::adjust_benjamini_hochberg;
pub use fisher::increase_p_value;
pub use homogeneity::{Homogeneity, PooledTest, homogeneity};
pub(crate) use hypergeometric::Hypergeometric;
pub use interval::{gap_interval, share_interval};
pub use jensen_shannon::jensen_shannon;
pub use kolmogorov::{exact_tail, limit_tail};
pub use kolmogorov_smirnov::{KsMethod, KsTest, kolmogorov_smirnov};
pub use largest_gap::{CategoryGap, Gap, NumericGap, largest_category_gap, largest_numeric_gap};
pub use psi::population_stability_index;
pub use sample::{CategoricalSample, NumericSample};
pub use wasserstein::wasserstein_1;
pub use workings::{Step, WorkedBin, WorkedGap, Workings, explain_categorical, explain_numeric};
