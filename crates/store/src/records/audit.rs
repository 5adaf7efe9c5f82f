//! The audit trail: who did what to whose work.

use jiff::Timestamp;
use model::{AuditId, Name, SubmissionId, UserName};
use serde::{Deserialize, Serialize};

/// One entry. Entries are only ever added, and outlive what they are about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its id, sortable by time.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who: a user's name, or `operator` for the command line.
    pub actor: String,
    /// What was done, in one or two words: `regrade`, `resend`, `erase`, `export`.
    pub action: String,
    /// In which course, where it was in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<Name>,
    /// To whose work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserName>,
    /// To which submission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submission: Option<SubmissionId>,
    /// From where, as far as it is known: an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What else there is to say, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
