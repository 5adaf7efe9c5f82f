//! What a job's notebook process and the judge say to each other.

use std::sync::{Mutex, MutexGuard, PoisonError};

use frames::{Channel, FrameError, FromNotebook, LONGEST_FRAME, ToNotebook};
use pyo3::{exceptions::PyConnectionError, prelude::*};
use serde_json::value::RawValue;

/// The socket to the judge; none in the zygote and in snapshots.
static NOTEBOOK: Mutex<Option<Channel>> = Mutex::new(None);

/// The socket, for as long as the guard lives.
pub(crate) fn socket() -> MutexGuard<'static, Option<Channel>> {
    NOTEBOOK.lock().unwrap_or_else(PoisonError::into_inner)
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
    socket().as_ref().ok_or_else(nobody)?.send(message).map_err(|error| broken(&error))
}

/// The job, as the JSON text of a `ToNotebook`.
#[pyfunction]
pub(crate) fn receive() -> PyResult<String> {
    let channel = socket();
    let channel = channel.as_ref().ok_or_else(nobody)?;
    let (text, _) = channel.receive_with::<Box<RawValue>>(LONGEST_FRAME).map_err(|error| broken(&error))?;
    Ok(String::from(Box::<str>::from(text)))
}

/// Announces a cell; whether it is to run.
#[pyfunction]
pub(crate) fn cell(index: u32, of: u32, position: Option<u32>) -> PyResult<bool> {
    let channel = socket();
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
