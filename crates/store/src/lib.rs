//! What must survive: submissions, jobs, gradings, grades, deliveries, events, launches and tokens.
//!
//! One trait, [`Store`], whose methods are the service's use cases; each is one atomic effect, so that an engine
//! without long transactions can keep the promise too. [`SqliteStore`] is the embedded engine; [`PostgresStore`] serves
//! many processes.
#![expect(
    clippy::duplicate_mod,
    reason = "the SQL engines compile one folder each for itself: src/sql/mod.rs"
)]

#[cfg(feature = "contract")]
pub mod contract;
mod error;
mod firestore;
mod notebook;
mod postgres;
mod records;
mod schema;
mod sqlite;
mod steps;
mod store;
pub mod turn;

pub use error::{LeaseError, StoreError};
pub use firestore::{FirestoreSettings, FirestoreStore, use_ring};
pub use postgres::PostgresStore;
pub use records::{
    Accepted, AuditEntry, Delivery, Effects, Expired, Filter, GradingRecord, Job, JobState, Lane,
    LaunchRecord, Lease, NewGrading, NewSubmission, Outbox, Outcome, Page, Passback, PassbackJob,
    PassbackLease, PassbackOutcome, PassbackRecord, PassbackState, Queue, Regrade, Retention, Retry, Scope,
    Status, SubmissionRecord, TokenRecord, Whole, WholeJob, WorkerId, WorkerRecord,
};
pub use schema::SchemaVersion;
pub use sqlite::SqliteStore;
pub use store::Store;
