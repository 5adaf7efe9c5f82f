//! One snapshot: a frozen copy of the notebook's process that evaluates what the judge asks.

use std::{cell::Cell, io, os::fd::OwnedFd};

use frames::{Channel, FrameError, FromSnapshot, ToInit, ToSnapshot};

use super::{
    clock::Deadline,
    roster::{Entry, Roster},
    sockets::{descriptors_are_free, unstallable, wait},
};

/// The longest answer in bytes: a case's examples, each with capped output.
const LONGEST_ANSWER: usize = 16 << 20;

/// A snapshot that has reported in.
pub(super) struct Snapshot {
    channel: Channel,
    entry: Entry,
    /// It met a deadline, or said something that makes no sense. What it says later answers no question of ours.
    is_over: Cell<bool>,
    /// It owes a copy that nobody waits for any more.
    owes_copy: Cell<bool>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Silence {
    /// The time for it was over.
    TimeIsUp,
    /// The process has ended, or said something that makes no sense.
    Gone,
}

/// Why a snapshot is not taken.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Something else came up for which it cannot be waited.
    Interrupted,
    /// It is not believed, for this reason.
    NotBelieved(String),
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
    /// Waits until the process at the other end has reported in, or there is something to read on the `other` channel.
    pub(super) fn report_in(
        channel: Channel,
        until: Deadline,
        other: Option<&Channel>,
        roster: &Roster,
    ) -> Result<Self, Refusal> {
        let failed = |why: &dyn std::fmt::Display| {
            Refusal::NotBelieved(format!("a snapshot did not report in: {why}"))
        };
        unstallable(&channel).map_err(|error| failed(&error))?;
        let waited = match other {
            Some(other) => wait([&channel, other], until),
            None => wait([&channel], until).map(|[came]| [came, false]),
        };
        match waited.map_err(|error| failed(&error))? {
            [true, _] => {}
            [false, true] => return Err(Refusal::Interrupted),
            [false, false] => return Err(failed(&"it was silent")),
        }
        match channel.receive_with(1 << 10) {
            Ok((FromSnapshot::Ready { pid, threads }, _)) => {
                let pid = believed(pid, threads).map_err(Refusal::NotBelieved)?;
                let (is_over, owes_copy) = (Cell::new(false), Cell::new(false));
                Ok(Self { channel, entry: roster.enter(pid), is_over, owes_copy })
            }
            Ok(_) => Err(failed(&"it spoke out of turn")),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Asks, and waits for the answer. After a silence there are no more answers.
    pub(super) fn ask(&self, request: &ToSnapshot, until: Deadline) -> Result<FromSnapshot, Silence> {
        let answer = self.exchange(request, until);
        if answer.is_err() {
            self.give_up();
        }
        Ok(answer?.0)
    }

    /// A copy of it as it is now. One that does not come in time is not waited for; the snapshot itself can still be
    /// asked.
    pub(super) fn fork(&self, until: Deadline) -> Result<Self, Silence> {
        match self.exchange(&ToSnapshot::Fork, until) {
            Ok((FromSnapshot::Forked, mut descriptors)) => {
                let socket = descriptors.pop().ok_or(Silence::Gone)?;
                Self::report_in(socket.into(), until, None, self.entry.roster()).map_err(|_| Silence::Gone)
            }
            Ok(_) | Err(Silence::Gone) => {
                self.give_up();
                Err(Silence::Gone)
            }
            Err(Silence::TimeIsUp) => {
                self.owes_copy.set(true);
                Err(Silence::TimeIsUp)
            }
        }
    }

    /// Ends it with all that it has made: everything but the snapshots that are still wanted.
    pub(super) fn end(&self, init: &Channel) {
        self.give_up();
        // The init is gone only if the whole job is being ended.
        init.send(&ToInit::EndOthers { keep: self.entry.roster().pids() }).ok();
    }

    fn give_up(&self) {
        self.is_over.set(true);
        self.entry.cross_out();
    }

    fn exchange(
        &self,
        request: &ToSnapshot,
        until: Deadline,
    ) -> Result<(FromSnapshot, Vec<OwnedFd>), Silence> {
        if self.is_over.get() {
            return Err(Silence::Gone);
        }
        self.channel.send(request)?;
        while !until.has_passed() {
            if !wait([&self.channel], until)?[0] {
                continue;
            }
            let came = self.channel.receive_with(LONGEST_ANSWER);
            if came.is_err() && !descriptors_are_free() {
                self.entry.roster().note_lack_of_descriptors();
            }
            match came? {
                (FromSnapshot::Ready { pid, threads }, _) => {
                    self.entry.set_pid(believed(pid, threads).map_err(|_| Silence::Gone)?);
                }
                (FromSnapshot::Forked, _) if self.owes_copy.take() => {}
                answer => return Ok(answer),
            }
        }
        Err(Silence::TimeIsUp)
    }
}

/// The pid that a snapshot reports, if it can be one; or why it is not believed.
fn believed(pid: i32, threads: u32) -> Result<i32, String> {
    match (pid, threads) {
        // 1 is the init, and others stand for many processes at once.
        (..=1, _) => Err(format!("a snapshot said its number was {pid}")),
        (_, 1) => Ok(pid),
        (_, threads) => Err(format!("a snapshot had {threads} threads")),
    }
}

#[cfg(test)]
mod tests {
    use std::{os::fd::AsFd, time::Duration};

    use frames::Outcome;

    use super::*;

    const RETURNED: FromSnapshot = FromSnapshot::Ran(Outcome::Returned);

    /// A snapshot of this pid, and the end of its process.
    fn snapshot(pid: i32, roster: &Roster) -> (Snapshot, Channel) {
        let (ours, theirs) = Channel::pair().unwrap();
        theirs.send(&FromSnapshot::Ready { pid, threads: 1 }).unwrap();
        let snapshot = Snapshot::report_in(ours, soon(), None, roster);
        (snapshot.unwrap_or_else(|refusal| panic!("{refusal:?}")), theirs)
    }

    fn soon() -> Deadline {
        Deadline::after(Duration::from_mins(1))
    }

    fn now() -> Deadline {
        Deadline::after(Duration::ZERO)
    }

    fn call() -> ToSnapshot {
        ToSnapshot::Call { function: "f".into(), params: Vec::new() }
    }

    #[test]
    fn a_late_answer_is_no_answer_to_the_next_question() {
        let (snapshot, process) = snapshot(7, &Roster::default());
        assert!(matches!(snapshot.ask(&call(), now()), Err(Silence::TimeIsUp)));
        process.send(&RETURNED).unwrap();
        assert!(matches!(snapshot.ask(&call(), soon()), Err(Silence::Gone)));
    }

    #[test]
    fn a_late_copy_is_not_taken_for_an_answer() {
        let (snapshot, process) = snapshot(7, &Roster::default());
        assert!(matches!(snapshot.fork(now()), Err(Silence::TimeIsUp)));
        process.send_with(&FromSnapshot::Forked, &[process.as_fd()]).unwrap();
        process.send(&RETURNED).unwrap();
        assert!(matches!(snapshot.ask(&call(), soon()), Ok(FromSnapshot::Ran(_))));
        // A second one is nobody's.
        process.send(&FromSnapshot::Forked).unwrap();
        assert!(matches!(snapshot.ask(&call(), soon()), Ok(FromSnapshot::Forked)));
    }

    #[test]
    fn who_goes_on_in_its_place_is_wanted_in_its_place() {
        let roster = Roster::default();
        let (snapshot, process) = snapshot(7, &roster);
        process.send(&FromSnapshot::Ready { pid: 9, threads: 1 }).unwrap();
        process.send(&RETURNED).unwrap();
        assert!(matches!(snapshot.ask(&call(), soon()), Ok(FromSnapshot::Ran(_))));
        assert_eq!(roster.pids(), [9]);
        process.send(&FromSnapshot::Ready { pid: 11, threads: 2 }).unwrap();
        process.send(&RETURNED).unwrap();
        assert!(
            matches!(snapshot.ask(&call(), soon()), Err(Silence::Gone)),
            "one with a thread is not believed"
        );
    }

    #[test]
    fn only_numbers_of_one_process_are_believed() {
        for (pid, threads) in [(-1, 1), (0, 1), (1, 1), (i32::MIN, 1), (7, 0), (7, 2)] {
            let (ours, theirs) = Channel::pair().unwrap();
            theirs.send(&FromSnapshot::Ready { pid, threads }).unwrap();
            let refused = Snapshot::report_in(ours, soon(), None, &Roster::default()).err();
            assert!(matches!(refused, Some(Refusal::NotBelieved(_))), "{pid} {threads}: {refused:?}");
        }
    }

    #[test]
    fn whoever_is_not_wanted_ends() {
        let roster = Roster::default();
        let [one, two, three] = [3, 5, 7].map(|pid| snapshot(pid, &roster));
        drop(two);
        let (init, told) = Channel::pair().unwrap();
        one.0.end(&init);
        let ToInit::EndOthers { keep } = told.receive().unwrap() else { panic!("another word") };
        assert_eq!(keep, [7]);
        assert!(matches!(one.0.ask(&call(), soon()), Err(Silence::Gone)));
        drop(three);
    }

    #[test]
    fn a_word_of_the_init_comes_first() {
        let (ours, _theirs) = Channel::pair().unwrap();
        let (init, says) = Channel::pair().unwrap();
        says.send(&"a limit").unwrap();
        let refused = Snapshot::report_in(ours, soon(), Some(&init), &Roster::default()).err();
        assert!(matches!(refused, Some(Refusal::Interrupted)), "{refused:?}");
    }
}
