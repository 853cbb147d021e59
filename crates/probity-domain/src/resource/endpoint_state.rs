//! The states of an endpoint, and the changes between them that are legal
//! (`EndpointStatus` of the SageMaker API).

use thiserror::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndpointState {
    OutOfService,
    Creating,
    Updating,
    SystemUpdating,
    RollingBack,
    InService,
    Deleting,
    Failed,
    UpdateRollbackFailed,
}

/// How the work on an endpoint ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentEnd {
    Ready,
    Failed,
}

/// A change that the state does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("an endpoint that is {} cannot be {wish}", state.as_str())]
pub struct EndpointNotNow {
    pub state: EndpointState,
    pub wish: &'static str,
}

impl EndpointState {
    pub const ALL: [EndpointState; 9] = [
        Self::OutOfService,
        Self::Creating,
        Self::Updating,
        Self::SystemUpdating,
        Self::RollingBack,
        Self::InService,
        Self::Deleting,
        Self::Failed,
        Self::UpdateRollbackFailed,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::OutOfService => "OutOfService",
            Self::Creating => "Creating",
            Self::Updating => "Updating",
            Self::SystemUpdating => "SystemUpdating",
            Self::RollingBack => "RollingBack",
            Self::InService => "InService",
            Self::Deleting => "Deleting",
            Self::Failed => "Failed",
            Self::UpdateRollbackFailed => "UpdateRollbackFailed",
        }
    }

    pub fn parse(text: &str) -> Option<EndpointState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether it answers invocations. During an update the old configuration does.
    pub fn serves(self) -> bool {
        match self {
            Self::InService | Self::Updating | Self::SystemUpdating | Self::RollingBack => true,
            Self::OutOfService
            | Self::Creating
            | Self::Deleting
            | Self::Failed
            | Self::UpdateRollbackFailed => false,
        }
    }

    /// Whether something is being done to it, which must end before anything else begins.
    pub fn is_in_progress(self) -> bool {
        match self {
            Self::Creating
            | Self::Updating
            | Self::SystemUpdating
            | Self::RollingBack
            | Self::Deleting => true,
            Self::OutOfService | Self::InService | Self::Failed | Self::UpdateRollbackFailed => {
                false
            }
        }
    }

    /// A failed endpoint can only be deleted.
    pub fn update(self) -> Result<EndpointState, EndpointNotNow> {
        match self {
            Self::InService => Ok(Self::Updating),
            Self::OutOfService
            | Self::Creating
            | Self::Updating
            | Self::SystemUpdating
            | Self::RollingBack
            | Self::Deleting
            | Self::Failed
            | Self::UpdateRollbackFailed => Err(self.not_now("updated")),
        }
    }

    pub fn delete(self) -> Result<(), EndpointNotNow> {
        if self.is_in_progress() {
            return Err(self.not_now("deleted"));
        }
        Ok(())
    }

    /// A creation that fails leaves a failed endpoint; an update that fails leaves the old
    /// configuration in service.
    pub fn finish(self, end: DeploymentEnd) -> Result<EndpointState, EndpointNotNow> {
        match (self, end) {
            (Self::Creating | Self::Updating, DeploymentEnd::Ready)
            | (Self::Updating, DeploymentEnd::Failed) => Ok(Self::InService),
            (Self::Creating, DeploymentEnd::Failed) => Ok(Self::Failed),
            (
                Self::OutOfService
                | Self::SystemUpdating
                | Self::RollingBack
                | Self::InService
                | Self::Deleting
                | Self::Failed
                | Self::UpdateRollbackFailed,
                DeploymentEnd::Ready | DeploymentEnd::Failed,
            ) => Err(self.not_now("deployed")),
        }
    }

    fn not_now(self, wish: &'static str) -> EndpointNotNow {
        EndpointNotNow { state: self, wish }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_found_by_its_name() {
        for state in EndpointState::ALL {
            assert_eq!(EndpointState::parse(state.as_str()), Some(state));
        }
        assert_eq!(EndpointState::parse("inservice"), None);
    }

    #[test]
    fn a_failed_update_leaves_the_endpoint_in_service() {
        let updating = EndpointState::InService.update().unwrap();
        assert_eq!(
            updating.finish(DeploymentEnd::Failed),
            Ok(EndpointState::InService)
        );
        assert_eq!(
            EndpointState::Creating.finish(DeploymentEnd::Failed),
            Ok(EndpointState::Failed)
        );
    }

    #[test]
    fn what_is_in_progress_is_neither_updated_nor_deleted() {
        for state in EndpointState::ALL {
            if state.is_in_progress() {
                assert!(state.update().is_err(), "{state:?}");
                assert!(state.delete().is_err(), "{state:?}");
            }
        }
        assert!(EndpointState::Failed.update().is_err());
        assert!(EndpointState::Failed.delete().is_ok());
    }

    #[test]
    fn nothing_is_deployed_twice() {
        for state in EndpointState::ALL {
            if let Ok(next) = state.finish(DeploymentEnd::Ready) {
                assert!(next.finish(DeploymentEnd::Ready).is_err(), "{state:?}");
            }
        }
    }
}
