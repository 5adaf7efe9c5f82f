//! What gradings found, and what follows from it.

use jiff::Timestamp;
use model::{Fault, GradePolicy, GradingId, Report};

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

/// What follows from a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effects {
    /// Which submission counts.
    pub policy: GradePolicy,
    /// What becomes of a new grade.
    pub delivery: Delivery,
}

/// Whether a new grade is delivered to a learning platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// There is nowhere to send it: no passback is kept.
    Nowhere,
    /// It is not sent, on purpose (`POST_GRADE=false`): the passback is kept as withheld.
    Withheld,
    /// It is sent.
    Due,
}
