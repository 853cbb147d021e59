//! Models, whatever runs them: files read into the forms of `probity-metrics`, and models that
//! run elsewhere.

mod archive;
mod catboost;
mod column;
mod error;
mod features;
pub mod http;
mod kind;
mod library_model;
mod lightgbm;
pub mod onnx;
mod open;
mod opened;
mod predict;
mod xgboost;

pub use archive::ReadArchive;
pub(crate) use column::number_of;
pub use error::ReadModel;
pub use features::{MatchedBy, MatchedColumns, ReadFeatures, feature_matrix, match_columns};
pub use kind::ModelKind;
pub use library_model::{
    FeatureNames, IterationCounts, Iterations, LibraryFacts, MissingValue, UnknownCategory,
};
pub use open::{OpenModel, OpenOptions, open_model, open_model_with, read_model};
pub use opened::{ModelBody, ModelSummary, OnnxBody, OpenedModel, TreesSummary};
pub use predict::{AskModel, Predict, Predictions};
