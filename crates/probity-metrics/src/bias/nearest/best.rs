//! The k nearest rows found so far, and what cannot be among them any more.

use std::cmp::Ordering;

/// A row of the searched table and how far it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Neighbour {
    pub row: u32,
    pub squared_distance: f64,
}

impl Neighbour {
    /// Nearer first; at equal distance the lower row first.
    pub(super) fn order(&self, other: &Neighbour) -> Ordering {
        let by_distance = self.squared_distance.total_cmp(&other.squared_distance);
        by_distance.then(self.row.cmp(&other.row))
    }
}

#[derive(Debug)]
pub(super) struct Best {
    k: usize,
    /// In order.
    found: Vec<Neighbour>,
    /// The last that is still wanted: nothing after it in the order is.
    last: Neighbour,
}

impl Best {
    /// Knowing that k rows are no farther than `squared_distance`.
    pub(super) fn new(k: usize, squared_distance: f64) -> Best {
        Best {
            k,
            found: Vec::with_capacity(k + 1),
            last: Neighbour {
                row: u32::MAX,
                squared_distance,
            },
        }
    }

    pub(super) fn found(&self) -> &[Neighbour] {
        &self.found
    }

    #[inline(always)]
    pub(super) fn limit(&self) -> f64 {
        self.last.squared_distance
    }

    #[inline(always)]
    pub(super) fn wants(&self, candidate: &Neighbour) -> bool {
        let (distance, limit) = (candidate.squared_distance, self.last.squared_distance);
        distance < limit || (distance <= limit && candidate.row < self.last.row)
    }

    pub(super) fn add(&mut self, candidate: Neighbour) {
        let before = |other: &Neighbour| other.order(&candidate) == Ordering::Less;
        let at = self.found.partition_point(before);
        if self.found.get(at) == Some(&candidate) {
            return;
        }
        self.found.insert(at, candidate);
        self.found.truncate(self.k);
        if self.found.len() == self.k
            && let Some(&last) = self.found.last()
        {
            self.last = last;
        }
    }
}
