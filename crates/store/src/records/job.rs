//! The work to be done and who does it.

use std::sync::Arc;

use jiff::Timestamp;
use model::{Submission, SubmissionId};
use serde::{Deserialize, Serialize};

/// Who works: names a worker process in leases, events and logs, never reused by another process.
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

/// Which work goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Somebody has just submitted and waits.
    Live,
    /// Staff asked for a new grading: when nothing live is due.
    Regrade,
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
    /// How often the job was claimed since it was accepted, or since staff asked for it; this time included.
    pub claims: u32,
    /// Why it is done.
    pub lane: Lane,
}

/// What becomes of a job after a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It is taken again, not before this time.
    At(Timestamp),
    /// It is set aside until staff asks for a new grading.
    Never,
}

/// What became of a wish for a new grading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regrade {
    /// It waits to be graded again.
    Queued,
    /// It is not finished yet: it waits already, or is being graded.
    Unfinished,
    /// The scope does not hold it.
    Unknown,
    /// Its notebook was removed (retention), so it cannot be graded any more.
    NoNotebook,
}

/// How much there is to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Queue {
    /// Jobs that wait, those that are not due yet or whose worker fell silent among them.
    pub waiting: u64,
    /// Jobs under a live lease.
    pub working: u64,
}

/// A worker process and when it last gave a sign of life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerRecord {
    /// Which.
    pub id: WorkerId,
    /// The version of its program.
    pub version: String,
    /// How many notebooks it grades at a time; 0 where it grades none (a server that leaves that to others).
    pub jobs: u32,
    /// When it started.
    pub started_at: Timestamp,
    /// Its last sign of life.
    pub seen_at: Timestamp,
}
