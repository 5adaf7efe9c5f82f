//! A job of a zygote: forked, closed in, never exec'd, so that everything stays warm.

mod bare;
mod enclosed;

use std::{
    fs::File,
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
};

use frames::{Channel, FromInit, JobLimits};
use nix::{
    sched::{CloneFlags, setns, unshare},
    sys::{prctl, signal::Signal},
    unistd::{Gid, Pid, Uid, setegid, seteuid, setfsgid, setfsuid, setsid},
};
use serde::{Deserialize, Serialize};

use crate::{
    caps,
    cgroup::{self, Delegated, JobGroup},
    confine::Confinement,
    enclosure::said,
    family::Family,
    files,
    init::{Bare, Init},
    level::Level,
    processes, sys,
    zygote::stage::Stage,
};

/// Which process [`start`] returned in.
#[derive(Debug)]
pub enum Side {
    /// The zygote; the job's init is its child with this pid, and is the zygote's to wait for.
    Zygote {
        /// The init's pid.
        pid: i32,
    },
    /// The job's notebook process, in the closed jail.
    Notebook,
}

/// A closed jail, but for what the notebook process gives up itself.
struct Place {
    /// The work folder.
    work: PathBuf,
    /// The folder for temporary files.
    temporary: PathBuf,
    family: Family,
    confinement: Confinement,
    level: Level,
    group: Option<JobGroup>,
    /// Without namespaces.
    bare: Option<Bare>,
}

/// What the notebook process says to the init when it is confined.
#[derive(Debug, Serialize, Deserialize)]
enum Confined {
    Yes { landlock: Option<u8>, seccomp: bool },
    No(String),
}

/// Starts a job: forks its init, which closes the jail, writes `files` into the work folder, says so on `init`, and
/// forks the notebook process. Returns in the zygote (at once) and in the notebook process; never in the init.
///
/// Of the zygote's descriptors the notebook process has those of `inherited`, under their numbers, and `/dev/null` as
/// 0, 1 and 2. Its working folder is the work folder (`/work`; a folder in the spec's scratch folder without
/// namespaces), and `TMPDIR` is set. Must be called with a single thread.
pub fn start(
    limits: &JobLimits,
    init: Channel,
    files: OwnedFd,
    inherited: &[BorrowedFd<'_>],
) -> io::Result<Side> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let stage = Stage::here()?;
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    // Where it cannot be made the other limits hold, and the job's level says that it is missing.
    let groups = if cgroup::make(&stage.groups, number, limits).is_ok() { &stage.groups[..] } else { &[] };
    let Some(pid) = fork(stage)? else {
        let job = Number { number, groups };
        return become_job(stage, job, limits, init, files, inherited);
    };
    cgroup::started(groups, number, pid);
    Ok(Side::Zygote { pid: pid.as_raw() })
}

/// A job among those of its zygote.
#[derive(Clone, Copy)]
struct Number<'a> {
    number: usize,
    /// Where its control groups are.
    groups: &'a [Delegated],
}

/// Makes a jail as [`start`] does, with its init and a notebook process that ends at once, and gives what holds.
pub(crate) fn rehearse(stage: &Stage, limits: &JobLimits) -> io::Result<Level> {
    let files = files::none()?;
    let (ours, theirs) = Channel::pair()?;
    let Some(child) = fork(stage)? else {
        let jailed = || {
            let job = Number { number: 0, groups: &[] };
            let (place, ends) = close_jail(stage, job, limits, &theirs, &files, &[])?;
            let Some((_, level)) = fork_notebook(&place, &ends)? else { sys::exit(0) };
            Ok(level)
        };
        let level = jailed().map_err(|error: io::Error| error.to_string());
        theirs.send(&level).ok();
        sys::exit(0)
    };
    drop(theirs);
    let level = ours.receive::<Result<Level, String>>();
    nix::sys::wait::waitpid(child, None).ok();
    level.map_err(|error| said("the first process of a jail ended early", &error))?.map_err(io::Error::other)
}

/// Forks the init; with namespaces, as the first process of a new PID namespace.
fn fork(stage: &Stage) -> io::Result<Option<Pid>> {
    if !stage.namespaces {
        return sys::fork_both();
    }
    let own = File::open("/proc/self/ns/pid")?;
    unshare(CloneFlags::CLONE_NEWPID).map_err(|error| said("a PID namespace is refused", &error))?;
    let forked = sys::fork_both();
    if !matches!(forked, Ok(None)) {
        // The zygote's next child is in its own again.
        setns(own, CloneFlags::CLONE_NEWPID)?;
    }
    forked
}

/// In the child: closes the jail and forks the notebook process, in which alone this returns.
fn become_job(
    stage: &Stage,
    job: Number<'_>,
    limits: &JobLimits,
    judge: Channel,
    files: OwnedFd,
    inherited: &[BorrowedFd<'_>],
) -> io::Result<Side> {
    let closed = close_jail(stage, job, limits, &judge, &files, inherited);
    drop(files);
    let started = closed.and_then(|(place, ends)| {
        let Some((notebook, level)) = fork_notebook(&place, &ends)? else { return Ok(None) };
        drop(ends);
        give_up(&place, &judge)?;
        Ok(Some((place, notebook, level)))
    });
    match started {
        Ok(None) => return Ok(Side::Notebook),
        Ok(Some((place, notebook, level))) => {
            if judge.send(&FromInit::Jailed { isolation: level.to_string() }).is_ok() {
                init(place, judge, notebook, *limits).run();
            }
        }
        Err(error) => refuse(&judge, &error),
    }
    sys::exit(0)
}

fn refuse(judge: &Channel, error: &io::Error) {
    judge.send(&FromInit::NotJailed { why: error.to_string() }).ok();
}

/// The two ends on which the notebook process says that it is confined.
type Ends = (Channel, Channel);

fn close_jail(
    stage: &Stage,
    Number { number, groups }: Number<'_>,
    limits: &JobLimits,
    judge: &Channel,
    files: &OwnedFd,
    inherited: &[BorrowedFd<'_>],
) -> io::Result<(Place, Ends)> {
    let group = cgroup::enter(groups, number).unwrap_or_default();
    let null = File::options().read(true).write(true).open("/dev/null")?;
    sys::silence(&null, true)?;
    let mut keep: Vec<i32> = inherited.iter().map(AsRawFd::as_raw_fd).collect();
    keep.extend([0, 1, 2, judge.as_fd().as_raw_fd(), files.as_raw_fd()]);
    keep.extend(group.as_ref().and_then(JobGroup::descriptor));
    sys::close_all_but(&keep)?;
    std::mem::forget(null);
    setsid()?;

    let place = if stage.namespaces {
        enclosed::close(stage, number, limits)?
    } else {
        bare::close(stage, number, limits)?
    };
    let level = Level { cgroup: group.as_ref().map(|group| group.version), ..place.level };
    let place = Place { level, group, ..place };
    nix::unistd::chdir(&place.work)?;
    lay_out(&place, files).map_err(|error| said("the job's files could not be laid out", &error))?;
    Ok((place, Channel::pair()?))
}

/// Writes the job's files, as the job's user.
fn lay_out(place: &Place, packed: &OwnedFd) -> io::Result<()> {
    let Some(user) = place.confinement.user else { return files::unpack(packed, &place.work) };
    setegid(Gid::from_raw(user))?;
    seteuid(Uid::from_raw(user))?;
    let laid_out = files::unpack(packed, &place.work);
    seteuid(Uid::from_raw(0))?;
    setegid(Gid::from_raw(0))?;
    prctl::set_dumpable(false)?;
    laid_out
}

/// Forks the notebook process and waits until it is confined; `None` in it.
fn fork_notebook(place: &Place, (init_end, notebook_end): &Ends) -> io::Result<Option<(Pid, Level)>> {
    let Some(notebook) = sys::fork_both()? else {
        let confined = confine(place);
        let said = match &confined {
            Ok(confined) => Confined::Yes { landlock: confined.landlock, seccomp: confined.seccomp },
            Err(error) => Confined::No(error.to_string()),
        };
        notebook_end.send(&said).ok();
        if confined.is_err() {
            sys::exit(1);
        }
        return Ok(None);
    };
    match init_end.receive() {
        Ok(Confined::Yes { landlock, seccomp }) => {
            Ok(Some((notebook, Level { landlock, seccomp, ..place.level })))
        }
        Ok(Confined::No(why)) => Err(io::Error::other(why)),
        Err(error) => Err(said("the notebook process ended early", &error)),
    }
}

/// In the notebook process.
fn confine(place: &Place) -> io::Result<crate::confine::Confined> {
    // Its init can look at what it does; nobody else is there.
    prctl::set_dumpable(true)?;
    // Whoever runs out of memory, it is not the service that the kernel ends.
    place.family.write_own("oom_score_adj", "1000").ok();
    sys::set_variable("TMPDIR", &place.temporary);
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    place.confinement.apply()
}

/// In the init: gives up what it does not need any more, and what is the notebook process's and must end with it.
fn give_up(place: &Place, judge: &Channel) -> io::Result<()> {
    if let (Some(limit), Some(_), None) =
        (place.confinement.limits.processes, &place.bare, place.confinement.user)
    {
        // Of the same user: sees when nothing is left for the job.
        processes::limit_own(limit)?;
    }
    if let Some(user) = place.confinement.user {
        // The init is root, for the notebook process is another user; it keeps what it takes to clean up after it.
        if !caps::may_measure() {
            measure_as(user);
        }
        caps::only_clean_up().map_err(|error| said("the init's rights could not be given up", &error))?;
    }
    let mut keep = vec![0, 1, 2, judge.as_fd().as_raw_fd(), place.family.as_fd().as_raw_fd()];
    keep.extend(place.group.as_ref().and_then(JobGroup::descriptor));
    sys::close_all_but(&keep)
}

/// A process may be looked at by its own user. That one opens files as it does not yet make it one that the job may
/// signal or look at: for that the other ids count.
fn measure_as(user: u32) {
    setfsgid(Gid::from_raw(user));
    setfsuid(Uid::from_raw(user));
}

fn init(place: Place, judge: Channel, notebook: Pid, limits: JobLimits) -> Init {
    let memory_before = place.family.own_memory();
    let Place { family, group, bare, .. } = place;
    Init { judge, notebook, family, limits, memory_before, group, bare }
}

/// Gives up every privilege of the init.
fn drop_privileges() -> io::Result<()> {
    caps::drop_all()?;
    prctl::set_no_new_privs()?;
    Ok(prctl::set_dumpable(false)?)
}
