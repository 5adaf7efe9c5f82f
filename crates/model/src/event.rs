//! What happens to a submission, step by step.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{ids::SubmissionId, points::Points};

/// One step of a submission's way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its place among the submission's events, from 1, without gaps.
    pub seq: u64,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it: a worker, or a member of staff. Nobody where it was the student or the service as such. Not for
    /// students' eyes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub step: Step,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Step {
    /// It is accepted and durable.
    Received,
    /// It waits to be graded.
    Queued {
        /// Its place in the queue, from 1.
        position: u64,
    },
    /// A worker has begun to grade it.
    Started {
        /// Which try this is, from 1.
        attempt: u32,
    },
    /// The notebook's code runs.
    Cell {
        /// The code cell that runs now, from 1.
        cell: u32,
        /// How many code cells there are.
        of: u32,
    },
    /// A question was judged.
    Question {
        /// Its name.
        name: String,
        /// What was earned.
        score: Points,
        /// What could be earned.
        max_score: Points,
    },
    /// The grading stopped before its end (the service restarts) and begins anew.
    Released,
    /// The grading failed through no fault of the student; it will be tried again.
    Delayed {
        /// When, at the earliest.
        retry_at: Timestamp,
    },
    /// There is a report.
    Graded {
        /// What was earned.
        score: Points,
        /// What could be earned.
        max_score: Points,
    },
    /// The notebook cannot be graded by this assignment's autograder; the report says why.
    Rejected,
    /// The grading failed for good through no fault of the student; staff must look at it.
    Failed,
    /// It is not graded, because the same user submitted again for the same assignment before its turn came.
    Superseded {
        /// The newer submission.
        newer: SubmissionId,
    },
    /// Staff asked for a new grading.
    Regrade,
    /// The grade is on its way to the learning platform.
    Sending {
        /// Which try this is, from 1.
        attempt: u32,
    },
    /// The learning platform has the grade.
    Posted,
    /// The grade did not reach the learning platform yet; it will be sent again.
    NotPosted {
        /// When, at the earliest.
        retry_at: Timestamp,
    },
    /// The learning platform refused the grade, or could not be reached for too long; staff can send it again.
    NotAccepted,
}

impl Step {
    /// The step's kind, as it is named on the wire.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Queued { .. } => "queued",
            Self::Started { .. } => "started",
            Self::Cell { .. } => "cell",
            Self::Question { .. } => "question",
            Self::Released => "released",
            Self::Delayed { .. } => "delayed",
            Self::Graded { .. } => "graded",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Superseded { .. } => "superseded",
            Self::Regrade => "regrade",
            Self::Sending { .. } => "sending",
            Self::Posted => "posted",
            Self::NotPosted { .. } => "not_posted",
            Self::NotAccepted => "not_accepted",
        }
    }

    /// Whether grading is over with it: what follows concerns the delivery of the grade, unless somebody asks for a new
    /// grading.
    #[must_use]
    pub fn is_last(&self) -> bool {
        match self {
            Self::Received
            | Self::Queued { .. }
            | Self::Started { .. }
            | Self::Cell { .. }
            | Self::Question { .. }
            | Self::Released
            | Self::Delayed { .. }
            | Self::Regrade => false,
            Self::Graded { .. }
            | Self::Rejected
            | Self::Failed
            | Self::Superseded { .. }
            | Self::Sending { .. }
            | Self::Posted
            | Self::NotPosted { .. }
            | Self::NotAccepted => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_the_tag_on_the_wire() {
        let points = Points::new(1.5).unwrap();
        let at = Timestamp::UNIX_EPOCH;
        let steps = [
            Step::Received,
            Step::Queued { position: 3 },
            Step::Started { attempt: 1 },
            Step::Cell { cell: 12, of: 40 },
            Step::Question { name: "q3".into(), score: points, max_score: points },
            Step::Released,
            Step::Delayed { retry_at: at },
            Step::Graded { score: points, max_score: points },
            Step::Rejected,
            Step::Failed,
            Step::Superseded { newer: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap() },
            Step::Regrade,
            Step::Sending { attempt: 1 },
            Step::Posted,
            Step::NotPosted { retry_at: at },
            Step::NotAccepted,
        ];
        let wire: Vec<_> = (1..)
            .zip(steps)
            .map(|(seq, step)| {
                let kind = step.kind();
                let actor = matches!(step, Step::Regrade).then(|| "staff:grace".to_owned());
                let value = serde_json::to_value(Event { seq, at, actor, step }).unwrap();
                assert_eq!(value["event"], kind);
                value
            })
            .collect();
        insta::assert_json_snapshot!(wire);
    }
}
