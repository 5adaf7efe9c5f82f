//! Submissions, where they stand, and which of them a query may see.

use model::{AssignmentKey, Fault, Name, Submission, SubmissionId, UserName};
use serde::{Deserialize, Serialize};

use super::GradingRecord;

/// A submission about to be accepted.
#[derive(Debug, Clone)]
pub struct NewSubmission {
    /// The submission.
    pub submission: Submission,
    /// The notebook's bytes exactly as sent; the store compresses them.
    pub notebook: Vec<u8>,
    /// Whether earlier submissions by the same user for the same assignment that no worker has taken yet are skipped.
    pub supersedes: bool,
}

/// A submission that is now durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Its place in the queue, from 1.
    pub position: u64,
    /// The submissions that are skipped because of it, oldest first.
    pub superseded: Vec<SubmissionId>,
}

/// Where a submission stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It waits to be graded (for the first time, or again after a fault or at the wish of staff).
    Queued,
    /// A worker is grading it.
    Grading,
    /// It has a report.
    Graded,
    /// Its report says that it cannot be graded by this autograder.
    Rejected,
    /// Grading failed for good; staff must look at it.
    Failed,
    /// It was skipped: the same user submitted again before its turn came.
    Superseded,
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
    /// The fault that its newest grading ended in, if it did.
    pub fault: Option<Fault>,
}

/// Which submissions a query may see. Every query takes one, so that none can be written without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// A user's own.
    Own(UserName),
    /// A course's, for its staff.
    Course(Name),
}

/// Which of the scope's submissions a list is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// All of them.
    All,
    /// Those whose grading failed for good: the dead letters.
    Failed,
    /// Those for one assignment.
    Assignment(AssignmentKey),
}

/// A part of a list, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page<Id = SubmissionId> {
    /// Only what is older than this one: the last of the page before.
    pub before: Option<Id>,
    /// How many at most.
    pub limit: u32,
}
