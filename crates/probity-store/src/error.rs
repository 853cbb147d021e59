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
}
