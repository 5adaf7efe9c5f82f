//! What can go wrong in a store.

use thiserror::Error;

/// The store could not do what it was asked.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The database is away, full, locked or broken: the same call may go through later.
    #[error("the store is not available: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What was read is not what this version wrote.
    #[error("the store holds something unreadable: {what}")]
    Corrupt {
        /// Which value of which record.
        what: String,
    },
    /// The database was written by a newer version of the service.
    #[error(
        "the database at {place} was written by a newer version of otter-service; install that version, or restore a backup"
    )]
    Newer {
        /// Where the database is.
        place: String,
    },
}

/// A worker could not finish its job.
#[derive(Debug, Error)]
pub enum LeaseError {
    /// The lease ran out and the job is another's now (or nobody's): nothing was written.
    #[error("the lease on this job is lost")]
    Lost,
    /// The store itself failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<sqlx::Error> for LeaseError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}
