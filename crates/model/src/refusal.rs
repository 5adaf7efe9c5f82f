//! Why a submission is not accepted.

use jiff::Timestamp;
use thiserror::Error;

use crate::names::NameError;

/// A submission that cannot be accepted, with what is wrong, where, and what to do.
///
/// Always the fault of what was sent, never ours. The text goes to the student as it is, so it holds nothing that
/// the sender did not send.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The body is not JSON.
    #[error("The request's body is not JSON (line {line}, column {column}).")]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// Arrays and objects nest too deep.
    #[error("The request's JSON nests deeper than {limit} levels, which no notebook does.")]
    TooDeep {
        /// The deepest nesting that is taken.
        limit: usize,
    },
    /// More bytes than the configured limit.
    #[error("The submission is larger than {} MiB.", limit_bytes / (1024 * 1024))]
    TooLarge {
        /// The most bytes that are taken.
        limit_bytes: usize,
    },
    /// The body has no notebook.
    #[error("The request holds no notebook: its JSON must be an object with the member `nb`.")]
    NoNotebook,
    /// `nb` is something else than a Jupyter notebook.
    #[error("What was sent as `nb` is not a Jupyter notebook: at `{at}`, {problem}.")]
    NotANotebook {
        /// JSON pointer (RFC 6901) into the request's body.
        at: String,
        /// What is wrong there, as the end of a sentence.
        problem: String,
    },
    /// The notebook does not say what it is a submission for.
    #[error(
        "The notebook's metadata has no `otter_service` entry, so it does not say which assignment it is for."
    )]
    NoMetadata,
    /// Some of the three names are missing.
    #[error("The notebook's `otter_service` metadata lacks {}.", missing.join(" and "))]
    IncompleteMetadata {
        /// The missing members.
        missing: Vec<&'static str>,
    },
    /// One of the three names is not a name.
    #[error("The {field} in the notebook's `otter_service` metadata is not a valid name: {problem}.")]
    BadName {
        /// `course`, `section` or `assignment`.
        field: &'static str,
        /// What is wrong with it.
        problem: NameError,
    },
    /// One of the three names is not text.
    #[error("The {field} in the notebook's `otter_service` metadata is not text.")]
    NameNotText {
        /// `course`, `section` or `assignment`.
        field: &'static str,
    },
    /// No such course here.
    #[error("This service grades no course named `{course}`.")]
    UnknownCourse {
        /// As the notebook names it.
        course: String,
    },
    /// The course has no such section.
    #[error("The course `{course}` has no section named `{section}`.")]
    UnknownSection {
        /// As the notebook names it.
        course: String,
        /// As the notebook names it.
        section: String,
    },
    /// The section has no such assignment.
    #[error("Section `{section}` of the course `{course}` has no assignment named `{assignment}`.")]
    UnknownAssignment {
        /// As the notebook names it.
        course: String,
        /// As the notebook names it.
        section: String,
        /// As the notebook names it.
        assignment: String,
    },
    /// The assignment takes no work any more.
    #[error("{}", too_late(*due, *end))]
    TooLate {
        /// When it was due.
        due: Timestamp,
        /// Until when late work was taken; the due date where none is.
        end: Timestamp,
    },
    /// The student has submitted as often as may be.
    #[error("You have used all {allowed} of your attempts at this assignment.")]
    NoAttemptsLeft {
        /// How many there are.
        allowed: u32,
    },
}

fn too_late(due: Timestamp, end: Timestamp) -> String {
    // In UTC: nobody says where the student is.
    let said = |at: Timestamp| at.strftime("%-d %B %Y, %H:%M UTC").to_string();
    let was_due = format!("This assignment was due on {}", said(due));
    if end == due {
        format!("{was_due}.")
    } else {
        format!("{was_due}, and late work was taken until {}.", said(end))
    }
}

impl Refusal {
    /// A short, stable name of the kind, used as the end of the problem's type URI.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        match self {
            Self::NotJson { .. } => "not-json",
            Self::TooDeep { .. } => "too-deep",
            Self::TooLarge { .. } => "too-large",
            Self::NoNotebook => "no-notebook",
            Self::NotANotebook { .. } => "not-a-notebook",
            Self::NoMetadata => "no-metadata",
            Self::IncompleteMetadata { .. } => "incomplete-metadata",
            Self::BadName { .. } | Self::NameNotText { .. } => "bad-name",
            Self::UnknownCourse { .. } => "unknown-course",
            Self::UnknownSection { .. } => "unknown-section",
            Self::UnknownAssignment { .. } => "unknown-assignment",
            Self::TooLate { .. } => "too-late",
            Self::NoAttemptsLeft { .. } => "no-attempts-left",
        }
    }

    /// What the person who sent it can do, as one sentence.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NotJson { .. } | Self::NoNotebook => {
                "Send a JSON object of the form {\"nb\": NOTEBOOK}, where NOTEBOOK is the content of the .ipynb file."
            }
            Self::TooDeep { .. } => {
                "Clear the notebook's outputs (Edit, Clear Outputs of All Cells), save and submit again."
            }
            Self::TooLarge { .. } => {
                "Clear the notebook's outputs (Edit, Clear Outputs of All Cells) and remove pasted images, then save and submit again."
            }
            Self::NotANotebook { .. } => {
                "Open the file in Jupyter and save it again (notebook format 4); if Jupyter cannot open it, start from a fresh copy of the assignment."
            }
            Self::NoMetadata
            | Self::IncompleteMetadata { .. }
            | Self::BadName { .. }
            | Self::NameNotText { .. } => {
                "Start from a fresh copy of the assignment, which carries this metadata, and copy your answers into it; or ask the course staff."
            }
            Self::UnknownCourse { .. } | Self::UnknownSection { .. } | Self::UnknownAssignment { .. } => {
                "Check that you submit the notebook of this course, and ask the course staff if you do: the assignment may not be set up yet."
            }
            Self::TooLate { .. } => {
                "What you submitted before stays and counts. Ask the course staff if you think that you should have more time."
            }
            Self::NoAttemptsLeft { .. } => {
                "What you submitted before stays and counts. Ask the course staff if something went wrong."
            }
        }
    }
}
