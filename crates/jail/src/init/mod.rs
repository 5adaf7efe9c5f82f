//! The init of a job: the first process of its PID namespace, or, without one, the one to which its orphans come.
//!
//! It is a fork of a warm Python and must not touch it: from here on only this crate's code runs, until it exits. It
//! obeys the judge ([`ToInit`]), buries the dead and watches what all processes use together. When the judge's end of
//! its socket closes, it ends everything.

mod watch;

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    path::PathBuf,
    time::{Duration, Instant},
};

use frames::{Channel, FromInit, JobLimits, ToInit};
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        resource::{UsageWho, getrusage},
        signal::{Signal, kill},
        wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid},
    },
    unistd::{Pid, getppid},
};
use rustix::process::{PidfdFlags, Resource, Rlimit, pidfd_open, prlimit};

use self::watch::{MEMORY, Met, Watch};
use crate::{
    cgroup::JobGroup,
    family::{Family, Member},
};

/// How long those that were killed may take to be gone.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same at the end of the job.
const LAST_PATIENCE: Duration = Duration::from_mins(10);
/// How long the judge may take to say which snapshots to keep, after a limit was met.
const DECISION: Duration = Duration::from_secs(10);

/// The init's view of its job.
pub(crate) struct Init {
    pub(crate) judge: Channel,
    pub(crate) notebook: Pid,
    pub(crate) family: Family,
    pub(crate) limits: JobLimits,
    /// Bytes of memory that each process had from the start, shared with the zygote.
    pub(crate) memory_before: u64,
    /// Its control group.
    pub(crate) group: Option<JobGroup>,
    /// Without namespaces.
    pub(crate) bare: Option<Bare>,
}

/// What the kernel does not do without namespaces.
pub(crate) struct Bare {
    /// The folder of the job's files, to be removed in the end.
    pub(crate) folder: PathBuf,
    /// The zygote: when it is gone, the job is to end.
    pub(crate) zygote: Pid,
    /// Whether signals of this process reach its descendants and nobody else.
    pub(crate) is_scoped: bool,
}

struct Running {
    init: Init,
    watch: Watch,
    notebook: Option<OwnedFd>,
    closed: bool,
    /// The snapshots that the judge wanted to keep last.
    wanted: Vec<i32>,
    /// All is stopped since then, for the judge to decide.
    frozen: Option<Instant>,
}

impl Init {
    /// Until the judge lets go.
    pub(crate) fn run(self) {
        let notebook = rustix::process::Pid::from_raw(self.notebook.as_raw())
            .and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        let watch = Watch::new(self.limits, self.memory_before);
        let mut running =
            Running { init: self, watch, notebook, closed: false, wanted: Vec::new(), frozen: None };
        // Any error is one of the judge's socket: it is gone.
        while let Ok(true) = running.turn() {}
        running.end_all_but(&[]);
        if let Some(bare) = running.init.bare {
            std::fs::remove_dir_all(bare.folder).ok();
        }
    }
}

impl Running {
    /// Waits for something to do and does it; false at the end.
    fn turn(&mut self) -> io::Result<bool> {
        let (asked, ended) = self.wait()?;
        if asked && !self.obey() {
            return Ok(false);
        }
        if ended {
            self.notebook = None;
        }
        self.bury()?;
        if self.init.bare.as_ref().is_some_and(|bare| bare.zygote != getppid()) {
            return Ok(false);
        }
        if let Some(since) = self.frozen {
            return Ok(since.elapsed() < DECISION);
        }
        if self.watch.is_due() {
            if let Some(met) = self.watch.look(&self.init.family) {
                self.limit(&met)?;
            } else if self.is_crowded_out() {
                return Ok(false);
            }
        }
        self.tell_of_kills()?;
        Ok(true)
    }

    /// Whether the judge asks something, and whether the notebook process has ended.
    fn wait(&self) -> io::Result<(bool, bool)> {
        let mut fds = vec![PollFd::new(self.init.judge.as_fd(), PollFlags::POLLIN)];
        fds.extend(self.notebook.as_ref().map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN)));
        let timeout = PollTimeout::try_from(self.watch.until_next()).unwrap_or(PollTimeout::ZERO);
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        let is_ready = |fd: Option<&PollFd<'_>>| fd.and_then(PollFd::any).unwrap_or(false);
        Ok((is_ready(fds.first()), is_ready(fds.get(1))))
    }

    /// Does what the judge asks; false when it is gone.
    fn obey(&mut self) -> bool {
        match self.init.judge.receive() {
            Ok(ToInit::Interrupt) => {
                if self.notebook.is_some() {
                    kill(self.init.notebook, Signal::SIGINT).ok();
                }
                true
            }
            Ok(ToInit::CloseNotebook { keep }) => {
                self.end_all_but(&keep);
                if self.is_crowded_out() {
                    return false;
                }
                self.wanted = keep;
                self.closed = true;
                self.frozen = None;
                let closed = FromInit::Closed {
                    cpu_s: cpu_of_the_dead().as_secs_f64(),
                    peak_memory_bytes: self.watch.peak(),
                };
                self.init.judge.send(&closed).is_ok()
            }
            Ok(ToInit::EndOthers { keep }) => {
                self.end_all_but(&keep);
                self.wanted = keep;
                true
            }
            Err(_) => false,
        }
    }

    /// Whether the job cannot go on because of others; then the judge is told. What came of it is not the job's doing.
    fn is_crowded_out(&mut self) -> bool {
        let is_crowded_out = self.watch.is_crowded_out(&self.init.family);
        if is_crowded_out {
            let why = "other processes use up what there may be on this machine, or of this user".into();
            self.init.judge.send(&FromInit::GaveUp { why }).ok();
        }
        is_crowded_out
    }

    /// Buries whoever has died; tells of the notebook process.
    fn bury(&mut self) -> io::Result<()> {
        loop {
            let (pid, status) = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => (pid, code),
                Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, -(signal as i32)),
                Ok(WaitStatus::StillAlive) | Err(Errno::ECHILD) => return Ok(()),
                Ok(_) | Err(Errno::EINTR) => continue,
                Err(error) => return Err(error.into()),
            };
            if pid == self.init.notebook {
                self.notebook = None;
                // First why, then that.
                self.tell_of_kills()?;
                self.init.judge.send(&FromInit::NotebookEnded { status }).map_err(io::Error::other)?;
            }
        }
    }

    /// Tells once that the kernel has ended a process because all together had too much memory.
    fn tell_of_kills(&mut self) -> io::Result<()> {
        if self.init.group.take_if(|group| group.ran_out_of_memory()).is_some() {
            self.stop_or_leave();
            self.tell_of_limit(MEMORY)?;
        }
        Ok(())
    }

    /// While the notebook runs: stops everything and lets the judge say what to keep. Afterwards there are only
    /// snapshots: ends the largest, or what they have made.
    fn limit(&mut self, met: &Met) -> io::Result<()> {
        match met.limit {
            MEMORY if self.closed => drop(kill(met.largest, Signal::SIGKILL)),
            _ if self.closed => self.end_all_but(&self.wanted.clone()),
            _ => self.stop_or_leave(),
        }
        self.tell_of_limit(met.limit)
    }

    /// Tells the judge, who need not listen now: one that has not heard of the last hundred hears of this one no more.
    fn tell_of_limit(&self, limit: &str) -> io::Result<()> {
        let mut judge = [PollFd::new(self.init.judge.as_fd(), PollFlags::POLLOUT)];
        poll(&mut judge, PollTimeout::ZERO).ok();
        let would_wait = !judge[0].revents().is_some_and(|revents| revents.contains(PollFlags::POLLOUT));
        if would_wait {
            return Ok(());
        }
        self.init.judge.send(&FromInit::Limit { limit: limit.into() }).map_err(io::Error::other)
    }

    /// Until the judge has decided what to keep, nothing goes on.
    fn stop_or_leave(&mut self) {
        if !self.closed && self.frozen.is_none() {
            self.stop_all();
            self.frozen = Some(Instant::now());
        }
    }

    /// Nothing runs or forks any more when this returns.
    fn stop_all(&self) {
        if self.signal_all(Signal::SIGSTOP) {
            return;
        }
        let mut stopped = 0;
        loop {
            let members = self.init.family.members();
            for member in &members {
                kill(member.pid, Signal::SIGSTOP).ok();
            }
            if members.len() == stopped {
                return;
            }
            stopped = members.len();
        }
    }

    /// Signals the whole job at once, so that nobody can fork out of the signal's way. False where the kernel has no way
    /// to tell the job from the rest of the machine.
    fn signal_all(&self, signal: Signal) -> bool {
        let reaches_job_only = match &self.init.bare {
            Some(bare) => bare.is_scoped,
            // The first process of its PID namespace.
            None => std::process::id() == 1,
        };
        if reaches_job_only {
            kill(Pid::from_raw(-1), signal).ok();
        }
        reaches_job_only
    }

    /// Ends every process but these, and returns when the others are gone.
    ///
    /// The pids are what snapshots have said of themselves. A number that is no process of this job is nobody's.
    fn end_all_but(&mut self, keep: &[i32]) {
        let began = Instant::now();
        let is_kept = |member: &Member| keep.contains(&member.pid.as_raw());
        self.stop_all();
        let any_kept = self.init.family.members().iter().any(is_kept);
        // Without a PID namespace nobody ends those who are left when this process does.
        let patience = if any_kept { PATIENCE } else { LAST_PATIENCE };
        while began.elapsed() < patience {
            let members = self.init.family.members();
            let to_end: Vec<_> =
                members.iter().filter(|member| !member.is_zombie && !is_kept(member)).collect();
            if any_kept || !self.signal_all(Signal::SIGKILL) {
                for member in &to_end {
                    self.end(member);
                }
            }
            // When the judge is gone there is nobody to tell; the dead must be buried all the same.
            self.bury().ok();
            // One that just loses its parent can be missed in the list, but comes to this process as a child.
            if to_end.is_empty() && (any_kept || !has_children()) {
                break;
            }
            std::thread::sleep(Duration::from_micros(300));
        }
        for member in self.init.family.members().iter().filter(|member| is_kept(member)) {
            kill(member.pid, Signal::SIGCONT).ok();
        }
    }

    fn end(&self, member: &Member) {
        if self.init.bare.is_some() {
            no_more_forks(member.pid);
        }
        kill(member.pid, Signal::SIGKILL).ok();
    }
}

/// Lets a process fork no more, so that one that multiplies does not outrun who is to end it.
fn no_more_forks(pid: Pid) {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Some(pid) = rustix::process::Pid::from_raw(pid.as_raw()) {
        // One that has ended meanwhile forks no more either.
        prlimit(Some(pid), Resource::Nproc, none).ok();
    }
}

/// Whether any descendant is left: orphans become children of this process.
fn has_children() -> bool {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    waitid(Id::All, flags) != Err(Errno::ECHILD)
}

fn cpu_of_the_dead() -> Duration {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) else { return Duration::ZERO };
    let parts = [usage.user_time(), usage.system_time()].map(|time| {
        let micros = u64::try_from(time.tv_usec()).unwrap_or(0);
        Duration::from_secs(u64::try_from(time.tv_sec()).unwrap_or(0)) + Duration::from_micros(micros)
    });
    parts.into_iter().sum()
}
