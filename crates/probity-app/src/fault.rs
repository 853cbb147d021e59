//! Why a verb was not done: what the caller must mend, or what is ours.

use probity_domain::ResourceKind;
use probity_store::StoreError;
use thiserror::Error;

/// How AWS names a fault differs by resource; only the server's wire layer knows those names.
#[derive(Debug, Error)]
pub enum Fault {
    #[error("could not find {} `{name}`", kind.as_str())]
    NotFound { kind: ResourceKind, name: String },
    /// Something without a kind of resource: a log group, a user.
    #[error("{message}")]
    Missing { message: String },
    #[error("{} `{name}` already exists", kind.as_str())]
    Exists { kind: ResourceKind, name: String },
    /// The resource is in a state that forbids the verb, or others depend on it.
    #[error("{message}")]
    InUse { message: String },
    #[error("{message}")]
    Limit { message: String },
    /// Somebody else changed the resource meanwhile.
    #[error("{message}")]
    Conflict { message: String },
    /// The request says something that cannot be.
    #[error("{message}")]
    Invalid { message: String },
    #[error("user `{user}` may not perform {action}")]
    Denied { user: String, action: String },
    #[error("too many requests")]
    Overloaded,
    /// Ours: the caller gets a fixed sentence and the request's id, the log gets the cause.
    #[error("{doing}")]
    Internal {
        doing: String,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Fault {
    pub fn invalid(message: impl Into<String>) -> Fault {
        Fault::Invalid {
            message: message.into(),
        }
    }

    pub fn missing(message: impl Into<String>) -> Fault {
        Fault::Missing {
            message: message.into(),
        }
    }

    /// `doing` completes "failed to …".
    pub fn internal(
        doing: impl Into<String>,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Fault {
        Fault::Internal {
            doing: format!("failed to {}", doing.into()),
            source: Box::new(source),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(source: StoreError) -> Fault {
        Fault::internal("reach the metadata store", source)
    }
}
