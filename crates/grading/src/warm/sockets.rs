//! The judge's ends of a job's sockets.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    time::Duration,
};

use frames::Channel;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    net::{Shutdown, shutdown, sockopt},
};

use super::clock::Deadline;

/// How long a process in the jail may take in the middle of a frame, or to read one that was sent to it.
const STALL: Duration = Duration::from_secs(5);

/// Makes a channel's other end unable to hold up the judge: a frame that does not come on, or is not taken, ends the
/// conversation.
pub(super) fn unstallable(channel: &Channel) -> io::Result<()> {
    sockopt::set_socket_timeout(channel, sockopt::Timeout::Recv, Some(STALL))?;
    sockopt::set_socket_timeout(channel, sockopt::Timeout::Send, Some(STALL))?;
    Ok(())
}

/// Waits until one of the channels has something to read (or was closed), or the deadline has passed. One answer for
/// each channel.
pub(super) fn wait<const N: usize>(channels: [&Channel; N], until: Deadline) -> io::Result<[bool; N]> {
    let mut fds = channels.map(|channel| PollFd::new(channel, PollFlags::IN));
    let left = until.left();
    let timeout = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: i64::from(left.subsec_nanos()) };
    match poll(&mut fds, Some(&timeout)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(fds.map(|fd| !fd.revents().is_empty())),
        Err(error) => Err(error.into()),
    }
}

/// Whether the other end is gone.
pub(super) fn has_hung_up(channel: &Channel) -> bool {
    let mut fds = [PollFd::new(channel, PollFlags::RDHUP)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    poll(&mut fds, Some(&now)).is_ok() && fds[0].revents().intersects(PollFlags::HUP | PollFlags::RDHUP)
}

/// Whether this program can have another descriptor. If not, those that processes of the job send are lost.
pub(super) fn descriptors_are_free() -> bool {
    rustix::event::eventfd(0, rustix::event::EventfdFlags::CLOEXEC).is_ok()
}

/// Ends a job from another thread: closes its init's socket, upon which the init ends and all its processes with it.
/// Does so when dropped.
pub(super) struct Leash(OwnedFd);

impl Leash {
    pub(super) fn of(init: &Channel) -> io::Result<Self> {
        Ok(Self(init.as_fd().try_clone_to_owned()?))
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        // Closed already when the job has ended by itself.
        shutdown(&self.0, Shutdown::Both).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_gone_has_hung_up_whatever_it_said_before() {
        let (one, other) = Channel::pair().unwrap();
        other.send(&"still to be read").unwrap();
        assert!(!has_hung_up(&one));
        drop(other);
        assert!(has_hung_up(&one));
        assert!(descriptors_are_free());
    }
}
