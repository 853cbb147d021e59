//! Who is told how far a long explanation is.

use std::fmt;

/// Told after each step.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    step: &'a (dyn Fn(Step) + Send + Sync),
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Rows explained, of all.
    Rows { done: u64, total: u64 },
    /// Features of which the partial dependence is known, of all.
    Dependence { done: u64, total: u64 },
}

impl<'a> Watch<'a> {
    pub fn new(step: &'a (dyn Fn(Step) + Send + Sync)) -> Watch<'a> {
        Watch { step }
    }

    pub(super) fn rows(self, done: u64, total: u64) {
        (self.step)(Step::Rows { done, total });
    }

    pub(super) fn dependence(self, done: u64, total: u64) {
        (self.step)(Step::Dependence { done, total });
    }
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
