//! The states of monitoring executions (`ExecutionStatus` of the SageMaker API), and the changes
//! between them that are legal.

use thiserror::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExecutionState {
    Pending,
    Completed,
    CompletedWithViolations,
    InProgress,
    Failed,
    Stopping,
    Stopped,
}

/// How an execution ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutionEnd {
    Completed,
    CompletedWithViolations,
    Failed,
    Stopped,
}

/// The execution has ended: nothing changes it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the execution is {} already", state.as_str())]
pub struct ExecutionIsOver {
    pub state: ExecutionState,
}

impl ExecutionState {
    pub const ALL: [ExecutionState; 7] = [
        Self::Pending,
        Self::Completed,
        Self::CompletedWithViolations,
        Self::InProgress,
        Self::Failed,
        Self::Stopping,
        Self::Stopped,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Completed => "Completed",
            Self::CompletedWithViolations => "CompletedWithViolations",
            Self::InProgress => "InProgress",
            Self::Failed => "Failed",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
        }
    }

    pub fn parse(text: &str) -> Option<ExecutionState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    pub fn is_final(self) -> bool {
        match self {
            Self::Pending | Self::InProgress | Self::Stopping => false,
            Self::Completed | Self::CompletedWithViolations | Self::Failed | Self::Stopped => true,
        }
    }

    /// A worker takes it up, perhaps for the second time.
    pub fn start(self) -> Result<ExecutionState, ExecutionIsOver> {
        match self {
            Self::Pending | Self::InProgress => Ok(Self::InProgress),
            Self::Stopping => Ok(Self::Stopping),
            Self::Completed | Self::CompletedWithViolations | Self::Failed | Self::Stopped => {
                Err(ExecutionIsOver { state: self })
            }
        }
    }

    pub fn finish(self, end: ExecutionEnd) -> Result<ExecutionState, ExecutionIsOver> {
        if self.is_final() {
            return Err(ExecutionIsOver { state: self });
        }
        Ok(match end {
            ExecutionEnd::Completed => Self::Completed,
            ExecutionEnd::CompletedWithViolations => Self::CompletedWithViolations,
            ExecutionEnd::Failed => Self::Failed,
            ExecutionEnd::Stopped => Self::Stopped,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_found_by_its_name() {
        for state in ExecutionState::ALL {
            assert_eq!(ExecutionState::parse(state.as_str()), Some(state));
        }
        assert_eq!(ExecutionState::parse("Running"), None);
    }

    #[test]
    fn a_final_state_is_left_by_nothing() {
        for state in ExecutionState::ALL {
            assert_eq!(state.start().is_err(), state.is_final(), "{state:?}");
            let ends = [
                ExecutionEnd::Completed,
                ExecutionEnd::CompletedWithViolations,
                ExecutionEnd::Failed,
                ExecutionEnd::Stopped,
            ];
            for end in ends {
                let next = state.finish(end);
                assert_eq!(next.is_err(), state.is_final(), "{state:?}");
                assert!(next.is_ok_and(ExecutionState::is_final) != state.is_final());
            }
        }
    }
}
