//! A PID namespace for the init, if one can be had.

use std::fs;

use nix::{
    sched::{CloneFlags, unshare},
    unistd::{getgid, getuid},
};

use crate::protocol::Isolation;

/// Makes the next child the first process of a new PID namespace: as root directly, else by way of a user namespace
/// in which the user keeps the same ids (and so has no more rights than before).
pub(super) fn enter() -> Isolation {
    if unshare(CloneFlags::CLONE_NEWPID).is_ok() || enter_unprivileged().is_ok() {
        Isolation::PidNamespace
    } else {
        Isolation::ProcessTree
    }
}

fn enter_unprivileged() -> std::io::Result<()> {
    let (uid, gid) = (getuid(), getgid());
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID)?;
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
    fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))
}
