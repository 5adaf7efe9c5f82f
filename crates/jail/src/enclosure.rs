//! Namespaces for a process and all its descendants.
//!
//! A process forks a helper, which makes the user namespace, is given its ids from outside, makes the other
//! namespaces and forks the first process of the new PID namespace; then the helper ends, and its child comes to the
//! process that asked, as its subreaper.

use std::{
    io,
    os::fd::{AsFd, AsRawFd},
};

use frames::Channel;
use nix::{
    sched::{CloneFlags, unshare},
    sys::{
        prctl,
        signal::{Signal, kill},
        wait::waitpid,
    },
    unistd::{Gid, Pid, Uid, setgroups, setresgid, setresuid},
};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{Ids, is_root},
    root::{Prepared, View},
    sys,
};

/// The namespaces of a process.
#[derive(Debug, Clone)]
pub struct Enclosure {
    /// Who is who in it.
    pub ids: Ids,
    /// The user and group that its first process is, with all capabilities inside. Must be among `ids`.
    pub first: (u32, u32),
    /// What is visible in it.
    pub view: View,
    /// What it can reach.
    pub network: Network,
}

/// What a process can reach over the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// Nothing.
    #[default]
    None,
    /// The processes beside it.
    Loopback,
    /// What the host can reach.
    Host,
}

#[derive(Debug, Serialize, Deserialize)]
enum Up {
    Unshared,
    Forked(i32),
    Entered,
    Failed(String),
}

#[derive(Debug, Serialize, Deserialize)]
enum Down {
    Mapped,
    Adopted,
}

impl Enclosure {
    /// Forks a process into new namespaces, as the first of its PID namespace; it dies with this process. `child` runs
    /// in it, once all is built. The error says what could not be had; then there is no process.
    pub fn fork(&self, child: impl FnOnce() -> u8) -> io::Result<Pid> {
        // Known before, so that a folder that is missing is not taken for a layer that is.
        let prepared = self.view.prepare()?;
        let (ours, theirs) = Channel::pair()?;
        prctl::set_child_subreaper(true)?;
        let by_root = is_root();
        let helper = sys::fork(|| {
            nix::unistd::close(ours.as_fd().as_raw_fd()).ok();
            let done = self.help(&theirs, &prepared, by_root, child);
            if let Err(error) = &done {
                theirs.send(&Up::Failed(error.to_string())).ok();
            }
            u8::from(done.is_err())
        })?;
        drop(theirs);
        let first = self.bring_up(&ours, helper);
        waitpid(helper, None).ok();
        let first = first?;
        let entered = ours.send(&Down::Adopted).map_err(io::Error::other).and_then(|()| hear(&ours));
        match entered {
            Ok(Up::Entered) => Ok(first),
            failed => {
                kill(first, Signal::SIGKILL).ok();
                waitpid(first, None).ok();
                failed.and_then(|up| Err(unexpected(&up)))
            }
        }
    }

    fn bring_up(&self, helper: &Channel, pid: Pid) -> io::Result<Pid> {
        match hear(helper)? {
            Up::Unshared => {}
            up => return Err(unexpected(&up)),
        }
        self.ids.give(pid).map_err(|error| said("user ids could not be mapped", &error))?;
        helper.send(&Down::Mapped).map_err(io::Error::other)?;
        match hear(helper)? {
            Up::Forked(pid) => Ok(Pid::from_raw(pid)),
            up => Err(unexpected(&up)),
        }
    }

    /// In the helper.
    fn help(
        &self,
        parent: &Channel,
        prepared: &Prepared,
        by_root: bool,
        child: impl FnOnce() -> u8,
    ) -> io::Result<()> {
        unshare(CloneFlags::CLONE_NEWUSER).map_err(|error| said("a user namespace is refused", &error))?;
        parent.send(&Up::Unshared).map_err(io::Error::other)?;
        let Down::Mapped = parent.receive().map_err(io::Error::other)? else { return Ok(()) };
        let mut kinds = CloneFlags::CLONE_NEWNS
            | CloneFlags::CLONE_NEWPID
            | CloneFlags::CLONE_NEWIPC
            | CloneFlags::CLONE_NEWUTS
            | CloneFlags::CLONE_NEWCGROUP;
        if self.network != Network::Host {
            kinds |= CloneFlags::CLONE_NEWNET;
        }
        unshare(kinds).map_err(|error| said("namespaces are refused", &error))?;
        let first = sys::fork(|| {
            let Ok(Down::Adopted) = parent.receive() else { return 1 };
            match self.enter(prepared, by_root) {
                Ok(()) if parent.send(&Up::Entered).is_ok() => child(),
                Ok(()) => 1,
                Err(error) => {
                    parent.send(&Up::Failed(error.to_string())).ok();
                    1
                }
            }
        })?;
        parent.send(&Up::Forked(first.as_raw())).map_err(io::Error::other)
    }

    /// In the first process of the PID namespace.
    fn enter(&self, prepared: &Prepared, by_root: bool) -> io::Result<()> {
        // Still who started it, on the host: may read what that user may read.
        let opened = prepared.open()?;
        if by_root {
            // An ordinary user keeps its groups: the kernel has it so.
            setgroups(&[])?;
        }
        let (user, group) = (Uid::from_raw(self.first.0), Gid::from_raw(self.first.1));
        setresgid(group, group, group).map_err(|error| said("the group could not be changed", &error))?;
        setresuid(user, user, user).map_err(|error| said("the user could not be changed", &error))?;
        // After the change of the user, which resets it.
        prctl::set_pdeathsig(Signal::SIGKILL)?;
        nix::unistd::setsid()?;
        // A nicety; container runtimes may refuse it.
        rustix::system::sethostname(b"grading").ok();
        if self.network == Network::Loopback {
            sys::loopback_up()
                .map_err(|error| said("the loopback device could not be brought up", &error))?;
        }
        opened.build()
    }
}

fn hear(from: &Channel) -> io::Result<Up> {
    from.receive().map_err(|error| io::Error::other(format!("the new process ended early: {error}")))
}

fn unexpected(up: &Up) -> io::Error {
    match up {
        Up::Failed(why) => io::Error::other(why.clone()),
        other => io::Error::other(format!("the new process said {other:?} out of turn")),
    }
}

/// An error with what was being done.
pub(crate) fn said(what: &str, error: &(impl std::error::Error + ?Sized)) -> io::Error {
    io::Error::other(format!("{what}: {error}"))
}
