//! Kernel SHAP: Shapley values of any model from its scores of masked inputs
//! (Lundberg and Lee, 2017, "A unified approach to interpreting model predictions").
//!
//! What is explained is a game: *players* are present or absent, and a *coalition* is the set
//! of those present. Its value is the model's mean score of the inputs in which the absent
//! players are replaced by a baseline's. The road, in which no step calls a model:
//!
//! 1. [`KernelDesign`] says which coalitions are asked, given the number of players;
//! 2. [`MaskedBatches`] cuts rows × coalitions into chunks of bounded size;
//! 3. a masker, [`TabularMasker`] for tables, makes the inputs of a chunk, for each coalition
//!    one input per row of the baseline;
//! 4. whoever owns the model scores them, [`mean_scores`] averages over the baseline, and
//!    [`ScoreCollector`] puts the chunks together again;
//! 5. [`KernelDesign::solve`] turns the values of a row's coalitions into its Shapley values.
//!
//! [`AggregateErrors`] says how sure a figure over many rows is.
//!
//! Only step 3 knows what a player is. Here it is a column or a group of columns; for text, an
//! image or a time series (a token, a superpixel, a step) another masker makes the inputs, and
//! the rest stays. There is no trait for it: a text has its own number of players, hence its own
//! design, while all rows of a table share one, so that the loops around the steps differ.

mod aggregate;
mod batches;
mod cholesky;
mod coalition;
mod collector;
mod design;
mod levels;
mod logit;
mod players;
mod regression;
mod solution;
mod subsets;
mod tabular;

pub use aggregate::AggregateErrors;
pub use batches::{MaskedBatches, MaskedChunk};
pub use coalition::Coalition;
pub use collector::{CollectScores, FinishedRow, ScoreCollector, mean_scores};
pub use design::{DesignKernel, KernelDesign};
pub use logit::logit;
pub use players::{InvalidPlayers, Player, Players};
pub use solution::{CoalitionValues, Solution, SolveKernel};
pub use tabular::{MaskRows, TabularMasker};
