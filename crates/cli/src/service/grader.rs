//! What grades in a process, whether it also serves or not.

use std::sync::Arc;

use grading::{Engine, Supervisor};
use server::{Heart, WorkSettings, Workers, Workshop};
use store::{WorkerId, WorkerRecord};

use super::{DataDir, Scratch, Signals};
use crate::{
    config::Config,
    engine::{Parts, engine},
    environment,
};

/// An engine, and where it works.
pub(crate) struct Grader {
    pub(crate) engine: Arc<dyn Engine>,
    settings: WorkSettings,
    // Last, because it takes the folders along.
    _scratch: Scratch,
}

impl Grader {
    /// Prepares the Python environment and the engine; `None` if a signal came meanwhile.
    pub(crate) async fn prepare(
        config: &Config,
        data: &DataDir,
        scratch: Scratch,
        signals: &mut Signals,
    ) -> anyhow::Result<Option<Self>> {
        let (supervisor, root) = (Supervisor::this_program(), data.environments());
        let (environments, standard) = tokio::select! {
            prepared = environment::prepare(&config.environments, &root, &scratch.gradings, &supervisor) => prepared?,
            () = signals.stop() => return Ok(None),
        };
        tracing::info!(
            python = %standard.python.display(), version = standard.python_version, otter = standard.otter_version,
            "Python environment ready"
        );
        for weakness in environment::weaknesses(&standard) {
            tracing::warn!("{weakness}");
        }
        let settings = WorkSettings {
            jobs: config.jobs,
            lease: config.lease,
            drain: config.drain,
            scratch: scratch.gradings.clone(),
        };
        let engine = engine(
            config.engine,
            &Parts {
                environments,
                supervisor,
                limits: config.limits,
                scratch: scratch.gradings.clone(),
                warm: scratch.warm.clone(),
                warm_memory_bytes: config.warm_memory_bytes,
            },
        );
        Ok(Some(Self { engine, settings, _scratch: scratch }))
    }

    pub(crate) fn start(&self, workshop: &Arc<Workshop>, me: &WorkerId) -> Workers {
        Workers::start(workshop, &self.engine, me, &self.settings)
    }
}

/// Gives signs of life for this process.
pub(crate) fn heart(workshop: &Arc<Workshop>, me: &WorkerId, jobs: usize) -> Heart {
    let now = workshop.clock.now();
    let record = WorkerRecord {
        id: me.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        jobs: u32::try_from(jobs).unwrap_or(u32::MAX),
        started_at: now,
        seen_at: now,
    };
    Heart::start(workshop, record)
}

/// Begins no further grading, and lets those that run end; a second signal gives them up.
pub(crate) async fn drain(
    workshop: &Workshop,
    workers: Option<Workers>,
    config: &Config,
    signals: &mut Signals,
) {
    tracing::info!(
        "stopping: no further gradings begin, running ones have {} s to end",
        config.drain.as_secs()
    );
    workshop.stopping.cancel();
    let Some(workers) = workers else { return };
    tokio::select! {
        () = workers.ended() => {}
        () = signals.stop() => tracing::warn!("told to stop again: running gradings are given up and begin anew after the next start"),
    }
}
