//! Groups and outcomes as `probity.json` tells them.

use probity_domain::document::bias_file::{GroupFacts, OutcomeFacts, ValueFacts};

use super::counts::Confusion;
use super::detection::SeriesKind;
use super::groups::Outcome;

/// Values that the file lists.
const MOST_VALUES: usize = 30;

impl Outcome {
    /// Rows per value are listed of categories only, most frequent first, and among equals in
    /// order of first appearance.
    pub fn facts(&self) -> OutcomeFacts {
        let present: u64 = self.values.iter().map(|(_, n)| n).sum();
        let mut values = self.values.clone();
        if self.kind == SeriesKind::Continuous {
            values.clear();
        }
        values.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
        values.truncate(MOST_VALUES);
        OutcomeFacts {
            column: self.column.clone(),
            data_type: self.kind.name().to_owned(),
            positive: self.positive.clone(),
            n: present + self.n_missing,
            n_positive: self.n_positive,
            n_missing: self.n_missing,
            values: values
                .into_iter()
                .map(|(value, n)| ValueFacts {
                    value: value.to_string(),
                    n,
                })
                .collect(),
        }
    }
}

impl Confusion {
    pub fn facts(&self) -> GroupFacts {
        GroupFacts {
            n: self.rows(),
            true_positives: self.true_positives,
            false_positives: self.false_positives,
            false_negatives: self.false_negatives,
            true_negatives: self.true_negatives,
        }
    }
}
