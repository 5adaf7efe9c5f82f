//! A submission with everything that belongs to it: what is copied between stores and handed to its user.

use std::str::FromStr;

use jiff::Timestamp;
use model::{Event, Fault, Grade, GradingId, Report, Submission};

use super::{GradingRecord, Lane, Outcome, PassbackRecord};

/// Everything that a store holds about one submission.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole {
    /// The submission.
    pub submission: Submission,
    /// The notebook's bytes as they were submitted, unless retention removed them.
    pub notebook: Option<Vec<u8>>,
    /// Its job.
    pub job: WholeJob,
    /// Its gradings, oldest first, each with the notebook as it was executed, where that is kept.
    pub gradings: Vec<(GradingRecord, Option<Vec<u8>>)>,
    /// Its events.
    pub events: Vec<Event>,
    /// The grade, if this submission is the one that counts.
    pub grade: Option<Grade>,
    /// The deliveries of grades that it made, by grading.
    pub passbacks: Vec<PassbackRecord>,
}

impl Whole {
    /// The newest report, if it counts, and when it was made.
    pub(crate) fn earned(&self) -> Option<(&Report, Timestamp)> {
        let newest = self.gradings.iter().find(|(grading, _)| Some(grading.id) == self.job.grading)?;
        match &newest.0.outcome {
            Outcome::Report(report) if report.fraction().is_some() => Some((report, newest.0.finished_at)),
            _ => None,
        }
    }
}

/// A job as it is copied. Leases are not: a job that was under one waits again.
#[derive(Debug, Clone, PartialEq)]
pub struct WholeJob {
    /// Where it stands.
    pub state: JobState,
    /// Which work goes first.
    pub lane: Lane,
    /// Its turn among those of its lane; the lower, the sooner.
    pub turn: u64,
    /// Not to be claimed before this time.
    pub due_at: Timestamp,
    /// Gradings that ended in a fault since it was accepted or staff asked for it.
    pub faults: u32,
    /// Claims since then.
    pub claims: u32,
    /// Claims ever: the token of its newest lease.
    pub token: u64,
    /// The newest grading with a report.
    pub grading: Option<GradingId>,
    /// The fault that its newest grading ended in.
    pub fault: Option<Fault>,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobState {
    /// It waits.
    Queued,
    /// A worker has it.
    Leased,
    /// It has a report.
    Done,
    /// It is set aside.
    Failed,
    /// It was skipped.
    Superseded,
}

impl JobState {
    /// Its name in stores.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
        }
    }
}

impl FromStr for JobState {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let all = [Self::Queued, Self::Leased, Self::Done, Self::Failed, Self::Superseded];
        let found = all.into_iter().find(|state| state.as_str() == name);
        found.ok_or_else(|| format!("{name:?} is no state of a job"))
    }
}

/// What is removed because of its age. `None`: nothing of the kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// Notebooks, submitted and executed, of submissions received before this time.
    pub notebooks_before: Option<Timestamp>,
    /// Events of submissions received before this time.
    pub events_before: Option<Timestamp>,
}

/// Of how many submissions something was removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Expired {
    /// Submissions that lost their notebooks.
    pub notebooks: u64,
    /// Submissions that lost their events.
    pub events: u64,
}
