//! Why a tar archive is not unpacked.

use std::io;

use thiserror::Error;

use crate::unzip::{EntryName, UnzipError};

/// Why a tar archive is not unpacked: what is wrong, and where. Whole sentences.
#[derive(Debug, Error)]
pub enum TarballError {
    /// Bytes are missing or were changed on the way.
    #[error("The archive was cut off or damaged: {problem}.")]
    Damaged {
        /// What the reader ran into.
        problem: String,
    },
    /// It is whole, and not what `git archive` writes.
    #[error("The archive is none that git makes: {problem} (at or after {after}).")]
    Odd {
        /// The last entry before.
        after: EntryName,
        /// What is odd.
        problem: &'static str,
    },
    /// One of its entries, or all together, are refused as those of a zip would be.
    #[error(transparent)]
    Entry(#[from] UnzipError),
    /// Another commit's files.
    #[error("The archive is of another commit than was asked for: {found}.")]
    OtherCommit {
        /// What it says instead.
        found: EntryName,
    },
}

impl TarballError {
    /// Whether fetching it once more may give a good one.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }

    /// Whether this is about our disk or our folder, and not about the archive.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Entry(error) if error.is_ours())
    }

    /// What reading its bytes ran into.
    pub(super) fn reading(problem: io::Error) -> Self {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        match problem.kind() {
            // The kinds by which the decoder says that bytes are missing or make no sense; a disk's errors are others.
            InvalidData | InvalidInput | UnexpectedEof => Self::Damaged { problem: problem.to_string() },
            _ => UnzipError::io("reading it")(problem).into(),
        }
    }
}
