//! Tokens of the service's own.

use jiff::Timestamp;
use model::{TokenHash, TokenId, UserName};
use serde::{Deserialize, Serialize};

/// A token as it is kept: without the token itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Names it in lists, and where it is revoked.
    pub id: TokenId,
    /// Whom it acts for.
    pub user: UserName,
    /// What it is for, in its owner's words.
    pub label: String,
    /// By which it is known again.
    pub hash: TokenHash,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is good for nothing any more; `None`: it stays good.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl TokenRecord {
    /// Whether it is good at a time: neither revoked nor expired.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}
