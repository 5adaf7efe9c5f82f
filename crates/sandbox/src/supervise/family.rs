//! The program and all its descendants: what they use, and their end.

use std::{
    fmt::Display,
    fs,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, kill},
        wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid},
    },
    unistd::{Pid, SysconfVar, getpid, sysconf},
};

use crate::protocol::How;
use jail::program::SIGNAL_BASE;

/// The descendants of this process, of which the init is the first.
pub(super) struct Family {
    init: Pid,
    ticks_per_second: u64,
}

/// What a family uses at a moment, or at most.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Use {
    /// Memory of its own (anonymous and shared) in bytes; pages of program files are not counted.
    pub(super) memory_bytes: u64,
    /// Processes and threads, without the init.
    pub(super) tasks: u64,
    /// CPU time of the living and of those they have buried.
    pub(super) cpu: Duration,
}

impl Use {
    pub(super) fn max(self, other: Self) -> Self {
        Self {
            memory_bytes: self.memory_bytes.max(other.memory_bytes),
            tasks: self.tasks.max(other.tasks),
            cpu: self.cpu.max(other.cpu),
        }
    }
}

impl Family {
    pub(super) fn of(init: Pid) -> Self {
        let ticks = sysconf(SysconfVar::CLK_TCK).ok().flatten();
        Self {
            init,
            ticks_per_second: ticks.and_then(|ticks| u64::try_from(ticks).ok()).unwrap_or(100).max(1),
        }
    }

    /// How the init ended, if it has. It stays a zombie, so that its pid cannot become another's.
    pub(super) fn init_ended(&self) -> Option<How> {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        match waitid(Id::Pid(self.init), flags) {
            Ok(WaitStatus::Exited(_, code)) if code > SIGNAL_BASE && code < SIGNAL_BASE + 65 => {
                Some(How::Signaled(code - SIGNAL_BASE))
            }
            Ok(WaitStatus::Exited(_, code)) => Some(How::Exited(code)),
            Ok(WaitStatus::Signaled(_, signal, _)) => Some(How::Signaled(signal as i32)),
            Ok(_) | Err(Errno::EINTR) => None,
            Err(_) => Some(How::Exited(i32::from(u8::MAX))),
        }
    }

    /// What all descendants use now. Stops counting at more than `most_tasks`: a family that grows faster than it can
    /// be read must be ended, not read.
    pub(super) fn sample(&self, most_tasks: u64) -> Use {
        let mut total = Use::default();
        let mut to_visit = children(getpid());
        while let Some(pid) = to_visit.pop()
            && total.tasks <= most_tasks
        {
            to_visit.extend(children(pid));
            // What the init has buried counts as well.
            total.cpu += self.cpu(pid);
            if pid != self.init {
                let (memory_bytes, tasks) = memory_and_tasks(pid);
                total.memory_bytes += memory_bytes;
                total.tasks += tasks;
            }
        }
        total
    }

    /// Kills every descendant and returns when none is left, or when one cannot be killed (it hangs in the kernel).
    pub(super) fn end(&self) {
        kill(self.init, Signal::SIGKILL).ok();
        let began = Instant::now();
        loop {
            // Orphans come to this process as their subreaper, so its children are all that is left.
            for child in children(getpid()) {
                kill(child, Signal::SIGKILL).ok();
            }
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Err(Errno::ECHILD) => return,
                Ok(WaitStatus::StillAlive) if began.elapsed() > Duration::from_secs(30) => return,
                Ok(WaitStatus::StillAlive) => std::thread::sleep(Duration::from_millis(1)),
                _ => {}
            }
        }
    }

    /// User and system time of a process and of the children it has waited for (`proc_pid_stat(5)`, fields 14 to 17).
    fn cpu(&self, pid: Pid) -> Duration {
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return Duration::ZERO };
        // The name in field 2 may hold anything, parentheses too; field 3 follows the last one.
        let Some((_, fields)) = stat.rsplit_once(") ") else { return Duration::ZERO };
        let ticks: u64 =
            fields.split(' ').skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 1000 / self.ticks_per_second)
    }
}

/// The children of each of a process's threads.
fn children(pid: Pid) -> Vec<Pid> {
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let of_task = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).unwrap_or_default();
    let parse = |list: String| list.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>();
    tasks.flatten().flat_map(|task| parse(of_task(task))).map(Pid::from_raw).collect()
}

/// Anonymous and shared memory in bytes, and the number of threads (`proc_pid_status(5)`).
pub(crate) fn memory_and_tasks(pid: impl Display) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let field = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    };
    ((field("RssAnon:") + field("RssShmem:")) * 1024, field("Threads:"))
}
