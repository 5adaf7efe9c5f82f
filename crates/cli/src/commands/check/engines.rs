//! What reads autograders and grades notebooks, put together as for `grade`.

use std::{os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use anyhow::Context;
use grading::{AutoEngine, Engine, EngineChoice, OtterEngine, Supervisor, WarmEngine};
use indicatif::ProgressBar;
use model::ambient::SystemEntropy;
use tempfile::TempDir;

use super::look::Looker;
use crate::{commands::environment::default_root, config::Config, environment};

/// A folder for all that is temporary.
pub(super) fn scratch() -> anyhow::Result<TempDir> {
    // Whoever runs a submission may pass through.
    let everybody_may_pass = PermissionsExt::from_mode(0o711);
    let made = tempfile::Builder::new().prefix("otter-check-").permissions(everybody_may_pass).tempdir();
    made.context("no temporary folder")
}

/// What looks, and the line in the terminal that tells of environments being built. A configured service's environments
/// are those in its data folder.
pub(super) fn looker(
    config: &Config,
    is_service: bool,
    scratch: &Path,
) -> anyhow::Result<(Looker, ProgressBar)> {
    let supervisor = Supervisor::this_program();
    let (gradings, warm_root) = (scratch.to_owned(), scratch.join("warm"));
    std::fs::create_dir(&warm_root).context("no temporary folder")?;
    let own = config.data_dir.join("environments");
    // A visit leaves no data folder behind where there was none.
    let root = if is_service && own.is_dir() { own } else { default_root() };
    let (environments, progress) = environment::open(&config.environments, &root, scratch, &supervisor)?;
    let environments = Arc::new(environments);
    let (entropy, memory) = (Arc::new(SystemEntropy), config.warm_memory_bytes);
    let (limits, choice) = (config.limits, config.engine);
    let warm =
        WarmEngine::new(Arc::clone(&environments), supervisor.clone(), limits, warm_root, memory, entropy);
    let otter = OtterEngine::new(environments, supervisor, limits.all, gradings.clone());
    let engine: Arc<dyn Engine> = match choice {
        EngineChoice::Auto => Arc::new(AutoEngine::new(warm.clone(), otter)),
        EngineChoice::Warm => Arc::new(warm.clone()),
        EngineChoice::Otter => Arc::new(otter),
    };
    Ok((Looker { warm, engine, choice, limits, scratch: gradings }, progress))
}
