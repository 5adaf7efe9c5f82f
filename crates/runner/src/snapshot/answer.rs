//! What a snapshot says to the judge.

use std::os::fd::AsFd;

use frames::{Channel, FromSnapshot, ToSnapshot};
use pyo3::{prelude::*, types::PyDict};
use rustix::process::{Pid, Signal, WaitOptions, getpid, set_parent_process_death_signal, waitpid};

use super::{doctest, module::Module};
use crate::{
    genuine::Genuine,
    process::{Fork, disarm_timers, fork},
    threads,
};

/// A snapshot in conversation.
struct Snapshot<'a, 'py> {
    py: Python<'py>,
    genuine: &'a Genuine,
    judge: Channel,
    globals: &'a Bound<'py, PyDict>,
    module: Module<'py>,
}

/// Reports in, and answers until the judge has heard enough. The caller ends the process.
pub(super) fn answer(py: Python<'_>, genuine: &Genuine, judge: Channel, globals: &Bound<'_, PyDict>) {
    if genuine.hide_displays(py).is_err() {
        return;
    }
    Snapshot { py, genuine, judge, globals, module: Module::none(globals) }.converse();
}

impl Snapshot<'_, '_> {
    fn converse(mut self) -> Option<()> {
        self.report_in()?;
        loop {
            let request = self.judge.receive().ok()?;
            self = self.leave_threads_behind()?;
            let answer = match request {
                ToSnapshot::Fork => {
                    self.fork()?;
                    continue;
                }
                ToSnapshot::Doctest { name, examples } => {
                    FromSnapshot::Examples(doctest::run(self.genuine, self.globals, &name, &examples).ok()?)
                }
                ToSnapshot::Module { name, source } => {
                    FromSnapshot::Ran(self.module.run(self.genuine, &name, &source).ok()?)
                }
                ToSnapshot::Call { function, params } => {
                    FromSnapshot::Ran(self.module.call(self.genuine, &function, &params).ok()?)
                }
            };
            self.judge.send(&answer).ok()?;
        }
    }

    fn report_in(&self) -> Option<()> {
        let pid = getpid().as_raw_nonzero().get();
        // Cannot be counted: not to be believed.
        let threads = threads::count().unwrap_or(0);
        self.judge.send(&FromSnapshot::Ready { pid, threads }).ok()
    }

    /// Threads that an earlier test left running must not see the next test: a fork has only the thread that forked.
    /// This process then waits for the one that goes on in its place.
    fn leave_threads_behind(self) -> Option<Self> {
        if threads::count().ok()? == 1 {
            return Some(self);
        }
        match fork(self.py).ok()? {
            Fork::Child => {
                disarm_timers();
                die_with_parent()?;
                Some(self)
            }
            Fork::Parent(successor) => {
                // Only the successor holds the judge's socket, so that it closes when the successor ends.
                drop(self);
                wait(successor);
                None
            }
        }
    }

    /// A copy of this snapshot that answers over a socket of its own.
    fn fork(&mut self) -> Option<()> {
        let (ours, judges) = Channel::pair().ok()?;
        let saved = self.genuine.across_fork.save(self.py).ok()?;
        match fork(self.py).ok()? {
            Fork::Child => {
                die_with_parent()?;
                disarm_timers();
                self.judge = ours;
                drop(judges);
                self.genuine.across_fork.restore(saved).ok()?;
                self.report_in()
            }
            Fork::Parent(_) => self.judge.send_with(&FromSnapshot::Forked, &[judges.as_fd()]).ok(),
        }
    }
}

fn die_with_parent() -> Option<()> {
    set_parent_process_death_signal(Some(Signal::KILL)).ok()
}

fn wait(pid: Pid) {
    while matches!(waitpid(Some(pid), WaitOptions::empty()), Err(rustix::io::Errno::INTR)) {}
}
