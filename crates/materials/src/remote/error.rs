//! Why a remote gave nothing.

use std::time::Duration;

use thiserror::Error;

/// Why a remote gave nothing, in words for the operator: each `problem` is one or two whole sentences that say what
/// is wrong and what to do, without any secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RemoteError {
    /// It cannot be reached, or its answer broke off; most likely it passes by itself.
    #[error("{problem}")]
    Away {
        /// What happened.
        problem: String,
    },
    /// It wants to be left alone for a while (a rate limit, maintenance).
    #[error("{problem}")]
    Busy {
        /// What it said.
        problem: String,
        /// How long it is not to be asked again.
        retry_after: Duration,
    },
    /// It does not let us in, or has no such repository or branch; somebody must change something.
    #[error("{problem}")]
    Refused {
        /// What it refused, and which permission or setting it needs.
        problem: String,
    },
    /// That commit's files cannot be used: too large, of an odd kind, or hostile. Fetching them again would give the
    /// same.
    #[error("{problem}")]
    Content {
        /// What is wrong with them.
        problem: String,
    },
    /// It is our machine that fails: the disk, a missing program.
    #[error("{problem}")]
    Ours {
        /// What is wrong here.
        problem: String,
    },
}

impl RemoteError {
    /// How long the remote is not to be asked again, if it said so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }

    /// Whether fetching the same commit again is in vain.
    #[must_use]
    pub fn is_about_content(&self) -> bool {
        matches!(self, Self::Content { .. })
    }
}
