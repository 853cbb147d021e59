//! The summaries of a result, judged by other constraints than it was.

use std::collections::HashMap;

use probity_domain::document::constraint_violations::Violation;
use probity_domain::document::constraints::Constraints;
use probity_metrics::constraints::{Observed, check_dataset};
use probity_metrics::summary::ColumnSummary;

use super::check::drifts_of;
use super::drift::FeatureDrift;
use crate::scan::TableSummary;

/// What AWS's rules find in a result's columns and number of rows by `constraints`; drift is against
/// `baseline`.
pub fn violations_of_columns(
    (columns, rows): (Vec<(String, ColumnSummary)>, u64),
    baseline: &[(String, ColumnSummary)],
    constraints: &Constraints,
) -> Vec<Violation> {
    let table = TableSummary {
        columns,
        rows,
        partitions: 1,
    };
    let profiles: Vec<_> = table
        .columns
        .iter()
        .map(|(name, summary)| (name, summary.profile()))
        .collect();
    let baseline: HashMap<&str, &ColumnSummary> = baseline
        .iter()
        .map(|(name, summary)| (name.as_str(), summary))
        .collect();
    let drifts = drifts_of(&table, constraints, &baseline);
    let observed: Vec<Observed<'_>> = profiles
        .iter()
        .map(|(name, profile)| Observed {
            name,
            profile,
            distance: drifts.get(name.as_str()).and_then(FeatureDrift::distance),
        })
        .collect();
    check_dataset(constraints, &observed)
}
