//! What a snapshot says to the judge.

use std::os::fd::AsFd;

use frames::{Channel, FromSnapshot, ToSnapshot};
use pyo3::{prelude::*, types::PyDict};
use rustix::process::getpid;

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

    /// Threads that an earlier test left running must not see the next test: a fork has only the thread that forked. It
    /// goes on in the place of this process, and says so.
    fn leave_threads_behind(self) -> Option<Self> {
        if threads::count().ok()? == 1 {
            return Some(self);
        }
        match fork(self.py).ok()? {
            Fork::Child => {
                disarm_timers();
                self.report_in()?;
                Some(self)
            }
            Fork::Parent(_) => None,
        }
    }

    /// A copy of this snapshot that answers over a socket of its own.
    fn fork(&mut self) -> Option<()> {
        let (ours, judges) = Channel::pair().ok()?;
        let saved = self.genuine.across_fork.save(self.py).ok()?;
        match fork(self.py).ok()? {
            Fork::Child => {
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
