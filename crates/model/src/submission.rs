//! A submission: one notebook by one user for one assignment.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    hashes::NotebookHash,
    ids::SubmissionId,
    names::{AssignmentKey, UserName},
};

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
