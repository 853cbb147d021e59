//! The states of monitoring schedules (`ScheduleStatus` of the SageMaker API).

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScheduleState {
    /// Schedules are ready when their request is answered, so nothing stays so here; a database
    /// may hold one.
    Pending,
    Failed,
    Scheduled,
    Stopped,
}

impl ScheduleState {
    pub const ALL: [ScheduleState; 4] =
        [Self::Pending, Self::Failed, Self::Scheduled, Self::Stopped];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Failed => "Failed",
            Self::Scheduled => "Scheduled",
            Self::Stopped => "Stopped",
        }
    }

    pub fn parse(text: &str) -> Option<ScheduleState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether its slots are run when they are due.
    pub fn runs(self) -> bool {
        match self {
            Self::Scheduled => true,
            Self::Pending | Self::Failed | Self::Stopped => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_found_by_its_name() {
        for state in ScheduleState::ALL {
            assert_eq!(ScheduleState::parse(state.as_str()), Some(state));
        }
        assert_eq!(ScheduleState::parse("Running"), None);
    }
}
