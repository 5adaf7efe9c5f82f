//! The process between the service and a zygote: builds what all jobs of the zygote share, starts its program in it,
//! and ends it when the service lets go.

pub(crate) mod stage;

use std::{
    ffi::CString,
    io::{self, Write},
    os::{
        fd::{AsFd, BorrowedFd},
        unix::ffi::OsStrExt,
    },
    path::PathBuf,
    process::{self, ExitCode},
};

use frames::{Channel, JobLimits};
use nix::{
    errno::Errno,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::{
        signal::{SigSet, Signal, kill},
        wait::{WaitStatus, waitpid},
    },
    unistd::Pid,
};
use rustix::process::{PidfdFlags, pidfd_open};
use serde::{Deserialize, Serialize};

use self::stage::{Stage, VARIABLE};
use crate::{
    cgroup::{Delegated, ZygoteGroup},
    enclosure::{Enclosure, Network, said},
    ids::{FOR_JOBS, IdMap, Ids, may_give_ids, only_self},
    job,
    level::Ceiling,
    processes,
    root::{Fresh, View, hidden_by_fresh, readable},
    sys,
};

/// The first argument of a process that is such a stage.
pub const COMMAND: &str = "__zygote";
/// The descriptor on which the program finds its control socket.
pub const CONTROL: i32 = 3;
/// The user that a job is, as it sees itself.
pub(crate) const JOB_USER: u32 = 1000;

/// What the zygote itself may write before its first job: caches of fonts and the like.
const FRESH: Fresh = Fresh { bytes: 256 << 20, inodes: 16 << 10 };
/// What the rehearsal of a job may use, in which nothing runs.
pub(crate) const REHEARSAL: JobLimits = JobLimits {
    cpu_s: 5,
    memory_bytes: 64 << 20,
    processes: 8,
    file_bytes: 1 << 20,
    disk_bytes: 16 << 20,
    inodes: 4096,
};

/// A zygote to start.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// The program, as the zygote sees it: an interpreter below one of `read_only`, or in `/usr`.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its whole environment; nothing is inherited.
    pub env: Vec<(String, String)>,
    /// Files and folders that must be visible at their own paths, besides the system's programs and libraries: the
    /// interpreter's prefix, its base prefix, the runner's kit.
    pub read_only: Vec<PathBuf>,
    /// A folder for the jobs' files, used only without namespaces; the caller removes it in the end.
    pub scratch: Option<PathBuf>,
    /// The highest level that is tried.
    #[serde(default)]
    pub ceiling: Ceiling,
}

/// The stage's `main`: standard input is the socket whose other end the service holds. The spec is its first frame;
/// what follows is for the program. When it closes, the zygote ends.
#[must_use]
pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Says why on standard error, which the service passes on.
fn complain(why: &str) {
    writeln!(io::stderr(), "otter-service: the zygote: {why}").ok();
}

fn run() -> io::Result<()> {
    // A manager that ends the service may signal its whole group; the zygote ends when the service lets go.
    SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]).thread_block()?;
    let control = Channel::from(io::stdin().as_fd().try_clone_to_owned()?);
    let spec: Spec = control.receive().map_err(io::Error::other)?;
    let owner = if may_give_ids() { Some(*FOR_JOBS.start()) } else { None };
    // Where there are none, the other limits hold; `doctor` says so.
    let group = ZygoteGroup::make(owner).ok();
    let groups = group.as_ref().map(|group| group.delegated().to_vec()).unwrap_or_default();
    let zygote = start(&spec, groups)?;
    let ended = watch(control.as_fd(), zygote);
    kill(zygote, Signal::SIGKILL).ok();
    let status = bury(zygote);
    ended?;
    match status {
        Some(WaitStatus::Exited(_, 0) | WaitStatus::Signaled(_, Signal::SIGKILL, _)) | None => Ok(()),
        Some(status) => Err(io::Error::other(format!("it ended: {status:?}"))),
    }
}

fn start(spec: &Spec, groups: Vec<Delegated>) -> io::Result<Pid> {
    if spec.ceiling == Ceiling::Namespaces {
        match start_enclosed(spec, groups.clone()) {
            Ok(pid) => return Ok(pid),
            Err(error) => complain(&format!("no namespaces: {error}")),
        }
    }
    // Folders that are missing are our caller's mistake on every level.
    for path in &spec.read_only {
        path.symlink_metadata().map_err(|error| said(&path.display().to_string(), &error))?;
    }
    let scratch = spec.scratch.clone().ok_or_else(|| io::Error::other("no scratch folder was given"))?;
    let stage = Stage {
        ceiling: spec.ceiling,
        namespaces: false,
        counted: are_counted(),
        users: if may_give_ids() { in_turn(FOR_JOBS.collect(), process::id()) } else { Vec::new() },
        hidden: Vec::new(),
        groups,
        readable: readable(&spec.read_only)?,
        scratch: Some(scratch),
    };
    sys::fork(|| {
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).ok();
        run_program(spec, &stage)
    })
}

fn start_enclosed(spec: &Spec, groups: Vec<Delegated>) -> io::Result<Pid> {
    let (enclosure, stage) = enclosed(spec);
    let stage = Stage { groups, ..stage };
    let (pid, _) = enclosure.fork_if(|| job::rehearse(&stage, &REHEARSAL), || run_program(spec, &stage))?;
    Ok(pid)
}

/// Whether the kernel counts the processes of those who jobs are: not root's, who is only root's job where root cannot be
/// anybody else.
fn are_counted() -> bool {
    may_give_ids() || processes::are_counted()
}

/// The namespaces of a zygote, and what its jobs must know of them.
pub(crate) fn enclosed(spec: &Spec) -> (Enclosure, Stage) {
    let (ids, users) = if may_give_ids() {
        let (outside, last) = FOR_JOBS.into_inner();
        let count = last - outside + 1;
        (Ids::both(vec![IdMap { inside: 0, outside, count }]), in_turn((1..count).collect(), process::id()))
    } else {
        (only_self(0), Vec::new())
    };
    let view = View {
        read_only: spec.read_only.clone(),
        work: true,
        fresh: FRESH,
        user: Some((JOB_USER, JOB_USER)),
        ..View::default()
    };
    let stage = Stage {
        ceiling: spec.ceiling,
        namespaces: true,
        counted: are_counted(),
        users,
        hidden: hidden_by_fresh(&spec.read_only),
        groups: Vec::new(),
        readable: Vec::new(),
        scratch: None,
    };
    // As root of its namespaces: the capabilities that jobs are made with outlive the exec.
    (Enclosure { ids, first: (0, 0), view, network: Network::None }, stage)
}

/// The ids in the order in which jobs get them. Zygotes that live at the same time begin at different places: what a job
/// may use is counted by its user id, on the whole machine.
fn in_turn(mut ids: Vec<u32>, zygote: u32) -> Vec<u32> {
    /// So that neighbours among process ids are far from each other, and no two begin at the same place for long.
    const STRIDE: usize = 1_031;
    let by = (zygote as usize).wrapping_mul(STRIDE) % ids.len().max(1);
    ids.rotate_left(by);
    ids
}

/// Becomes the program; returns only if that fails.
fn run_program(spec: &Spec, stage: &Stage) -> u8 {
    let failed = |error: io::Error| {
        complain(&format!("{}: {error}", spec.program.display()));
        1
    };
    exec(spec, stage).map_or_else(failed, |never| match never {})
}

fn exec(spec: &Spec, stage: &Stage) -> io::Result<std::convert::Infallible> {
    let text = |bytes: &[u8]| CString::new(bytes).map_err(io::Error::other);
    let variable = format!("{VARIABLE}={}", serde_json::to_string(stage)?);
    let program = text(spec.program.as_os_str().as_bytes())?;
    let mut args = vec![program.clone()];
    for arg in &spec.args {
        args.push(text(arg.as_bytes())?);
    }
    let mut env = vec![text(variable.as_bytes())?];
    for (name, value) in &spec.env {
        env.push(text(format!("{name}={value}").as_bytes())?);
    }
    sys::reset_signals();
    sys::yield_to_the_service();
    let null = std::fs::File::options().read(true).write(true).open("/dev/null")?;
    sys::put_at(&io::stdin(), CONTROL)?;
    sys::silence(&null, false)?;
    let mut keep = vec![0, 1, 2, CONTROL];
    for group in &stage.groups {
        sys::keep_on_exec(group.descriptor())?;
        keep.push(group.descriptor());
    }
    sys::close_all_but(&keep)?;
    Ok(nix::unistd::execve(&program, &args, &env)?)
}

/// Until the service lets go or the zygote ends.
fn watch(control: BorrowedFd<'_>, zygote: Pid) -> io::Result<()> {
    let pid = rustix::process::Pid::from_raw(zygote.as_raw()).ok_or(io::ErrorKind::InvalidInput)?;
    let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
    loop {
        // The frames are the program's to read: only the end of them is ours to see.
        let mut fds =
            [PollFd::new(control, PollFlags::empty()), PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)];
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) => return Ok(()),
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn bury(zygote: Pid) -> Option<WaitStatus> {
    loop {
        match waitpid(zygote, None) {
            Err(Errno::EINTR) => {}
            status => return status.ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zygotes_that_live_at_once_begin_at_ids_far_apart() {
        let first = |zygote| in_turn(FOR_JOBS.collect(), zygote)[0];
        for zygote in 1000..1100_u32 {
            for other in 1..3 {
                let apart = first(zygote).abs_diff(first(zygote + other));
                assert!(apart > 500, "{apart}");
            }
        }
        let mut all = in_turn(FOR_JOBS.collect(), 4711);
        all.sort_unstable();
        assert!(all.into_iter().eq(FOR_JOBS), "each has its turn");
        assert!(in_turn(vec![], 1).is_empty());
    }
}
