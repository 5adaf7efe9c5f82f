//! The service's side of a zygote: started by the same executable, ended by letting go.

use std::{
    fs::{self, File},
    io,
    os::{
        fd::OwnedFd,
        unix::{fs::FileExt, process::CommandExt},
    },
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use frames::Channel;
use jail::zygote::{COMMAND, Spec};

use crate::{client::Supervisor, supervise::memory_and_tasks};

/// How much of standard error is kept in mind.
const TAIL: usize = 4096;
/// How long a zygote may take to end before its stage is killed, which ends it as well.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running zygote. Dropping it ends it with all its jobs.
#[derive(Debug)]
pub struct Zygote {
    /// The conversation with its program.
    pub control: Channel,
    stage: Child,
    /// What it writes to standard error; a file, so that it never waits for a reader.
    stderr: File,
}

impl Zygote {
    /// Starts a zygote. Whether its program came up is heard on `control`: a frame, or the end of it; why not is in
    /// [`Self::stderr_tail`].
    pub fn start(supervisor: &Supervisor, spec: &Spec) -> io::Result<Self> {
        let (control, theirs) = Channel::pair()?;
        let stderr = tempfile::tempfile()?;
        let stage = Command::new(supervisor.program())
            .arg(COMMAND)
            .env_clear()
            // Not in our process group: Ctrl-C is for the service, which then lets its work end.
            .process_group(0)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(stderr.try_clone()?)
            .spawn()?;
        let zygote = Self { control, stage, stderr };
        zygote.control.send(spec).map_err(io::Error::other)?;
        Ok(zygote)
    }

    /// The pid of the process that answers for it.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.stage.id()
    }

    /// The end of what it has written to standard error so far.
    #[must_use]
    pub fn stderr_tail(&self) -> String {
        let mut tail = vec![0; TAIL];
        let length = self.stderr.metadata().map_or(0, |metadata| metadata.len());
        let read = self.stderr.read_at(&mut tail, length.saturating_sub(TAIL as u64)).unwrap_or(0);
        String::from_utf8_lossy(&tail[..read]).into_owned()
    }

    /// Bytes of memory of the zygote's own (its jobs not counted); 0 when it has ended.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let stage = self.stage.id();
        let children = fs::read_to_string(format!("/proc/{stage}/task/{stage}/children")).unwrap_or_default();
        let Some(pid) = children.split_whitespace().next() else { return 0 };
        memory_and_tasks(pid).0
    }
}

impl Drop for Zygote {
    fn drop(&mut self) {
        // Its stage sees the end of the conversation, whoever else still holds this end.
        rustix::net::shutdown(&self.control, rustix::net::Shutdown::Both).ok();
        let began = Instant::now();
        while let Ok(None) = self.stage.try_wait() {
            if began.elapsed() > PATIENCE {
                self.stage.kill().ok();
                self.stage.wait().ok();
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}
