//! What a job's notebook process and the judge say to each other.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicI32, Ordering},
};

use frames::{Channel, FrameError, FromNotebook, LONGEST_FRAME, ToNotebook};
use pyo3::{exceptions::PyConnectionError, prelude::*};
use rustix::process::getpid;
use serde_json::value::RawValue;

/// The socket to the judge; none in the zygote and in snapshots.
static NOTEBOOK: Mutex<Option<Channel>> = Mutex::new(None);
/// The process whose conversation it is: one that the notebook's code forks has the socket as well.
static PROCESS: AtomicI32 = AtomicI32::new(0);

/// From here on this process is the one that talks to the judge.
pub(crate) fn begin(notebook: Channel) {
    PROCESS.store(getpid().as_raw_pid(), Ordering::Relaxed);
    *NOTEBOOK.lock().unwrap_or_else(PoisonError::into_inner) = Some(notebook);
}

/// The socket, for as long as the guard lives; an error in a process that has nobody to talk to.
pub(crate) fn socket() -> PyResult<MutexGuard<'static, Option<Channel>>> {
    // Asked first: a fork may have been made while the lock was held, and then nobody ever opens it.
    if PROCESS.load(Ordering::Relaxed) != getpid().as_raw_pid() {
        return Err(nobody());
    }
    Ok(NOTEBOOK.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Something in the conversation with the judge went wrong.
pub(crate) fn broken(error: &FrameError) -> PyErr {
    PyConnectionError::new_err(error.to_string())
}

/// There is no conversation in this process.
pub(crate) fn nobody() -> PyErr {
    PyConnectionError::new_err("this process has nobody to talk to")
}

/// The judge did not answer what it was asked.
pub(crate) fn out_of_turn() -> PyErr {
    PyConnectionError::new_err("the judge spoke out of turn")
}

fn say(message: &FromNotebook) -> PyResult<()> {
    socket()?.as_ref().ok_or_else(nobody)?.send(message).map_err(|error| broken(&error))
}

/// The job, as the JSON text of a `ToNotebook`.
#[pyfunction]
pub(crate) fn receive() -> PyResult<String> {
    let channel = socket()?;
    let channel = channel.as_ref().ok_or_else(nobody)?;
    let (text, _) = channel.receive_with::<Box<RawValue>>(LONGEST_FRAME).map_err(|error| broken(&error))?;
    Ok(String::from(Box::<str>::from(text)))
}

/// Announces a cell; whether it is to run.
#[pyfunction]
pub(crate) fn cell(index: u32, of: u32, position: Option<u32>) -> PyResult<bool> {
    let channel = socket()?;
    let channel = channel.as_ref().ok_or_else(nobody)?;
    let asked = channel.send(&FromNotebook::Cell { index, of, position });
    match asked.and_then(|()| channel.receive()).map_err(|error| broken(&error))? {
        ToNotebook::Go { stop } => Ok(!stop),
        _ => Err(out_of_turn()),
    }
}

/// Hands over the result.
#[pyfunction]
pub(crate) fn done(result: String, output_dropped: bool) -> PyResult<()> {
    say(&FromNotebook::Done { result, output_dropped })
}

/// Says that it cannot be done.
#[pyfunction]
pub(crate) fn failed(why: String) -> PyResult<()> {
    say(&FromNotebook::Failed { why })
}
