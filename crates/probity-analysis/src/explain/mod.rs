//! Explanations, end to end: what `probity clarify` and `probity shap` do, and what an
//! explainability monitor's execution will do.

mod analyse;
mod attributions;
mod baseline;
mod checkpoint;
mod choice;
mod configured;
mod dependence;
mod documents;
mod drift;
mod error;
mod facts;
mod interactions;
mod kernel;
mod online;
mod records;
mod request;
mod run_key;
mod scores;
mod table;
mod trees;
mod watch;

pub use analyse::explain;
pub use baseline::read_baseline;
pub use checkpoint::{checkpoint_path, discard_checkpoint};
pub use configured::{ExplainOptions, check_configured, configured};
pub use documents::{ClarifyDocuments, ExplainDocuments};
pub use drift::StoredAttributions;
pub use error::ExplainError;
pub use online::{ExplainOnline, Invoked, OnlineExplainer, check_request_types};
pub use records::{Records, Scored, read_records, score};
pub use request::{
    BaselineChoice, DEFAULT_GRID_RESOLUTION, DEFAULT_TOP_FEATURES, ExplainRequest, PdpFeatures,
    PdpSettings, Quantity, ShapSettings,
};
pub use watch::{Step, Watch};
