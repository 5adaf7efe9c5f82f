//! What this machine can do, for `otter-service doctor`.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use nix::sys::wait::waitpid;
use serde::{Deserialize, Serialize};

use crate::{
    cgroup::{Group, GroupLimits},
    confine::{filters_are_supported, landlock_version},
    ids::may_give_ids,
    job,
    level::{Ceiling, Level},
    zygote::{self, REHEARSAL, Spec},
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

/// Goes through the making of a job's jail, in processes of its own. Takes some milliseconds; must be called with a
/// single thread.
#[must_use]
pub fn probe() -> Probe {
    let mut missing = Vec::new();
    let mut miss = |layer: &str, why: String, remedy: &str, is_minor| {
        let (layer, remedy) = (layer.to_owned(), remedy.to_owned());
        missing.push(Missing { layer, why, remedy, is_minor });
    };
    let landlock = landlock_version(Ceiling::Namespaces).map(crate::confine::Version::number);
    let mut level = match rehearse() {
        Ok(level) => level,
        Err(error) => {
            miss("namespaces", error.to_string(), remedy_for_namespaces(), false);
            Level {
                own_user: may_give_ids(),
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
    let (zygote, level) = enclosure.fork_if(|| job::rehearse(&stage, &REHEARSAL), || 0)?;
    waitpid(zygote, None).ok();
    Ok(level)
}

fn remedy_for_namespaces() -> &'static str {
    let is_set = |file: &str, value: &str| fs::read_to_string(file).is_ok_and(|text| text.trim() == value);
    if is_set("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1") && !may_give_ids() {
        "AppArmor refuses them to ordinary users: give the program a profile with `userns,`, or set \
         `sysctl kernel.apparmor_restrict_unprivileged_userns=0`"
    } else if is_set("/proc/sys/kernel/unprivileged_userns_clone", "0") && !may_give_ids() {
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
