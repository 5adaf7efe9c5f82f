//! Workers: each takes a job, grades it, takes the next.

use std::{panic::AssertUnwindSafe, path::PathBuf, sync::Arc, time::Duration};

use futures_util::FutureExt;
use grading::Engine;
use store::{Job, WorkerId};
use tokio::{sync::Mutex, task::JoinSet};

use super::job;
use crate::{outage, workshop::Workshop};

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
    /// A folder for what is only needed while a grading runs.
    pub scratch: PathBuf,
}

/// Everything a worker needs.
pub(super) struct Worker {
    pub(super) workshop: Arc<Workshop>,
    pub(super) engine: Arc<dyn Engine>,
    pub(super) id: WorkerId,
    pub(super) settings: WorkSettings,
    /// Held by the one who looks for jobs on behalf of all who have none.
    lookout: Arc<Mutex<()>>,
}

/// The running workers.
pub struct Workers {
    tasks: JoinSet<()>,
}

impl Workers {
    /// Starts workers that grade with `engine` under the name `id` until the service stops.
    #[must_use]
    pub fn start(
        workshop: &Arc<Workshop>,
        engine: &Arc<dyn Engine>,
        id: &WorkerId,
        settings: &WorkSettings,
    ) -> Self {
        let mut tasks = JoinSet::new();
        let lookout = Arc::new(Mutex::new(()));
        for _ in 0..settings.jobs {
            let worker = Worker {
                workshop: Arc::clone(workshop),
                engine: Arc::clone(engine),
                id: id.clone(),
                settings: settings.clone(),
                lookout: Arc::clone(&lookout),
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
        let Workshop { store, clock, news, outage, stopping, .. } = &*self.workshop;
        let mut failures = 0;
        while !stopping.is_cancelled() {
            match store.claim(&self.id, clock.now(), self.settings.lease).await {
                Ok(claimed) => {
                    failures = 0;
                    outage.over();
                    match claimed {
                        Some(job) => {
                            // There may be more: another worker that waits should look, too.
                            news.job();
                            self.attempt(job).await;
                        }
                        None => self.wait_for_job().await,
                    }
                }
                Err(error) => {
                    outage.met(&error);
                    failures += 1;
                    tokio::select! {
                        () = tokio::time::sleep(outage::pause(failures)) => {}
                        () = stopping.cancelled() => {}
                    }
                }
            }
        }
    }

    /// A defect in one job must not end the worker. The job's lease runs out and it is taken again.
    async fn attempt(&self, job: Job) {
        let submission = job.submission.id;
        if AssertUnwindSafe(job::work_on(self, job)).catch_unwind().await.is_err() {
            tracing::error!(%submission, "a worker panicked over this job");
        }
    }

    /// Returns when there may be a job, or when it is this worker's turn to look whether there is one: of all that wait,
    /// one at a time looks, so that a store is not asked more often the more workers there are.
    async fn wait_for_job(&self) {
        let turn = async {
            let _lookout = self.lookout.lock().await;
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        tokio::select! {
            () = self.workshop.news.next_job() => {}
            () = turn => {}
            () = self.workshop.stopping.cancelled() => {}
        }
    }
}
