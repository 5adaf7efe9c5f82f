//! Where a grade can go, and what came of sending it.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use model::{AssignmentKey, GradingId, Points, SubmissionId, UserName};
use outbound::Url;

/// The grade of a user for an assignment, on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct GradeToSend {
    /// The grading that made it; names the delivery.
    pub grading: GradingId,
    /// The submission that counts.
    pub submission: SubmissionId,
    /// Whose it is.
    pub user: UserName,
    /// For what.
    pub key: AssignmentKey,
    /// What was earned.
    pub score: Points,
    /// What could be earned.
    pub max_score: Points,
    /// When the grade was set.
    pub graded_at: Timestamp,
    /// Later than that of every other try for this user and assignment.
    pub stamp: Timestamp,
    /// Where the feedback is, for people.
    pub page: Option<Url>,
}

/// One place at a platform that takes the grade of one user for one assignment.
#[async_trait]
pub trait Destination: Send + Sync + fmt::Debug {
    /// Which platform it is, for logs, and to tell which deliveries fail together: usually `https://host`.
    fn platform(&self) -> &str;

    /// Sends a grade. Sending it again does no harm.
    async fn send(&self, grade: &GradeToSend) -> Verdict;
}

/// What came of sending. The words are the platform's or, where it said nothing, ours; short, and without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The platform has the grade.
    Posted {
        /// What it said.
        words: String,
    },
    /// The platform does not take it, and would not the next time either.
    Refused {
        /// What it said.
        words: String,
    },
    /// It cannot be sent, and the platform was not asked.
    Unsendable {
        /// Why.
        words: String,
    },
    /// It may work later.
    Again {
        /// What it said, or why it could not be asked.
        words: String,
        /// How long it wants to be left alone.
        after: Option<Duration>,
    },
}

impl Verdict {
    /// What was said.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Self::Posted { words }
            | Self::Refused { words }
            | Self::Unsendable { words }
            | Self::Again { words, .. } => words,
        }
    }

    pub(crate) fn unsendable(words: impl Into<String>) -> Self {
        Self::Unsendable { words: words.into() }
    }

    pub(crate) fn again(words: impl Into<String>) -> Self {
        Self::Again { words: words.into(), after: None }
    }

    /// For an assignment without points: no part of nothing can be told to a gradebook.
    pub(crate) fn worth_nothing() -> Self {
        Self::unsendable("The assignment is worth no points, so there is no score that could be posted.")
    }
}
