//! The signs of life of a process, by which operators see who works.

use std::{sync::Arc, time::Duration};

use store::WorkerRecord;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::workshop::Workshop;

/// How often a sign of life is given.
const EVERY: Duration = Duration::from_secs(10);
/// A process that was silent for so long is forgotten.
const FORGET_AFTER: Duration = Duration::from_mins(10);

/// Tells the store from time to time that this process lives.
pub struct Heart {
    task: JoinHandle<()>,
    end: CancellationToken,
}

impl Heart {
    /// Begins to beat for a process.
    #[must_use]
    pub fn start(workshop: &Arc<Workshop>, record: WorkerRecord) -> Self {
        let (workshop, end) = (Arc::clone(workshop), CancellationToken::new());
        let ending = end.clone();
        let task = tokio::spawn(async move { beat(&workshop, record, &ending).await });
        Self { task, end }
    }

    /// Says goodbye. A store that is away is not waited for: it forgets this process by itself.
    pub async fn end(self) {
        self.end.cancel();
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the signs of life ended unexpectedly");
        }
    }
}

async fn beat(workshop: &Workshop, mut record: WorkerRecord, end: &CancellationToken) {
    let mut beats = tokio::time::interval(EVERY);
    beats.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = beats.tick() => {
                record.seen_at = workshop.clock.now();
                match workshop.store.heartbeat(&record).await {
                    Ok(()) => workshop.outage.over(),
                    Err(error) => workshop.outage.met(&error),
                }
            }
            () = end.cancelled() => break,
        }
    }
    let silent_since = workshop.clock.now() - FORGET_AFTER;
    if let Err(error) = workshop.store.goodbye(&record.id, silent_since).await {
        tracing::debug!(%error, "no goodbye could be said");
    }
}
