//! What the stage found and made, told to the jobs through the zygote's environment.

use std::{io, path::PathBuf, sync::OnceLock};

use serde::{Deserialize, Serialize};

use crate::{cgroup::Delegated, level::Ceiling};

/// The variable that carries it.
pub(crate) const VARIABLE: &str = "OTTER_JAIL";

/// What all jobs of a zygote share.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Stage {
    /// The highest level that is tried.
    pub(crate) ceiling: Ceiling,
    /// Whether the zygote is in namespaces of its own.
    pub(crate) namespaces: bool,
    /// The user ids that jobs can have, as the zygote counts them; empty where it cannot give them any.
    pub(crate) users: Vec<u32>,
    /// Whether the kernel limits the number of a job's processes by their user.
    pub(crate) counted: bool,
    /// Folders that a job's own `/tmp` would hide.
    pub(crate) hidden: Vec<PathBuf>,
    /// The control groups that jobs' groups are made in; none where there are none.
    pub(crate) groups: Vec<Delegated>,
    /// Without namespaces: what jobs may read.
    pub(crate) readable: Vec<PathBuf>,
    /// Without namespaces: where the jobs' files lie.
    pub(crate) scratch: Option<PathBuf>,
}

impl Stage {
    /// Of this process. Read once: what the program does to its environment later does not matter.
    pub(crate) fn here() -> io::Result<&'static Self> {
        static STAGE: OnceLock<Option<Stage>> = OnceLock::new();
        let read = || serde_json::from_str(&std::env::var(VARIABLE).ok()?).ok();
        STAGE.get_or_init(read).as_ref().ok_or_else(|| {
            io::Error::other(format!("not in a zygote: {VARIABLE} is not set as it should be"))
        })
    }
}
