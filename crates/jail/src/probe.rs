//! What this machine can do, for `otter-service doctor`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use frames::{Channel, JobLimits};
use nix::sys::wait::waitpid;
use serde::{Deserialize, Serialize};

use crate::{
    cgroup::{Group, GroupLimits},
    confine::{filters_are_supported, landlock_version},
    ids::is_root,
    job,
    level::{Ceiling, Level},
    zygote::{self, Spec},
};

/// The first argument of a process that only looks.
pub const COMMAND: &str = "__probe";

/// What this machine can do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Probe {
    /// The layers that hold in a job.
    pub level: Level,
    /// What is missing.
    pub missing: Vec<Missing>,
}

/// A layer that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// Its name, for instance `namespaces`.
    pub layer: String,
    /// Why it cannot be had.
    pub why: String,
    /// What to do.
    pub remedy: String,
    /// Whether gradings are as well kept apart without it.
    pub is_minor: bool,
}

/// What a rehearsal may use.
const LIMITS: JobLimits = JobLimits {
    cpu_s: 5,
    memory_bytes: 64 << 20,
    processes: 8,
    file_bytes: 1 << 20,
    disk_bytes: 1 << 20,
    inodes: 64,
};

/// Goes through the making of a job's jail, in processes of its own. Takes some milliseconds; must be called with a
/// single thread.
#[must_use]
pub fn probe() -> Probe {
    let mut missing = Vec::new();
    let mut miss = |layer: &str, why: String, remedy: &str, is_minor| {
        let (layer, remedy) = (layer.to_owned(), remedy.to_owned());
        missing.push(Missing { layer, why, remedy, is_minor });
    };
    let landlock = landlock_version().map(crate::confine::Version::number);
    let mut level = match rehearse() {
        Ok(level) => level,
        Err(error) => {
            miss("namespaces", error.to_string(), remedy_for_namespaces(), false);
            Level {
                own_user: is_root(),
                landlock: landlock.as_ref().ok().copied(),
                seccomp: filters_are_supported(),
                process_limit: true,
                ..Level::default()
            }
        }
    };
    match landlock {
        Err(error) => {
            let remedy =
                "use Linux 5.13 or newer with Landlock among its security modules (`lsm=landlock,…`)";
            miss("landlock", error.to_string(), remedy, level.namespaces);
        }
        Ok(version @ ..6) => {
            let why = format!("version {version} has no rules for signals and abstract sockets");
            miss("landlock", why, "use Linux 6.12 or newer", level.namespaces);
        }
        Ok(_) => {}
    }
    if !level.seccomp {
        miss("seccomp", "the kernel has none".into(), "use a kernel with CONFIG_SECCOMP_FILTER", false);
    }
    match Group::make(GroupLimits { memory_bytes: Some(1 << 30), processes: Some(64) }) {
        Ok(group) => level.cgroup = Some(group.version()),
        Err(error) => {
            let remedy = "run as root, or by systemd with `Delegate=yes` and `DelegateSubgroup=main`; until then memory \
                          is watched, not limited by the kernel for all processes together";
            miss("cgroup", error.to_string(), remedy, true);
        }
    }
    if !level.own_user {
        let why = "only root can give each job a user id that nothing else has".to_owned();
        miss("own-user", why, "run the service as root, if you want this as well", level.namespaces);
    }
    Probe { level, missing }
}

/// Makes a zygote's namespaces and a job's jail in them.
fn rehearse() -> io::Result<Level> {
    let spec = Spec {
        program: PathBuf::from("/bin/sh"),
        args: Vec::new(),
        env: Vec::new(),
        read_only: Vec::new(),
        scratch: None,
        ceiling: Ceiling::Namespaces,
    };
    let (enclosure, stage) = zygote::enclosed(&spec);
    let (ours, theirs) = Channel::pair()?;
    let zygote = enclosure.fork(|| {
        let level = job::rehearse(&stage, &LIMITS).map_err(|error| error.to_string());
        u8::from(theirs.send(&level).is_err())
    })?;
    drop(theirs);
    let level = ours.receive::<Result<Level, String>>().map_err(io::Error::other);
    waitpid(zygote, None).ok();
    level?.map_err(io::Error::other)
}

fn remedy_for_namespaces() -> &'static str {
    let is_set = |file: &str, value: &str| fs::read_to_string(file).is_ok_and(|text| text.trim() == value);
    if is_set("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1") && !is_root() {
        "AppArmor refuses them to ordinary users: give the program a profile with `userns,`, or set \
         `sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
    } else if is_set("/proc/sys/kernel/unprivileged_userns_clone", "0") && !is_root() {
        "set `sysctl kernel.unprivileged_userns_clone=1`"
    } else if is_set("/proc/sys/user/max_user_namespaces", "0") {
        "set `sysctl user.max_user_namespaces=10000`"
    } else if Path::new("/.dockerenv").exists() || Path::new("/run/.containerenv").exists() {
        "start the container with a seccomp profile that also allows unshare, setns, mount, umount2, pivot_root and \
         mount_setattr"
    } else {
        "use Linux 5.14 or newer with user namespaces (CONFIG_USER_NS)"
    }
}
