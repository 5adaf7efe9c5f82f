//! What goes into the store and what comes out of it.

mod audit;
mod grading;
mod job;
mod launch;
mod passback;
mod submission;
mod token;
mod whole;

pub use audit::AuditEntry;
pub use grading::{Delivery, Effects, GradingRecord, NewGrading, Outcome};
pub use job::{Job, Lane, Lease, Queue, Regrade, Retry, WorkerId, WorkerRecord};
pub use launch::LaunchRecord;
pub use passback::{
    Outbox, Passback, PassbackJob, PassbackLease, PassbackOutcome, PassbackRecord, PassbackState,
};
pub(crate) use passback::{UNREADABLE, listed};
pub use submission::{Accepted, Filter, NewSubmission, Page, Scope, Status, SubmissionRecord};
pub use token::TokenRecord;
pub use whole::{Expired, JobState, Retention, Whole, WholeJob};
