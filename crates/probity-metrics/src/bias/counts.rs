//! Rows counted by facet group, label and prediction: all that a bias metric but the flip
//! test depends on. Resampling rows with replacement is resampling these cells, so that an
//! interval costs the same for a thousand rows and a billion.

/// The two sides of a facet. The listed values are the disadvantaged group, as in Clarify's
/// results (its guide once says the reverse).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// *a*: every row that is not in *d*, rows without a facet value included.
    Advantaged,
    /// *d*: the listed values, or the interval above the threshold.
    Disadvantaged,
}

/// Numbers of rows by group, label and prediction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutcomeCounts {
    /// Indexed by `4·[d] + 2·[label positive] + [predicted positive]`.
    cells: [u64; 8],
}

impl OutcomeCounts {
    pub fn new(cells: [u64; 8]) -> OutcomeCounts {
        OutcomeCounts { cells }
    }

    /// In the order of [`OutcomeCounts::place`].
    pub fn cells(&self) -> &[u64; 8] {
        &self.cells
    }

    /// Where the rows of `group` with this label and this prediction are counted.
    pub fn place(group: Group, positive: Positive) -> usize {
        4 * usize::from(group == Group::Disadvantaged)
            + 2 * usize::from(positive.label)
            + usize::from(positive.predicted)
    }

    pub fn add(&mut self, group: Group, positive: Positive, rows: u64) {
        self.cells[Self::place(group, positive)] += rows;
    }

    pub fn merge(&mut self, other: &OutcomeCounts) {
        for (ours, theirs) in self.cells.iter_mut().zip(other.cells) {
            *ours += theirs;
        }
    }

    pub fn rows(&self) -> u64 {
        self.cells.iter().sum()
    }

    pub fn of(&self, group: Group) -> Confusion {
        let at = |label, predicted| self.cells[Self::place(group, Positive { label, predicted })];
        Confusion {
            true_negatives: at(false, false),
            false_positives: at(false, true),
            false_negatives: at(true, false),
            true_positives: at(true, true),
        }
    }
}

/// Whether a row's label, and its prediction, count as the positive outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Positive {
    pub label: bool,
    /// `false` where nothing was predicted.
    pub predicted: bool,
}

/// The confusion matrix of one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    pub true_negatives: u64,
    pub false_positives: u64,
    pub false_negatives: u64,
    pub true_positives: u64,
}

impl Confusion {
    pub fn rows(&self) -> u64 {
        self.true_negatives + self.false_positives + self.false_negatives + self.true_positives
    }

    pub fn positive_labels(&self) -> u64 {
        self.true_positives + self.false_negatives
    }

    pub fn negative_labels(&self) -> u64 {
        self.true_negatives + self.false_positives
    }

    pub fn positive_predictions(&self) -> u64 {
        self.true_positives + self.false_positives
    }

    pub fn negative_predictions(&self) -> u64 {
        self.true_negatives + self.false_negatives
    }
}

impl std::ops::Add for Confusion {
    type Output = Confusion;

    fn add(self, other: Confusion) -> Confusion {
        Confusion {
            true_negatives: self.true_negatives + other.true_negatives,
            false_positives: self.false_positives + other.false_positives,
            false_negatives: self.false_negatives + other.false_negatives,
            true_positives: self.true_positives + other.true_positives,
        }
    }
}

/// The rows of one value of the group variable, over which CDDL and CDDPL are averaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stratum {
    pub value: String,
    pub counts: OutcomeCounts,
}

/// One facet group of a dataset, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BiasCounts {
    /// All rows.
    pub total: OutcomeCounts,
    /// `None` without a group variable. Rows without a value of it are in no stratum.
    pub strata: Option<Vec<Stratum>>,
}
