//! What must survive: submissions, jobs, gradings, grades and events.
//!
//! One trait, [`Store`], whose methods are the service's use cases; each is one atomic effect, so that an engine
//! without long transactions can keep the promise too. [`SqliteStore`] is the embedded engine.

#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod records;
mod sqlite;
mod store;

pub use error::{LeaseError, StoreError};
pub use records::{
    Accepted, GradingRecord, Job, Lease, NewGrading, NewSubmission, Outcome, Page, Retry, Scope, Status,
    SubmissionRecord, WorkerId,
};
pub use sqlite::SqliteStore;
pub use store::Store;
