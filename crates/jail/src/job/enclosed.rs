//! A job's jail with namespaces of its own, within those of the zygote.
//!
//! Everything is mounted while the init still is the zygote's root. Only then it enters a user namespace of the job's
//! own: in it the job's user counts apart, so that the kernel's limit on processes is for this job alone, and nobody in
//! it has rights over the mounts and the other namespaces. The network namespace is the job's own too, so that no
//! abstract socket is shared with a sibling; making one costs about 0.6 ms.

use std::{fs, io, path::Path};

use frames::JobLimits;
use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
    sys::prctl,
    unistd::{Gid, Uid, getgid, getuid, setgroups, setresgid, setresuid},
};
use rustix::fs::{Mode, OFlags, open};

use super::{Place, drop_privileges};
use crate::{
    confine::{Confinement, Files, Filters, Others, ProcessLimits, Reach, Sockets},
    enclosure::said,
    family::Family,
    level::Level,
    root::{Fresh, WORK, bind, devices, mount_fresh},
    zygote::{JOB_USER, stage::Stage},
};

const QUIET: MsFlags = MsFlags::MS_NOSUID.union(MsFlags::MS_NODEV).union(MsFlags::MS_NOEXEC);

pub(super) fn close(stage: &Stage, number: usize, limits: &JobLimits) -> io::Result<Place> {
    let (user, group) = match stage.users.len() {
        0 => (getuid(), getgid()),
        count => {
            let id = stage.users[number % count];
            (Uid::from_raw(id), Gid::from_raw(id))
        }
    };
    // These belong to the zygote's user namespace: in the job's own nobody has any rights over them.
    let kinds = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWCGROUP
        | CloneFlags::CLONE_NEWNET;
    unshare(kinds).map_err(|error| said("namespaces are refused", &error))?;
    let family = mount_own(stage, limits, user, group)?;
    if !stage.users.is_empty() {
        setgroups(&[])?;
        setresgid(group, group, group)?;
        setresuid(user, user, user)?;
    }
    unshare(CloneFlags::CLONE_NEWUSER).map_err(|error| said("a user namespace is refused", &error))?;
    map_self(&family, user, group).map_err(|error| said("the user id could not be mapped", &error))?;
    drop_privileges()?;
    Ok(Place {
        work: WORK.into(),
        temporary: "/tmp".into(),
        confinement: Confinement {
            user: None,
            limits: ProcessLimits {
                cpu_s: Some(limits.cpu_s),
                memory_bytes: own_memory_limit(&family, limits),
                file_bytes: limits.file_bytes,
                // The init counts too; with one more than allowed, the init sees that the limit was met.
                processes: Some(limits.processes + 2),
            },
            reach: Reach {
                read: vec!["/".into()],
                write: [WORK, "/tmp", "/dev/shm"].map(Into::into).into_iter().chain(devices()).collect(),
                tcp: false,
                ceiling: stage.ceiling,
            },
            filters: Filters { sockets: Sockets::Unix, others: Others::AllButInit, files: Files::Own },
        },
        level: Level {
            namespaces: true,
            own_user: !stage.users.is_empty(),
            process_limit: stage.counted,
            ..Level::default()
        },
        family,
        group: None,
        bare: None,
    })
}

/// In the new user namespace: one user, the job's.
fn map_self(family: &Family, user: Uid, group: Gid) -> io::Result<()> {
    // The change of user has made this process's files in `/proc` root's.
    prctl::set_dumpable(true)?;
    family.write_own("setgroups", "deny")?;
    family.write_own("uid_map", &format!("{JOB_USER} {user} 1"))?;
    family.write_own("gid_map", &format!("{JOB_USER} {group} 1"))
}

/// Mounts what is the job's own: its fresh folders and its processes. Gives a view of all of these, before it is
/// covered by one that hides the init.
fn mount_own(stage: &Stage, limits: &JobLimits, user: Uid, group: Gid) -> io::Result<Family> {
    let hidden = stage.hidden.iter().map(|path| {
        let opened = open(path, OFlags::PATH | OFlags::CLOEXEC | OFlags::NOFOLLOW, Mode::empty())?;
        let is_folder = rustix::fs::FileType::from_raw_mode(rustix::fs::fstat(&opened)?.st_mode).is_dir();
        Ok((path, opened, is_folder))
    });
    let hidden = hidden.collect::<io::Result<Vec<_>>>()?;
    let fresh = Fresh { bytes: limits.disk_bytes, inodes: limits.inodes + 8 };
    mount_fresh(Path::new("/"), true, fresh, Some((user, group)))?;
    for (path, opened, is_folder) in hidden {
        if is_folder {
            fs::create_dir_all(path)?;
        } else {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::write(path, "")?;
        }
        bind(&opened, path, MsFlags::MS_REC)?;
    }

    let proc = Path::new("/proc");
    if mount(Some("proc"), proc, Some("proc"), QUIET, Some("subset=pid")).is_err() {
        // In a container with parts of `/proc` covered the kernel refuses a new one. Then jobs have none.
        let family = Family::open(proc)?;
        let nothing = QUIET | MsFlags::MS_RDONLY;
        mount(Some("tmpfs"), proc, Some("tmpfs"), nothing, Some("size=4k,nr_inodes=1,mode=555"))?;
        return Ok(family);
    }
    let family = Family::open(proc)?;
    mount(Some("proc"), proc, Some("proc"), QUIET, Some("hidepid=2,subset=pid"))
        .map_err(|error| said("/proc", &error))?;
    Ok(family)
}

/// The limit on the data of one process: what it has from the zygote, and what it may have beyond.
pub(super) fn own_memory_limit(family: &Family, limits: &JobLimits) -> u64 {
    // If it cannot be told, more is left to the sampling of all processes together.
    family.own_data().unwrap_or(1 << 30).saturating_add(limits.memory_bytes)
}
