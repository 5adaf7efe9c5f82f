//! One snapshot: a frozen copy of the notebook's process that evaluates what the judge asks.

use std::io;

use frames::{Channel, FrameError, FromSnapshot, ToSnapshot};

use super::{
    clock::Deadline,
    sockets::{unstallable, wait},
};

/// The longest answer in bytes: a case's examples, each with capped output.
const LONGEST_ANSWER: usize = 16 << 20;

/// A snapshot that has reported in.
pub(super) struct Snapshot {
    channel: Channel,
    /// Its pid, as it itself says.
    pub(super) pid: i32,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Silence {
    /// The time for it was over.
    TimeIsUp,
    /// The process has ended, or said something that makes no sense.
    Gone,
}

impl From<FrameError> for Silence {
    fn from(_: FrameError) -> Self {
        Self::Gone
    }
}

impl From<io::Error> for Silence {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl Snapshot {
    /// Waits until the process at the other end has reported in. `Err` says why it is not believed.
    pub(super) fn report_in(channel: Channel, until: Deadline) -> Result<Self, String> {
        let failed = |why: &dyn std::fmt::Display| format!("a snapshot did not report in: {why}");
        unstallable(&channel).map_err(|error| failed(&error))?;
        if !wait([&channel], until).map_err(|error| failed(&error))?[0] {
            return Err(failed(&"it was silent"));
        }
        match channel.receive_with(1 << 10) {
            Ok((FromSnapshot::Ready { pid, threads: 1 }, _)) => Ok(Self { channel, pid }),
            Ok((FromSnapshot::Ready { threads, .. }, _)) => Err(format!("a snapshot had {threads} threads")),
            Ok(_) => Err(failed(&"it spoke out of turn")),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Asks, and waits for the answer.
    pub(super) fn ask(&self, request: &ToSnapshot, until: Deadline) -> Result<FromSnapshot, Silence> {
        Ok(self.exchange(request, until)?.0)
    }

    /// A copy of it as it is now.
    pub(super) fn fork(&self, until: Deadline) -> Result<Self, Silence> {
        match self.exchange(&ToSnapshot::Fork, until)? {
            (FromSnapshot::Forked, mut descriptors) => {
                let socket = descriptors.pop().ok_or(Silence::Gone)?;
                Self::report_in(socket.into(), until).map_err(|_| Silence::Gone)
            }
            _ => Err(Silence::Gone),
        }
    }

    fn exchange(
        &self,
        request: &ToSnapshot,
        until: Deadline,
    ) -> Result<(FromSnapshot, Vec<std::os::fd::OwnedFd>), Silence> {
        self.channel.send(request)?;
        while !until.has_passed() {
            if wait([&self.channel], until)?[0] {
                return Ok(self.channel.receive_with(LONGEST_ANSWER)?);
            }
        }
        Err(Silence::TimeIsUp)
    }
}
