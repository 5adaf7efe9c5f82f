//! A PID namespace for the init, if one can be had.

use std::fs;

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
    unistd::{getgid, getuid},
};

use crate::protocol::Isolation;

/// Makes the next child the first process of a new PID namespace: as root directly, else by way of a user namespace
/// in which the user keeps the same ids (and so has no more rights than before). Shared memory is the run's own as
/// well, limited to `shared_bytes`, and goes with it.
pub(super) fn enter(shared_bytes: u64) -> Isolation {
    let own = CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWIPC;
    if unshare(own).is_err() && enter_unprivileged(own).is_err() {
        return Isolation::ProcessTree;
    }
    own_shared_memory(shared_bytes).ok();
    Isolation::PidNamespace
}

fn enter_unprivileged(own: CloneFlags) -> std::io::Result<()> {
    let (uid, gid) = (getuid(), getgid());
    unshare(own | CloneFlags::CLONE_NEWUSER)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))
}

fn own_shared_memory(bytes: u64) -> nix::Result<()> {
    // What is mounted from here on is not seen outside.
    mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>)?;
    let options = format!("size={bytes},mode=1777");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("tmpfs"), "/dev/shm", Some("tmpfs"), flags, Some(options.as_str()))
}
