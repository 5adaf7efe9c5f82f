//! What every request and every loop works with.

use std::sync::Arc;

use materials::FolderMaterials;
use model::{
    NotebookLimits, ReceiptKey, UserName,
    ambient::{Clock, Entropy},
};
use store::{Scope, Store};
use tokio_util::sync::CancellationToken;

use crate::news::News;

/// The parts of a running service, shared by all requests and loops.
pub struct App {
    /// What survives.
    pub store: Arc<dyn Store>,
    /// Where autograders come from.
    pub materials: Arc<FolderMaterials>,
    /// Signs receipts.
    pub receipt_key: ReceiptKey,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Tells those who wait that something happened.
    pub news: News,
    /// Cancelled when the service is to stop: no job is claimed any more. Submissions are still accepted, and graded
    /// after the next start.
    pub stopping: CancellationToken,
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
