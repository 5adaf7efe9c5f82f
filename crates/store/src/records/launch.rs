//! What learning platforms said when they sent a user here.

use jiff::Timestamp;
use model::{AssignmentKey, UserName};
use serde::{Deserialize, Serialize};

/// The last launch of a user for an assignment, or for none in particular.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaunchRecord {
    /// Who came.
    pub user: UserName,
    /// For which assignment, if the platform said so.
    pub key: Option<AssignmentKey>,
    /// When.
    pub at: Timestamp,
    /// What the server makes of it, at most 16 KiB as JSON; the store does not look into it.
    pub data: serde_json::Value,
}
