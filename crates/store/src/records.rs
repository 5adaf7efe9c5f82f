//! What goes into the store and what comes out of it.

use std::sync::Arc;

use jiff::Timestamp;
use model::{Fault, GradingId, Name, Report, Submission, SubmissionId, UserName};
use serde::{Deserialize, Serialize};

/// A submission about to be accepted.
#[derive(Debug, Clone)]
pub struct NewSubmission {
    /// The submission.
    pub submission: Submission,
    /// The notebook's bytes exactly as sent; the store compresses them.
    pub notebook: Vec<u8>,
}

/// A submission that is now durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// Its place in the queue, from 1.
    pub position: u64,
}

/// Who works: names a worker process in leases and logs, never reused by another process.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkerId(pub Arc<str>);

/// A worker's hold on a job. Everything the worker writes about the job is conditional on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Whose notebook is graded.
    pub submission: SubmissionId,
    /// Who holds it.
    pub worker: WorkerId,
    /// Which hold on this job it is: counts up with every claim, so that an old holder is told from a new one.
    pub token: u64,
}

/// A claimed job.
#[derive(Debug, Clone)]
pub struct Job {
    /// The hold on it.
    pub lease: Lease,
    /// What to grade.
    pub submission: Submission,
    /// Which try this is, from 1. Gradings that were interrupted without a fault do not count.
    pub attempt: u32,
}

/// A finished grading.
#[derive(Debug, Clone)]
pub struct NewGrading {
    /// Its id.
    pub id: GradingId,
    /// The revision of the materials it used.
    pub revision: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
}

/// What a grading ended in, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It judged the submission.
    Report(Box<Report>),
    /// It could not.
    Fault(Fault),
}

/// A grading as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct GradingRecord {
    /// Its id.
    pub id: GradingId,
    /// The revision of the materials it used.
    pub revision: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Timestamp,
    /// What it found.
    pub outcome: Outcome,
    /// Whether the notebook is kept as it was executed.
    pub has_executed: bool,
}

/// What becomes of a job after a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It is taken again, not before this time.
    At(Timestamp),
    /// It is set aside until staff asks for a new grading.
    Never,
}

/// Where a submission stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It waits to be graded (for the first time, or again after a fault).
    Queued,
    /// A worker is grading it.
    Grading,
    /// It has a report.
    Graded,
    /// Its report says that it cannot be graded by this autograder.
    Rejected,
    /// Grading failed for good; staff must look at it.
    Failed,
}

/// A submission and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct SubmissionRecord {
    /// The submission.
    pub submission: Submission,
    /// Where it stands.
    pub status: Status,
    /// Its newest grading with a report, if there is one.
    pub grading: Option<GradingRecord>,
}

/// Which submissions a query may see. Every query takes one, so that none can be written without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// A user's own.
    Own(UserName),
    /// A course's, for its staff.
    Course(Name),
}

/// A part of a list, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Only submissions older than this one: the last of the page before.
    pub before: Option<SubmissionId>,
    /// How many at most.
    pub limit: u32,
}
