//! What requests and loops both work with.

use std::sync::Arc;

use materials::Materials;
use model::ambient::{Clock, Entropy};
use store::Store;
use tokio_util::sync::CancellationToken;

use crate::{news::News, outage::Outage, rules::Rules};

/// The parts of a running process, whether it answers requests, grades, or both.
pub struct Workshop {
    /// What survives.
    pub store: Arc<dyn Store>,
    /// Where autograders come from.
    pub materials: Arc<Materials>,
    /// What follows from reports.
    pub rules: Rules,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// Tells those who wait that something happened.
    pub news: News,
    /// Whether the store is away, so that it is told once.
    pub outage: Outage,
    /// Cancelled when the process is to stop: no job is claimed any more. Submissions are still accepted, and graded
    /// by others or after the next start.
    pub stopping: CancellationToken,
}

impl Workshop {
    /// The parts of a process that begins.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        materials: Arc<Materials>,
        rules: Rules,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let (news, outage, stopping) = (News::default(), Outage::default(), CancellationToken::new());
        Self { store, materials, rules, clock, entropy, news, outage, stopping }
    }
}
