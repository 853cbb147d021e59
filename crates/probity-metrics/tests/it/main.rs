//! Tests of the crate's public face: laws over the catalog, and agreement with independent
//! implementations (`golden/`).
#![expect(
    clippy::float_cmp,
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation,
    reason = "tests fail by panicking, and compare results that are exact by construction"
)]

mod bias_drift;
mod bias_extended;
mod bias_frame;
mod bias_groups;
mod bias_intervals;
mod bias_joint_counts;
mod bias_nearest;
mod bias_oracle;
mod bias_properties;
mod bounds;
mod constraints_churn;
mod constraints_suggest;
mod documented;
mod drift_duplicates;
mod drift_golden;
mod drift_simulation;
mod explain_aggregate;
mod explain_baseline;
mod explain_dependence;
mod explain_drift;
mod generator;
mod kernel_exact;
mod kernel_games;
mod kernel_golden;
mod kernel_masker;
mod kernel_sampled;
mod laws;
mod quality_check;
mod quality_coverage;
mod quality_golden;
mod quality_laws;
mod quality_rows;
mod summary_column;
mod summary_column_dictionary;
mod summary_column_merge;
mod summary_distinct;
mod summary_document;
mod summary_kll;
mod summary_moments;
mod summary_redaction;
mod summary_state;
mod summary_types;
mod tree_games;
mod tree_shap;
mod tree_shap_interactions;
