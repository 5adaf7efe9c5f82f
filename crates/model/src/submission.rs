//! A submission: one notebook by one user for one assignment.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    ids::SubmissionId,
    names::{AssignmentKey, UserName},
};

/// The SHA-256 of a notebook's bytes as they were submitted; 64 lower-case hexadecimal digits as text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NotebookHash([u8; 32]);

impl NotebookHash {
    /// Hashes a notebook's bytes.
    #[must_use]
    pub fn of(notebook: &[u8]) -> Self {
        Self(Sha256::digest(notebook).into())
    }
}

impl fmt::Display for NotebookHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for NotebookHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NotebookHash({self})")
    }
}

impl FromStr for NotebookHash {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a SHA-256 is 64 lower-case hexadecimal digits".to_owned();
        if text.len() != 64 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(wrong());
        }
        let mut hash = [0; 32];
        for (byte, digits) in hash.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(hash))
    }
}

impl TryFrom<String> for NotebookHash {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<NotebookHash> for String {
    fn from(hash: NotebookHash) -> String {
        hash.to_string()
    }
}

/// What is known of a submission from the moment it is accepted; never changes afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// Its id.
    pub id: SubmissionId,
    /// Whose work it is.
    pub user: UserName,
    /// What it is a submission for.
    #[serde(flatten)]
    pub key: AssignmentKey,
    /// When the service received it, by the service's clock.
    pub received_at: Timestamp,
    /// The notebook's hash.
    pub sha256: NotebookHash,
    /// The notebook's size in bytes.
    pub size_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_read_back_and_are_the_standard_ones() {
        let hash = NotebookHash::of(b"abc");
        assert_eq!(hash.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert!("BA7816".parse::<NotebookHash>().is_err());
        assert!("g".repeat(64).parse::<NotebookHash>().is_err());
    }
}
