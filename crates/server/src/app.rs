//! What every request works with.

use std::{ops::Deref, sync::Arc};

use model::{AssignmentKey, NotebookLimits, ReceiptKey, UserName, Visibility};
use passback::ToolKeys;
use secrecy::SecretString;
use store::Scope;
use tokio_util::sync::CancellationToken;

use crate::{
    api::admission::Turnstile, identity::Door, intake::Intake, pressure::Pressure, workshop::Workshop,
};

/// The parts of a running service, shared by all requests. It has all that its [`Workshop`] has.
pub struct App {
    /// What it shares with the loops.
    pub workshop: Arc<Workshop>,
    /// Signs receipts.
    pub receipt_key: ReceiptKey,
    /// Keeps the bodies of requests from taking all of the memory.
    pub intake: Intake,
    /// Keeps the queue from growing for ever.
    pub pressure: Pressure,
    /// How people come in, and who may do what.
    pub door: Door,
    /// The keys by which learning platforms know this tool, if there are any.
    pub tool_keys: Option<Arc<ToolKeys>>,
    /// Lets attempts in one by one.
    pub turnstile: Turnstile,
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
    /// Which sites may show these pages within theirs, as `frame-ancestors` has them; none if it is empty.
    pub frame_ancestors: Vec<String>,
    /// Whether a new submission skips those of the same user and assignment that wait.
    pub skip_superseded: bool,
    /// What GitHub signs its pushes with; none are heard without.
    pub webhook_secret: Option<SecretString>,
}

impl App {
    /// What a user may see.
    pub(crate) fn own(user: &UserName) -> Scope {
        Scope::Own(user.clone())
    }

    /// How much of reports for an assignment students see. As long as nobody says, as when it is no more in the course's
    /// file: the least.
    pub(crate) fn visibility(&self, key: &AssignmentKey) -> Visibility {
        self.materials.assignment(key).map_or(Visibility::Public, |assignment| assignment.visibility)
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
