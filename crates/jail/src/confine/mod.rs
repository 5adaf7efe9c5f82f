//! What a process gives up for itself and all its descendants: privileges, files, system calls.

mod calls;
mod filter;
mod landlock;
mod limits;

use std::io;

use nix::{
    sys::{prctl, signal::Signal},
    unistd::{Gid, Uid, setgroups, setresgid, setresuid},
};

pub(crate) use self::{
    filter::is_supported as filters_are_supported,
    landlock::{Version, scope_signals, version as landlock_version},
};
pub use self::{
    filter::{Files, Filters, Others, Sockets},
    landlock::Reach,
    limits::ProcessLimits,
};
use crate::caps;

/// What a process may still do, once confined.
#[derive(Debug, Clone)]
pub struct Confinement {
    /// The user it becomes first; only for root.
    pub user: Option<u32>,
    /// Its share of the machine.
    pub limits: ProcessLimits,
    /// The files it may open.
    pub reach: Reach,
    /// The system calls it may make.
    pub filters: Filters,
}

/// The layers that [`Confinement::apply`] put in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confined {
    /// The version of Landlock's rules, if there is Landlock.
    pub landlock: Option<u8>,
    /// Whether system calls are filtered.
    pub seccomp: bool,
}

impl Confinement {
    /// Confines this process (with a single thread) for good. Landlock and seccomp can be missing from a kernel, and
    /// then are reported so; all else that fails is an error.
    ///
    /// The order matters: limits and capabilities need calls that the filter refuses; Landlock needs
    /// `no_new_privs`; the filter comes last.
    pub fn apply(&self) -> io::Result<Confined> {
        self.limits.set()?;
        match self.user {
            Some(user) => become_user(user)?,
            None => caps::clear()?,
        }
        prctl::set_no_new_privs()?;
        let landlock = self.reach.restrict()?;
        let seccomp = self.filters.install()?;
        Ok(Confined { landlock, seccomp })
    }
}

fn become_user(user: u32) -> io::Result<()> {
    let (user, group) = (Uid::from_raw(user), Gid::from_raw(user));
    setgroups(&[])?;
    setresgid(group, group, group)?;
    setresuid(user, user, user)?;
    caps::clear()?;
    // The change of user has reset both.
    prctl::set_dumpable(true)?;
    Ok(prctl::set_pdeathsig(Signal::SIGKILL)?)
}
