//! A running `otter-service worker`.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, ExitStatus},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{
    sample::{python, sample},
    support::program,
};

/// Numbers the logs of the workers that a test starts.
static LOGS: AtomicU32 = AtomicU32::new(0);

/// A worker. Killed when dropped.
pub(crate) struct Worker {
    child: Child,
    log: PathBuf,
}

impl Worker {
    /// Starts one that grades one notebook at a time, and waits until it is ready.
    pub(crate) fn start(data: &Path, url: &str, variables: &[(&str, &str)]) -> Self {
        let log = data.with_extension(format!("worker-{}.log", LOGS.fetch_add(1, Ordering::Relaxed)));
        let child = program()
            .args(["worker", "--jobs", "1", "--python", python()])
            .arg("--data")
            .arg(data)
            .arg("--materials")
            .arg(sample("course"))
            .env("OTTER_SERVICE_STORE_URL", url)
            .envs(variables.iter().copied())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut worker = Self { child, log };
        let began = Instant::now();
        while !worker.log().contains("otter-service worker is ready") {
            assert!(worker.child.try_wait().unwrap().is_none(), "it ended at once:\n{}", worker.log());
            assert!(began.elapsed() < Duration::from_mins(2), "it is not ready:\n{}", worker.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        worker
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Kills it as a loss of power would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to stop and waits for its end.
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), Signal::SIGTERM).unwrap();
        let status = self.child.wait().unwrap();
        (status, self.log())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
