//! The states of processing jobs and transform jobs, and the changes between them that are legal
//! (`ProcessingJobStatus` and `TransformJobStatus` of the SageMaker API, which agree).

use thiserror::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobState {
    InProgress,
    Completed,
    Failed,
    Stopping,
    Stopped,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobEnd {
    Completed,
    Failed,
    Stopped,
}

/// The job has ended: nothing changes it any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the job is {} already", state.as_str())]
pub struct JobIsOver {
    pub state: JobState,
}

impl JobState {
    pub const ALL: [JobState; 5] = [
        Self::InProgress,
        Self::Completed,
        Self::Failed,
        Self::Stopping,
        Self::Stopped,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
        }
    }

    pub fn parse(text: &str) -> Option<JobState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    pub fn is_final(self) -> bool {
        match self {
            Self::InProgress | Self::Stopping => false,
            Self::Completed | Self::Failed | Self::Stopped => true,
        }
    }

    /// Asking twice is asking once.
    pub fn stop(self) -> Result<JobState, JobIsOver> {
        match self {
            Self::InProgress | Self::Stopping => Ok(Self::Stopping),
            Self::Completed | Self::Failed | Self::Stopped => Err(JobIsOver { state: self }),
        }
    }

    /// A job that somebody stops may have ended by itself meanwhile, and then says so.
    pub fn finish(self, end: JobEnd) -> Result<JobState, JobIsOver> {
        match self {
            Self::InProgress | Self::Stopping => Ok(match end {
                JobEnd::Completed => Self::Completed,
                JobEnd::Failed => Self::Failed,
                JobEnd::Stopped => Self::Stopped,
            }),
            Self::Completed | Self::Failed | Self::Stopped => Err(JobIsOver { state: self }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_found_by_its_name() {
        for state in JobState::ALL {
            assert_eq!(JobState::parse(state.as_str()), Some(state));
        }
        assert_eq!(JobState::parse("Running"), None);
    }

    #[test]
    fn a_final_state_is_left_by_nothing() {
        for state in JobState::ALL {
            let ends = [JobEnd::Completed, JobEnd::Failed, JobEnd::Stopped];
            assert_eq!(state.stop().is_err(), state.is_final(), "{state:?}");
            for end in ends {
                assert_eq!(state.finish(end).is_err(), state.is_final(), "{state:?}");
            }
        }
    }
}
