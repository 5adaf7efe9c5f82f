//! Why Firestore did not do what it was asked.

use std::error::Error as _;

use serde_json::Value as Json;
use thiserror::Error;

use crate::error::{LeaseError, StoreError};

/// A call that failed once. Never says what was in a document.
#[derive(Debug, Error)]
pub(in super::super) enum Refusal {
    /// No answer, or none to the end.
    #[error("no answer from Firestore: {0}")]
    Silence(String),
    /// An answer that is no JSON.
    #[error("Firestore answered a {verb} with something unreadable")]
    Nonsense {
        /// What was asked.
        verb: String,
    },
    /// It said no.
    #[error("Firestore refused a {verb}: {status}{message}")]
    Said {
        /// What was asked.
        verb: String,
        /// The code, for instance `ABORTED` (<https://cloud.google.com/apis/design/errors#handling_errors>).
        status: String,
        /// `: ` and the reason in words, where they cannot quote a document.
        message: String,
    },
    /// There is no access token to ask with.
    #[error("no access token for Firestore: {0}")]
    Token(String),
}

/// Why a commit did not happen.
#[derive(Debug, Error)]
pub(in super::super) enum CommitError {
    /// A document is not, or is no longer, what the commit is conditional on.
    #[error("another write came first")]
    Conflict,
    /// It cannot be written like this.
    #[error(transparent)]
    Invalid(Refusal),
    /// The store itself failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// No message is longer, in characters.
const LONGEST: usize = 400;

impl Refusal {
    pub(super) fn said(verb: &str, code: u16, body: &[u8]) -> Self {
        let body: Json = serde_json::from_slice(body).unwrap_or_default();
        // Calls that answer with a list put the error into it.
        let error = body.get("error").or_else(|| body.get(0)?.get("error"));
        let say = |key: &str| error.and_then(|error| error[key].as_str());
        let status = say("status").map_or_else(|| format!("HTTP {code}"), Into::into);
        let message = match say("message") {
            // Would quote what it does not like.
            _ if status == "INVALID_ARGUMENT" => String::new(),
            Some(message) => format!(": {}", message.chars().take(LONGEST).collect::<String>()),
            None => String::new(),
        };
        Self::Said { verb: verb.to_owned(), status, message }
    }

    fn status(&self) -> &str {
        match self {
            Self::Said { status, .. } => status,
            _ => "",
        }
    }

    /// A precondition of a commit does not hold.
    pub(super) fn is_conflict(&self) -> bool {
        // That the database is not there is met before, by a read.
        matches!(self.status(), "ALREADY_EXISTS" | "FAILED_PRECONDITION" | "NOT_FOUND")
    }

    pub(super) fn is_invalid(&self) -> bool {
        self.status() == "INVALID_ARGUMENT"
    }

    /// Another try may end otherwise.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Silence(_) | Self::Nonsense { .. } | Self::Token(_) => true,
            Self::Said { status, .. } => match status.as_str() {
                "ABORTED" | "RESOURCE_EXHAUSTED" | "UNAVAILABLE" | "INTERNAL" | "UNKNOWN" | "CANCELLED"
                | "DEADLINE_EXCEEDED" | "UNAUTHENTICATED" => true,
                other => other.starts_with("HTTP 5") || matches!(other, "HTTP 408" | "HTTP 429"),
            },
        }
    }

    /// The commit did certainly not happen.
    pub(super) fn tells_that_nothing_happened(&self) -> bool {
        matches!(self, Self::Token(_))
            || matches!(
                self.status(),
                "ABORTED" | "RESOURCE_EXHAUSTED" | "UNAUTHENTICATED" | "PERMISSION_DENIED"
            )
    }
}

impl From<reqwest::Error> for Refusal {
    fn from(error: reqwest::Error) -> Self {
        // What went wrong is in the causes ("connection refused").
        let mut causes = String::new();
        let mut cause = error.source();
        while let Some(deeper) = cause {
            causes.push_str(": ");
            causes.push_str(&deeper.to_string());
            cause = deeper.source();
        }
        Self::Silence(format!("{}{causes}", error.without_url()))
    }
}

impl From<CommitError> for StoreError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => error,
            other => Self::Unavailable(other.into()),
        }
    }
}

impl From<CommitError> for LeaseError {
    fn from(error: CommitError) -> Self {
        Self::Store(error.into())
    }
}
