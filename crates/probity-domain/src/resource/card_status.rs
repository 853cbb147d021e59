//! The states of model cards (`ModelCardStatus` of the SageMaker API).

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CardStatus {
    Draft,
    PendingReview,
    Approved,
    Archived,
}

impl CardStatus {
    pub const ALL: [CardStatus; 4] = [
        Self::Draft,
        Self::PendingReview,
        Self::Approved,
        Self::Archived,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::PendingReview => "PendingReview",
            Self::Approved => "Approved",
            Self::Archived => "Archived",
        }
    }

    pub fn parse(text: &str) -> Option<CardStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_found_by_its_name() {
        for status in CardStatus::ALL {
            assert_eq!(CardStatus::parse(status.as_str()), Some(status));
        }
        assert_eq!(CardStatus::parse("draft"), None);
    }
}
