//! Constraint rules: what a baseline suggests, and what a check decides.
//!
//! * [`suggest`]: constraints from the profile of a baseline;
//! * [`EffectiveSettings`]: what holds for one feature, after every override;
//! * [`shares`]: the counts behind each check;
//! * [`check_dataset`]: the six kinds of violations, as SageMaker decides and words them;
//! * [`edit`]: changing the settings of a file, and the record of it.

mod check;
mod closest_name;
mod description;
mod edit;
mod settings;
pub mod shares;
mod suggest;

pub use check::{DistanceOutcome, Observed, check_dataset, check_feature, negative_value_notes};
pub(crate) use closest_name::closest_name;
pub use edit::{EditConstraints, Editor, Setting, edit};
pub use settings::EffectiveSettings;
pub use suggest::{suggest, suggested_config};
