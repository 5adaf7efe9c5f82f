//! Who waits for something learns at once that it happened. Only a hint: the store holds the truth, and a lost hint
//! costs those who also look from time to time nothing but that time.

use std::time::Duration;

use model::SubmissionId;
use tokio::sync::{Notify, broadcast};

/// Tells of new events and new jobs inside this process.
#[derive(Debug)]
pub struct News {
    events: broadcast::Sender<SubmissionId>,
    jobs: Notify,
    deliveries: Notify,
}

impl Default for News {
    fn default() -> Self {
        Self { events: broadcast::channel(1024).0, jobs: Notify::new(), deliveries: Notify::new() }
    }
}

impl News {
    /// Something happened to a submission.
    pub fn event(&self, submission: SubmissionId) {
        // Nobody may be listening.
        self.events.send(submission).ok();
    }

    /// There may be a job.
    pub fn job(&self) {
        self.jobs.notify_one();
    }

    /// There may be a grade to send.
    pub fn delivery(&self) {
        self.deliveries.notify_one();
    }

    /// Starts to listen for what happens to a submission. Begin before reading the store, so that nothing falls between.
    pub(crate) fn listen(&self, submission: SubmissionId) -> Listener {
        Listener { events: self.events.subscribe(), submission }
    }

    /// Returns when there may be a grade to send.
    pub(crate) async fn next_delivery(&self) {
        self.deliveries.notified().await;
    }

    /// Returns when there may be a job.
    pub(crate) async fn next_job(&self) {
        self.jobs.notified().await;
    }
}

/// Listens for what happens to one submission.
pub(crate) struct Listener {
    events: broadcast::Receiver<SubmissionId>,
    submission: SubmissionId,
}

impl Listener {
    /// Returns when something happened to the submission, or may have, or `most` has passed.
    pub(crate) async fn wait(&mut self, most: Duration) {
        let heard = async {
            loop {
                match self.events.recv().await {
                    Ok(submission) if submission != self.submission => {}
                    // Lagging behind means that hints were lost, so there may be something.
                    _ => return,
                }
            }
        };
        tokio::time::timeout(most, heard).await.ok();
    }
}
