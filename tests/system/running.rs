//! A program of ours that runs until it is told to end.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// Numbers the logs of what a test starts.
static LOGS: AtomicU32 = AtomicU32::new(0);

/// A running program. Killed when dropped.
pub(crate) struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts it, with its log beside the data folder.
    pub(crate) fn start(command: &mut Command, data: &Path) -> Self {
        let log = data.with_extension(format!("{}.log", LOGS.fetch_add(1, Ordering::Relaxed)));
        let child = command.stderr(File::create(&log).unwrap()).spawn().unwrap();
        Self { child, log }
    }

    /// Waits for a line of its log that has these words, and gives it.
    pub(crate) fn says(&mut self, words: &str, patience: Duration) -> String {
        let began = Instant::now();
        loop {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended at once:\n{}", self.log());
            assert!(began.elapsed() < patience, "it is not ready:\n{}", self.log());
            let log = self.log();
            // A line that is not whole yet may lack what is looked for in it.
            let whole = log.rfind('\n').map_or("", |end| &log[..end]);
            if let Some(line) = whole.lines().find(|line| line.contains(words)) {
                return line.to_owned();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
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

    /// Sends a signal and waits for its end.
    pub(crate) fn end_by(mut self, signal: Signal) -> (ExitStatus, String) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
        let status = self.child.wait().unwrap();
        (status, self.log())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
