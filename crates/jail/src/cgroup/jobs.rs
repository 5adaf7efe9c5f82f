//! Groups of a zygote's jobs: the stage makes a group for the zygote and leaves it to it, and the zygote makes one in
//! it for each job. It sees none of the file system they are in; it has the folder open.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, RawFd},
        unix::fs::{FileExt, chown},
    },
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use frames::JobLimits;
use nix::{sys::signal::kill, unistd::Pid};
use rustix::fs::{AtFlags, Mode, OFlags, mkdirat, openat, unlinkat};
use serde::{Deserialize, Serialize};

use super::{Group, Place, places};

/// What the kernel may need for a job besides the job's own memory and files: page tables, sockets.
const KERNEL_BYTES: u64 = 128 << 20;

/// A zygote's own group, on the stage's side. Removed with all jobs' groups when dropped.
#[derive(Debug)]
pub(crate) struct ZygoteGroup {
    group: Group,
    folders: Vec<File>,
    delegated: Vec<Delegated>,
    /// Where this process was before (version 2).
    home: Option<PathBuf>,
}

/// A folder of the zygote's group in one tree, as the zygote has it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Delegated {
    fd: RawFd,
    version: u8,
    memory: bool,
    processes: bool,
}

/// The group of a job, as its init sees it.
#[derive(Debug)]
pub(crate) struct JobGroup {
    pub(crate) version: u8,
    /// Tells how often memory ran out.
    events: Option<File>,
}

impl ZygoteGroup {
    /// Makes one that `owner`, a user of the host, may make groups in.
    pub(crate) fn make(owner: Option<u32>) -> io::Result<Self> {
        let mut made = Self { group: Group::empty(), folders: Vec::new(), delegated: Vec::new(), home: None };
        let name = Group::name();
        let mut result = Err(io::Error::other("no control group file system is mounted"));
        for place in places()? {
            let is_had = |one: fn(&Delegated) -> bool| made.delegated.iter().any(one);
            if place.memory && !is_had(|had| had.memory) || place.processes && !is_had(|had| had.processes) {
                result = made.make_in(&place, &name, owner);
            }
        }
        if made.delegated.is_empty() {
            Err(result.err().unwrap_or(io::ErrorKind::Unsupported.into()))
        } else {
            Ok(made)
        }
    }

    fn make_in(&mut self, place: &Place, name: &str, owner: Option<u32>) -> io::Result<()> {
        let folder = self.group.make_folder(place, name)?;
        let mut to_give = vec![folder.clone(), folder.join("cgroup.procs")];
        if place.version == 2 {
            super::hand_down(&Place { folder: folder.clone(), ..place.clone() })?;
            to_give.extend(["cgroup.subtree_control", "cgroup.threads"].map(|file| folder.join(file)));
            // Only from within may the zygote's user move processes on; and a group that hands down holds none itself.
            let inner = folder.join("zygote");
            fs::create_dir(&inner)?;
            self.home = Some(place.folder.clone());
            fs::write(inner.join("cgroup.procs"), "0")?;
        }
        for path in to_give {
            chown(path, owner, owner)?;
        }
        let opened = File::open(&folder)?;
        let Place { version, memory, processes, .. } = *place;
        self.delegated.push(Delegated { fd: opened.as_raw_fd(), version, memory, processes });
        self.folders.push(opened);
        Ok(())
    }

    /// For the zygote; the descriptors must stay open for it.
    pub(crate) fn delegated(&self) -> &[Delegated] {
        &self.delegated
    }
}

impl Drop for ZygoteGroup {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            fs::write(home.join("cgroup.procs"), "0").ok();
        }
        for folder in self.group.folders() {
            let inner = fs::read_dir(folder).into_iter().flatten().flatten();
            for entry in inner.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
                super::remove(&entry.path());
            }
        }
    }
}

impl Delegated {
    pub(crate) fn descriptor(self) -> RawFd {
        self.fd
    }

    fn folder(self) -> BorrowedFd<'static> {
        crate::sys::inherited(self.fd)
    }
}

/// Groups that were made, each with the init that it is for.
static MADE: Mutex<Vec<(usize, Pid)>> = Mutex::new(Vec::new());

/// In the zygote: makes the group of a job.
pub(crate) fn make(delegated: &[Delegated], number: usize, limits: &JobLimits) -> io::Result<()> {
    let make = |one: &Delegated| {
        mkdirat(one.folder(), name(number), Mode::RWXU)?;
        if one.memory {
            let file = if one.version == 1 { "memory.limit_in_bytes" } else { "memory.max" };
            one.write(number, file, limits.memory_bytes + limits.disk_bytes + KERNEL_BYTES)?;
        }
        if one.processes {
            // The init, and one by which it sees that the limit was met.
            one.write(number, "pids.max", limits.processes + 2)?;
        }
        Ok(())
    };
    let done = delegated.iter().try_for_each(make);
    if done.is_err() {
        remove_all(delegated, number);
    }
    done
}

/// In the zygote: the group's init runs. Removes the groups of those that have ended.
pub(crate) fn started(delegated: &[Delegated], number: usize, init: Pid) {
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    // One that still runs may not have entered its group yet, which then could be removed under it.
    made.retain(|(number, init)| {
        let runs = kill(*init, None).is_ok();
        if !runs {
            remove_all(delegated, *number);
        }
        runs
    });
    made.push((number, init));
}

fn remove_all(delegated: &[Delegated], number: usize) {
    for one in delegated {
        unlinkat(one.folder(), name(number), AtFlags::REMOVEDIR).ok();
    }
}

/// In the job's init: moves it into its group.
pub(crate) fn enter(delegated: &[Delegated], number: usize) -> io::Result<Option<JobGroup>> {
    let mut group = None;
    for one in delegated {
        one.write(number, "cgroup.procs", 0)?;
        let group = group.get_or_insert(JobGroup { version: one.version, events: None });
        if one.memory {
            let file = if one.version == 1 { "memory.oom_control" } else { "memory.events" };
            group.events = Some(one.open(number, file, OFlags::RDONLY)?);
        }
    }
    Ok(group)
}

fn name(number: usize) -> String {
    format!("job-{number}")
}

impl Delegated {
    fn open(self, number: usize, file: &str, flags: OFlags) -> io::Result<File> {
        let path = format!("{}/{file}", name(number));
        Ok(openat(self.folder(), path, flags | OFlags::CLOEXEC, Mode::empty())?.into())
    }

    fn write(self, number: usize, file: &str, value: u64) -> io::Result<()> {
        self.open(number, file, OFlags::WRONLY)?.write_all(value.to_string().as_bytes())
    }
}

impl JobGroup {
    /// Whether the kernel has ended a process of the job because all together had too much memory.
    pub(crate) fn ran_out_of_memory(&self) -> bool {
        let Some(events) = &self.events else { return false };
        let mut text = [0; 1024];
        let length = events.read_at(&mut text, 0).unwrap_or(0);
        super::kills(&String::from_utf8_lossy(&text[..length])) > 0
    }

    /// The descriptor that it needs.
    pub(crate) fn descriptor(&self) -> Option<RawFd> {
        self.events.as_ref().map(|events| events.as_fd().as_raw_fd())
    }
}
