//! A running `otter-service worker`.

use std::{
    path::Path,
    process::{Command, ExitStatus},
    time::Duration,
};

use nix::sys::signal::Signal;

use crate::{
    running::Running,
    sample::{python, sample},
    support::program,
};

/// A worker. Killed when dropped.
pub(crate) struct Worker(Running);

impl Worker {
    /// Starts one that grades one notebook at a time, and waits until it is ready.
    pub(crate) fn start(data: &Path, url: &str, variables: &[(&str, &str)]) -> Self {
        let mut running = Running::start(command(data, url).envs(variables.iter().copied()), data);
        running.says("otter-service worker is ready", Duration::from_mins(2));
        Self(running)
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.0.pid()
    }

    /// Kills it as a loss of power would.
    pub(crate) fn kill(self) {
        self.0.kill();
    }

    /// Tells it to stop and waits for its end.
    pub(crate) fn stop(self) -> (ExitStatus, String) {
        self.0.end_by(Signal::SIGTERM)
    }
}

/// The command of a worker that grades one notebook at a time.
pub(crate) fn command(data: &Path, url: &str) -> Command {
    let mut command = program();
    command.args(["worker", "--jobs", "1", "--python", python()]).arg("--data").arg(data);
    command.arg("--materials").arg(sample("course")).env("OTTER_SERVICE_STORE_URL", url);
    command
}
