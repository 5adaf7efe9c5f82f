//! The outbox: grades on their way to a learning platform.

use std::{str::FromStr, time::Duration};

use jiff::Timestamp;
use model::{AssignmentKey, GradingId, Points, SubmissionId, UserName};
use serde::{Deserialize, Serialize};

use super::WorkerId;
use crate::error::StoreError;

/// The least by which two stamps differ: what stores keep of a time.
const A_MILLISECOND: Duration = Duration::from_millis(1);

/// What is kept as the words about a delivery that was set aside because it cannot be read.
pub(crate) const UNREADABLE: &str =
    "What the store holds of this delivery cannot be read; the log of the service says what it is.";

/// A delivery for a list. One that cannot be read is left out, and told of: it must not hide the others.
pub(crate) fn listed(read: Result<PassbackRecord, StoreError>) -> Option<PassbackRecord> {
    read.inspect_err(|error| tracing::error!(%error, "a delivery is missing in a list")).ok()
}

/// The delivery of one grade. It is named by the grading that made the grade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Passback {
    /// The grading that made the grade.
    pub grading: GradingId,
    /// The submission that counts.
    pub submission: SubmissionId,
    /// Whose grade it is.
    pub user: UserName,
    /// For what.
    #[serde(flatten)]
    pub key: AssignmentKey,
    /// Its place among the deliveries for this user and assignment, from 1. Only the newest is ever sent.
    pub seq: u64,
    /// What was earned.
    pub score: Points,
    /// What could be earned.
    pub max_score: Points,
    /// When the grade was set.
    pub graded_at: Timestamp,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassbackState {
    /// It is to be sent.
    Pending,
    /// It is being sent.
    Sending,
    /// The platform has it.
    Posted,
    /// The platform refused it; staff can send it again.
    Refused,
    /// The platform could not be reached for too long; staff can send it again.
    GivenUp,
    /// A newer grade took its place before the platform had it.
    Superseded,
    /// It is not sent, on purpose.
    Withheld,
}

impl PassbackState {
    /// All there are.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Sending,
        Self::Posted,
        Self::Refused,
        Self::GivenUp,
        Self::Superseded,
        Self::Withheld,
    ];

    /// Its name on the wire and in stores.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Posted => "posted",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
            Self::Superseded => "superseded",
            Self::Withheld => "withheld",
        }
    }
}

impl FromStr for PassbackState {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == name);
        found.ok_or_else(|| format!("{name:?} is no state of a delivery"))
    }
}

/// A delivery as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PassbackRecord {
    /// The delivery.
    #[serde(flatten)]
    pub passback: Passback,
    /// Where it stands.
    pub state: PassbackState,
    /// How often sending it was tried.
    pub attempts: u32,
    /// When it is sent at the earliest, while it is pending.
    pub due_at: Timestamp,
    /// What the platform said last, or why it could not be asked.
    pub words: Option<String>,
    /// When the state last changed.
    pub changed_at: Timestamp,
    /// The [stamp](PassbackJob::stamp) of the last try, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<Timestamp>,
}

impl PassbackRecord {
    /// As it is in a copy of the store, where nobody holds it: one that was being sent is to be sent.
    #[must_use]
    pub fn as_copied(&self) -> Self {
        let state = match self.state {
            PassbackState::Sending => PassbackState::Pending,
            state => state,
        };
        Self { state, ..self.clone() }
    }
}

/// A worker's hold on a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassbackLease {
    /// Which delivery.
    pub grading: GradingId,
    /// Who holds it.
    pub worker: WorkerId,
    /// Which hold it is: counts up with every claim.
    pub token: u64,
}

/// A claimed delivery.
#[derive(Debug, Clone)]
pub struct PassbackJob {
    /// The hold on it.
    pub lease: PassbackLease,
    /// What to deliver.
    pub passback: Passback,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// When the first try of this delivery was due: what a time after which one gives up counts from.
    pub since: Timestamp,
    /// The time that the platform is told: later than that of every other try for this user and assignment, by
    /// whichever process and whatever its clock says. Platforms ignore a score that is not later than the last one.
    pub stamp: Timestamp,
}

impl PassbackJob {
    /// The stamp of a try that begins now, after one with the stamp `last`.
    pub(crate) fn stamp_after(last: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let next = last.map_or(now, |last| last.saturating_add(A_MILLISECOND).unwrap_or(Timestamp::MAX));
        now.max(next)
    }
}

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassbackOutcome {
    /// The platform has it.
    Posted,
    /// The platform refused it for good.
    Refused,
    /// Try again, not before this time.
    Again(Timestamp),
    /// It was not tried at all, because the platform is known to be away: try it, not before this time. It does not
    /// count as a try, adds no event, and leaves the words of the last try as they are.
    Postponed(Timestamp),
    /// It was tried for too long.
    GivenUp,
}

/// How many deliveries are not where they are to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outbox {
    /// They are to be sent.
    pub pending: u64,
    /// They are being sent; those whose sender fell silent among them.
    pub sending: u64,
    /// The platform refused them.
    pub refused: u64,
    /// The platform could not be reached for too long.
    pub given_up: u64,
}
