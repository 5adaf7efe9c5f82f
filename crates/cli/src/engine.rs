//! Puts the engine together that was asked for.

use std::{path::PathBuf, sync::Arc};

use grading::{
    AutoEngine, Engine, EngineChoice, Environments, OtterEngine, Supervisor, WarmEngine, WarmLimits,
};
use model::ambient::SystemEntropy;

/// What engines are made of.
pub(crate) struct Parts {
    pub(crate) environments: Arc<Environments>,
    pub(crate) supervisor: Supervisor,
    pub(crate) limits: WarmLimits,
    /// Where temporary folders go.
    pub(crate) scratch: PathBuf,
    /// Where the warm engine keeps its runner and, without namespaces, its jobs' files.
    pub(crate) warm: PathBuf,
    /// What all warm processes together may use, in bytes.
    pub(crate) warm_memory_bytes: u64,
}

/// The engine of this name.
pub(crate) fn engine(choice: EngineChoice, parts: &Parts) -> Arc<dyn Engine> {
    let otter = || {
        let (environments, supervisor) = (Arc::clone(&parts.environments), parts.supervisor.clone());
        OtterEngine::new(environments, supervisor, parts.limits.all, parts.scratch.clone())
    };
    let warm = || {
        let (environments, supervisor) = (Arc::clone(&parts.environments), parts.supervisor.clone());
        let (root, memory) = (parts.warm.clone(), parts.warm_memory_bytes);
        WarmEngine::new(environments, supervisor, parts.limits, root, memory, Arc::new(SystemEntropy))
    };
    match choice {
        EngineChoice::Auto => Arc::new(AutoEngine::new(warm(), otter())),
        EngineChoice::Warm => Arc::new(warm()),
        EngineChoice::Otter => Arc::new(otter()),
    }
}
