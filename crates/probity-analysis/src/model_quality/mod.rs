//! Model quality, end to end: what `probity quality baseline|check` do, and what a
//! model-quality monitor's execution will do.

mod analyse;
mod collect;
mod documents;
mod error;
mod open;
mod request;

pub use analyse::{QualityCheckOptions, baseline, check};
pub use documents::{ModelQualityDocuments, StoredQuality};
pub use error::ModelQualityError;
pub use request::{QualityColumnChoices, QualityRequest, UnreadableLabelRule};
