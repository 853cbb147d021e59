//! What every verb needs: the store, the clock, new names, and the settings of this server.

use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard};

use probity_domain::document::governance_policy::GovernancePolicy;
use probity_store::{Store, Vault};
use tokio::sync::Notify;

use crate::caller::{Access, Caller};
use crate::clock::{Clock, Ids};
use crate::fault::Fault;

/// What the operator decided at the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Twelve digits, part of every ARN.
    pub account_id: String,
    /// `--allow-local-processes`: script processors run as local processes.
    pub local_processes: LocalProcesses,
    /// How far the runs of a slot are spread; 0 where each starts on its minute.
    pub schedule_jitter_ms: u64,
}

/// Whether script processors run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalProcesses {
    Refused,
    /// Only where the kernel keeps them from the data folder and the server's environment.
    Isolated,
    /// Even where it cannot.
    AllowUnisolated,
}

/// Shared by every request and every job; cloning is cheap.
#[derive(Clone, Debug)]
pub struct App {
    pub store: Store,
    /// Seals what must not be read in the store.
    pub vault: Vault,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub settings: Arc<Settings>,
    /// Rung when a job was enqueued, so that an idle worker looks at once.
    pub jobs: Arc<Notify>,
    /// Rung when an endpoint or its configuration changed.
    pub endpoints: Arc<Notify>,
    pub seals: Arc<Seals>,
    pub policy: Policies,
}

/// The policy of the workspace, which its file may change while the server runs.
#[derive(Clone, Debug, Default)]
pub struct Policies(Arc<RwLock<InForce>>);

#[derive(Clone, Debug, Default)]
struct InForce {
    policy: Arc<GovernancePolicy>,
    source: Option<PolicySource>,
}

/// Where the policy in force was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySource {
    pub path: String,
    /// Of the file's bytes, SHA-256 in hexadecimal.
    pub sha256: String,
    /// Since when this server obeys it.
    pub since_ms: i64,
}

impl Policies {
    /// The policy as it stands now; a verb that asks twice may be told by two.
    pub fn now(&self) -> Arc<GovernancePolicy> {
        Arc::clone(&self.read().policy)
    }

    /// `None` where nothing is demanded, because no file says so.
    pub fn source(&self) -> Option<PolicySource> {
        self.read().source.clone()
    }

    pub fn set(&self, policy: GovernancePolicy) {
        self.put(policy, None);
    }

    pub(crate) fn put(&self, policy: GovernancePolicy, source: Option<PolicySource>) {
        let policy = Arc::new(policy);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = InForce { policy, source };
    }

    fn read(&self) -> RwLockReadGuard<'_, InForce> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rung within this process, so that nobody waits for the next look at the store.
#[derive(Debug, Default)]
pub struct Seals {
    /// Somebody wants captures to be at their destinations.
    pub wanted: Notify,
    /// They are.
    pub done: Notify,
    own: OnceLock<String>,
}

impl Seals {
    /// This process captures, under this name.
    pub fn set_own(&self, server_id: &str) {
        // It is set once, at the start.
        let _ = self.own.set(server_id.to_owned());
    }

    /// However long it was silent, this process is not dead: its store may be slow.
    pub fn is_own(&self, server_id: &str) -> bool {
        self.own.get().is_some_and(|own| own == server_id)
    }
}

impl App {
    /// The first line of every verb. `action` is the IAM action, `sagemaker:CreateModel`.
    pub fn authorise(&self, caller: &Caller, action: &str) -> Result<(), Fault> {
        match caller.access.allows(action) {
            true => Ok(()),
            false => Err(Fault::Denied {
                user: caller.user.clone(),
                action: action.to_owned(),
            }),
        }
    }
}

impl Access {
    /// Also for pages, which do not offer what would be refused.
    pub fn allows(self, action: &str) -> bool {
        match self {
            Self::Administrator => true,
            Self::ReadOnly => reads_only(action),
        }
    }
}

/// IAM's access levels "List" and "Read", by the verb of the action. `Preview` is ours: it computes,
/// and keeps nothing.
fn reads_only(action: &str) -> bool {
    let verb = action.split_once(':').map_or(action, |(_, verb)| verb);
    let reading = [
        "BatchDescribe",
        "BatchGet",
        "Describe",
        "Filter",
        "Get",
        "Head",
        "List",
        "Preview",
        "QueryLineage",
        "Search",
    ];
    reading.iter().any(|start| verb.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_told_from_writing_by_the_verb() {
        for action in [
            "sagemaker:DescribeModel",
            "s3:GetObject",
            "sts:GetCallerIdentity",
            "logs:FilterLogEvents",
        ] {
            assert!(reads_only(action), "{action}");
        }
        for action in [
            "sagemaker:CreateModel",
            "s3:PutObject",
            "sagemaker:InvokeEndpoint",
        ] {
            assert!(!reads_only(action), "{action}");
        }
    }
}
