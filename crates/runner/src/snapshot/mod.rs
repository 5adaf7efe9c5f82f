//! Snapshots: frozen copies of the notebook's process that wait for tests.
//!
//! ```text
//! answer.rs    the conversation with the judge
//! doctest.rs   doctest examples
//! module.rs    exception-based tests
//! output.rs    what a test prints
//! raised.rs    what a test raises
//! ```

mod answer;
mod doctest;
mod module;
mod output;
mod raised;

use std::{
    os::fd::AsFd,
    sync::{Mutex, PoisonError},
};

use frames::{Channel, FromNotebook, ToNotebook};
use pyo3::{exceptions::PyOSError, prelude::*, types::PyDict};
use rustix::process::Pid;

use crate::{
    conversation::{broken, nobody, out_of_turn, socket},
    genuine::Genuine,
    process::{Fork, NoReturn, disarm_timers, fork, reap},
};

/// Snapshots that may still run; those that have ended are waited for when the next one is taken.
static TAKEN: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Forks a snapshot of this moment for a question (none: the final state), whose tests find these variables.
#[pyfunction]
pub(crate) fn snapshot(
    py: Python<'_>,
    question: Option<String>,
    globals: &Bound<'_, PyDict>,
) -> PyResult<()> {
    let genuine = Genuine::get(py)?;
    let mut judge = socket()?;
    if judge.is_none() {
        return Err(nobody());
    }
    let (ours, judges) = Channel::pair()?;
    let saved = genuine.across_fork.save(py)?;
    match fork(py).map_err(|error| PyOSError::new_err(format!("no snapshot could be taken: {error}")))? {
        Fork::Child => {
            let _no_return = NoReturn;
            disarm_timers();
            // A Ctrl-C that was on its way was for the notebook.
            drop(py.check_signals());
            drop((judge.take(), judges));
            if genuine.across_fork.restore(saved).is_ok() {
                answer::answer(py, genuine, ours, globals);
            }
            Ok(())
        }
        Fork::Parent(pid) => {
            drop(ours);
            {
                let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
                taken.retain(|pid| reap(Some(*pid)).is_none());
                taken.push(pid);
            }
            let judge = judge.as_ref().ok_or_else(nobody)?;
            judge
                .send_with(&FromNotebook::Snapshot { question }, &[judges.as_fd()])
                .map_err(|error| broken(&error))?;
            drop(judges);
            match judge.receive() {
                Ok(ToNotebook::Taken) => Ok(()),
                Ok(_) => Err(out_of_turn()),
                Err(error) => Err(broken(&error)),
            }
        }
    }
}
