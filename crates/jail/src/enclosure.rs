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
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    ids::{Ids, may_give_ids},
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
enum Up<T> {
    Unshared,
    Forked(i32),
    Entered(T),
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
        Ok(self.fork_if(|| Ok(()), child)?.0)
    }

    /// The same, but the new process first tries out what it needs: `trial` runs in it, and its result comes along. Where
    /// that fails there is no process either.
    pub(crate) fn fork_if<T: Serialize + DeserializeOwned>(
        &self,
        trial: impl FnOnce() -> io::Result<T>,
        child: impl FnOnce() -> u8,
    ) -> io::Result<(Pid, T)> {
        // Known before, so that a folder that is missing is not taken for a layer that is.
        let prepared = self.view.prepare()?;
        let (ours, theirs) = Channel::pair()?;
        prctl::set_child_subreaper(true)?;
        let with_rights = may_give_ids();
        let helper = sys::fork(|| {
            nix::unistd::close(ours.as_fd().as_raw_fd()).ok();
            let done = self.help(&theirs, &prepared, with_rights, trial, child);
            if let Err(error) = &done {
                theirs.send(&Up::<T>::Failed(error.to_string())).ok();
            }
            u8::from(done.is_err())
        })?;
        drop(theirs);
        let first = self.bring_up::<T>(&ours, helper);
        if first.is_err() {
            // It may still wait for its ids.
            kill(helper, Signal::SIGKILL).ok();
        }
        waitpid(helper, None).ok();
        let first = first?;
        let entered = ours.send(&Down::Adopted).map_err(io::Error::other).and_then(|()| hear::<T>(&ours));
        match entered {
            Ok(Up::Entered(tried)) => Ok((first, tried)),
            failed => {
                kill(first, Signal::SIGKILL).ok();
                waitpid(first, None).ok();
                failed.and_then(|up| Err(unexpected(up)))
            }
        }
    }

    fn bring_up<T: DeserializeOwned>(&self, helper: &Channel, pid: Pid) -> io::Result<Pid> {
        match hear::<T>(helper)? {
            Up::Unshared => {}
            up => return Err(unexpected(up)),
        }
        self.ids.give(pid).map_err(|error| said("user ids could not be mapped", &error))?;
        helper.send(&Down::Mapped).map_err(io::Error::other)?;
        match hear::<T>(helper)? {
            Up::Forked(pid) => Ok(Pid::from_raw(pid)),
            up => Err(unexpected(up)),
        }
    }

    /// In the helper.
    fn help<T: Serialize>(
        &self,
        parent: &Channel,
        prepared: &Prepared,
        with_rights: bool,
        trial: impl FnOnce() -> io::Result<T>,
        child: impl FnOnce() -> u8,
    ) -> io::Result<()> {
        unshare(CloneFlags::CLONE_NEWUSER).map_err(|error| said("a user namespace is refused", &error))?;
        parent.send(&Up::<T>::Unshared).map_err(io::Error::other)?;
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
            let tried = self.enter(prepared, with_rights).and_then(|()| trial());
            let is_well = tried.is_ok();
            let said = tried.map_or_else(|error| Up::Failed(error.to_string()), Up::Entered);
            if parent.send(&said).is_ok() && is_well { child() } else { 1 }
        })?;
        parent.send(&Up::<T>::Forked(first.as_raw())).map_err(io::Error::other)
    }

    /// In the first process of the PID namespace.
    fn enter(&self, prepared: &Prepared, with_rights: bool) -> io::Result<()> {
        // Still who started it, on the host: may read what that user may read.
        let opened = prepared.open()?;
        if with_rights {
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

fn hear<T: DeserializeOwned>(from: &Channel) -> io::Result<Up<T>> {
    from.receive().map_err(|error| io::Error::other(format!("the new process ended early: {error}")))
}

fn unexpected<T>(up: Up<T>) -> io::Error {
    match up {
        Up::Failed(why) => io::Error::other(why),
        _ => io::Error::other("the new process spoke out of turn"),
    }
}

/// An error with what was being done.
pub(crate) fn said(what: &str, error: &(impl std::error::Error + ?Sized)) -> io::Error {
    io::Error::other(format!("{what}: {error}"))
}
