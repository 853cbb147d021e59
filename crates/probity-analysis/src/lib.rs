//! One analysis, end to end: a dataset and a configuration in, documents out.
//!
//! * [`scan`](mod@scan): one pass over a dataset that summarises every column on all cores;
//! * [`data_quality`]: profile, baseline, check, merge, diff, why, and edits of constraints;
//! * [`bias`]: bias of data and of predictions, and its drift;
//! * [`model_quality`]: how well predictions agree with labels, and whether that got worse;
//! * [`explain`]: what moved the predictions of a model: SHAP values and partial dependence;
//! * [`recheck`]: other constraints over results that lie already.
//! * [`card_document`](mod@card_document): a model card in any of its formats;
//! * [`measures`]: what a monitor publishes of a result over time;
//! * [`limits`]: where such a number begins to violate;
//! * [`threshold_edit`]: thresholds as a person changes them;
//! * [`violation_text`]: the sentences of violations, taken apart;
//! * [`records`]: rows made into a file of their own before an analysis;

mod aggregate;
pub mod bias;
pub mod card_document;
pub mod data_quality;
mod engine_error;
pub mod explain;
pub mod limits;
pub mod measures;
mod model;
pub mod model_quality;
pub mod recheck;
pub mod records;
mod redacted;
pub mod scan;
pub mod threshold_edit;
pub mod violation_text;

pub use model::{Model, SaysLabels};
