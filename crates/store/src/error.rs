//! What can go wrong in a store.

use std::error::Error;

/// PostgreSQL's `cannot_connect_now` (it starts or stops) and `too_many_connections`
/// (<https://www.postgresql.org/docs/15/errcodes-appendix.html>).
const NOT_YET: [&str; 2] = ["57P03", "53300"];

/// The store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
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

impl StoreError {
    /// Whether nothing needs mending but that the store, or the way to it, is not there yet. A wrong password or a full
    /// disk is no such thing.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        let mut cause: Option<&(dyn Error + 'static)> = self.source();
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<sqlx::Error>() {
                return match error {
                    sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => true,
                    sqlx::Error::Database(error) => {
                        error.code().is_some_and(|code| NOT_YET.contains(&&*code))
                    }
                    _ => false,
                };
            }
            if let Some(error) = error.downcast_ref::<reqwest::Error>() {
                return error.is_connect() || error.is_timeout();
            }
            cause = error.source();
        }
        false
    }
}

/// A worker could not finish its job.
#[derive(Debug, thiserror::Error)]
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
