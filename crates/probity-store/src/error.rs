//! Why the metadata store could not answer.

use thiserror::Error;

#[derive(Debug, Error)]
pub enum StoreError {
    #[error("failed to open the metadata store `{location}`")]
    Open {
        location: String,
        #[source]
        source: sqlx::Error,
    },
    #[error("failed to bring the metadata store to the current version")]
    Migrate {
        #[source]
        source: sqlx::migrate::MigrateError,
    },
    #[error("failed to {doing}")]
    Query {
        doing: &'static str,
        #[source]
        source: sqlx::Error,
    },
    /// Somebody wrote to the database by other means.
    #[error("the metadata store holds {what}, which cannot be read: {problem}")]
    Damaged { what: String, problem: String },
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// The key file is not the one that the secrets were sealed with.
    #[error("the secret of access key `{id}` does not open with this key file")]
    Sealed { id: String },
    #[error("the secret of notification channel `{name}` does not open with this key file")]
    SealedChannel { name: String },
    /// A page was asked for with the cursor of another list.
    #[error("the cursor belongs to another list")]
    Cursor,
}

impl StoreError {
    /// For `map_err`; `doing` completes "failed to …".
    pub(crate) fn query(doing: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
        move |source| StoreError::Query { doing, source }
    }

    pub(crate) fn damaged(what: impl Into<String>, problem: impl ToString) -> StoreError {
        StoreError::Damaged {
            what: what.into(),
            problem: problem.to_string(),
        }
    }
}
