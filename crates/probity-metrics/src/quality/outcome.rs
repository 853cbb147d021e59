//! The two sides of a binary classification.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Negative,
    Positive,
}

impl Outcome {
    /// Positive where `condition` holds.
    pub(crate) fn when(condition: impl FnOnce() -> bool) -> Self {
        if condition() {
            Self::Positive
        } else {
            Self::Negative
        }
    }

    #[inline]
    pub(crate) fn is_positive(self) -> bool {
        self == Self::Positive
    }
}
