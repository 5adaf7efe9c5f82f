//! What every request works with.

use std::{ops::Deref, sync::Arc};

use model::{NotebookLimits, ReceiptKey, UserName};
use store::Scope;
use tokio_util::sync::CancellationToken;

use crate::{pressure::Pressure, workshop::Workshop};

/// The parts of a running service, shared by all requests. It has all that its [`Workshop`] has.
pub struct App {
    /// What it shares with the loops.
    pub workshop: Arc<Workshop>,
    /// Signs receipts.
    pub receipt_key: ReceiptKey,
    /// Keeps the queue from growing for ever.
    pub pressure: Pressure,
    /// Cancelled when the workers have ended: streams end, and no connection is accepted any more.
    pub closing: CancellationToken,
    /// What the operator chose.
    pub settings: Settings,
}

/// What the operator chose.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The path below which everything is served; starts and ends with `/`.
    pub prefix: String,
    /// The largest request body in bytes.
    pub max_submission_bytes: usize,
    /// What a notebook may be at most.
    pub notebook_limits: NotebookLimits,
    /// Whose work everything is, as long as there is no sign-in.
    pub single_user: UserName,
    /// Whether a new submission skips those of the same user and assignment that wait.
    pub skip_superseded: bool,
}

impl App {
    /// What a user may see.
    pub(crate) fn own(user: &UserName) -> Scope {
        Scope::Own(user.clone())
    }

    /// A path below the prefix.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.settings.prefix)
    }
}

impl Deref for App {
    type Target = Workshop;

    fn deref(&self) -> &Workshop {
        &self.workshop
    }
}
