//! Workers: each takes a job, grades it, takes the next.

use std::{panic::AssertUnwindSafe, path::PathBuf, sync::Arc, time::Duration};

use futures_util::FutureExt;
use grading::Engine;
use model::GradePolicy;
use store::WorkerId;
use tokio::task::JoinSet;

use super::job;
use crate::app::App;

/// How long a worker without a job waits before it looks again: jobs may have become due, or come from elsewhere.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What the operator chose for workers.
#[derive(Debug, Clone)]
pub struct WorkSettings {
    /// How many grade at a time.
    pub jobs: usize,
    /// How long a job stays a worker's without a sign of life.
    pub lease: Duration,
    /// How long running gradings may go on when the service stops.
    pub drain: Duration,
    /// Which submission counts.
    pub policy: GradePolicy,
    /// A folder for what is only needed while a grading runs.
    pub scratch: PathBuf,
}

/// Everything a worker needs.
pub(super) struct Worker {
    pub(super) app: Arc<App>,
    pub(super) engine: Arc<dyn Engine>,
    pub(super) id: WorkerId,
    pub(super) settings: WorkSettings,
}

/// The running workers.
pub struct Workers {
    tasks: JoinSet<()>,
}

impl Workers {
    /// Starts workers that grade with `engine` under the name `id` until the service stops.
    #[must_use]
    pub fn start(app: &Arc<App>, engine: &Arc<dyn Engine>, id: &WorkerId, settings: &WorkSettings) -> Self {
        let mut tasks = JoinSet::new();
        for _ in 0..settings.jobs {
            let worker = Worker {
                app: Arc::clone(app),
                engine: Arc::clone(engine),
                id: id.clone(),
                settings: settings.clone(),
            };
            tasks.spawn(async move { worker.work().await });
        }
        Self { tasks }
    }

    /// Returns when every worker has ended, which is some time after the service is told to stop.
    pub async fn ended(mut self) {
        while let Some(ended) = self.tasks.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a worker ended unexpectedly");
            }
        }
    }
}

impl Worker {
    async fn work(self) {
        let stopping = self.app.stopping.clone();
        while !stopping.is_cancelled() {
            let claimed = self.app.store.claim(&self.id, self.app.clock.now(), self.settings.lease).await;
            match claimed {
                Ok(Some(job)) => {
                    // There may be more: another worker that waits should look, too.
                    self.app.news.job();
                    // A defect in one job must not end the worker. The job's lease runs out and it is taken again.
                    let submission = job.submission.id;
                    if AssertUnwindSafe(job::work_on(&self, job)).catch_unwind().await.is_err() {
                        tracing::error!(%submission, "a worker panicked over this job");
                    }
                }
                Ok(None) => {
                    tokio::select! {
                        () = self.app.news.wait_for_job(LOOK_AGAIN) => {}
                        () = stopping.cancelled() => {}
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "no job could be claimed; trying again");
                    tokio::select! {
                        () = tokio::time::sleep(LOOK_AGAIN) => {}
                        () = stopping.cancelled() => {}
                    }
                }
            }
        }
    }
}
