//! The zygote: waits for jobs, forks each into its jail, and tells when they end.

use std::{
    collections::HashMap,
    io,
    os::fd::{AsFd, FromRawFd, OwnedFd, RawFd},
};

use frames::{Channel, FrameError, FromZygote, LONGEST_FRAME, Start, ToZygote};
use jail::job::Side;
use pyo3::{exceptions::PyRuntimeError, prelude::*};
use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
    process::{Pid, PidfdFlags, RawPid, pidfd_open},
};

use crate::{
    audit, conversation,
    genuine::Genuine,
    huge,
    process::{self, around_fork},
    threads,
};

/// A running job: its number, and a descriptor that wakes the zygote when its init ends.
struct Running {
    id: u64,
    pidfd: OwnedFd,
}

/// Keeps what evaluation needs of Python as it is now, and lets nobody watch it. Comes before any code of a student.
///
/// `format_exception_only` is the one of a copy of `traceback` that nobody else has; `whole_message` is whether this
/// Python's doctest compares all of its lines, and not only the last. `display_formatter` is the shell's.
#[pyfunction]
pub(crate) fn prepare(
    py: Python<'_>,
    format_exception_only: Bound<'_, PyAny>,
    whole_message: bool,
    display_formatter: Bound<'_, PyAny>,
) -> PyResult<()> {
    Genuine::capture(py, format_exception_only, whole_message, display_formatter)?;
    audit::refuse_hooks()
}

/// Makes this process a job's notebook process without a zygote and without a jail, with this socket to the judge.
#[pyfunction]
pub(crate) fn adopt(notebook: RawFd) {
    conversation::begin(channel(notebook));
}

/// The folder for temporary files that the jail has set for this job, if it has.
#[pyfunction]
pub(crate) fn scratch_folder() -> Option<String> {
    std::env::var("TMPDIR").ok()
}

#[expect(unsafe_code, reason = "sockets come by their number")]
fn channel(socket: RawFd) -> Channel {
    // SAFETY: whoever starts the process gives it this descriptor, and nobody else here uses it.
    unsafe { OwnedFd::from_raw_fd(socket) }.into()
}

/// Serves jobs, on the socket `control`. Returns in each job's notebook process (true), and in the zygote (false) when
/// there are to be no more jobs.
#[pyfunction]
pub(crate) fn serve(py: Python<'_>, control: RawFd, otter: String) -> PyResult<bool> {
    let count = threads::count()?;
    if count != 1 {
        let why = format!("a module that is loaded beforehand has started {} threads", count - 1);
        return Err(PyRuntimeError::new_err(why));
    }
    huge::gather();
    let control = channel(control);
    let python = Python::version_str().split_whitespace().next().unwrap_or_default().to_owned();
    control.send(&FromZygote::Ready { python, otter }).map_err(|error| conversation::broken(&error))?;

    let mut running = HashMap::new();
    loop {
        match turn(py, &control, &mut running) {
            Ok(None) => {}
            Ok(Some(notebook)) => {
                // The jail has closed these descriptors; their numbers may be others' by now.
                std::mem::forget((control, running));
                conversation::begin(notebook);
                return Ok(true);
            }
            Err(FrameError::Closed) => return Ok(false),
            Err(error) => return Err(conversation::broken(&error)),
        }
    }
}

/// Waits for something to happen and deals with it. Gives the notebook's socket in a new job.
fn turn(
    py: Python<'_>,
    control: &Channel,
    running: &mut HashMap<RawPid, Running>,
) -> Result<Option<Channel>, FrameError> {
    let mut wanted = vec![PollFd::new(control, PollFlags::IN)];
    wanted.extend(running.values().map(|job| PollFd::new(&job.pidfd, PollFlags::IN)));
    match poll(&mut wanted, None) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    let is_asked = !wanted[0].revents().is_empty();
    drop(wanted);
    // As the first process of its namespace the zygote inherits orphans; they are nobody's.
    while let Some(ended) = process::reap(None) {
        if let Some(job) = running.remove(&ended.pid) {
            control.send(&FromZygote::Ended { id: job.id, cpu_s: ended.cpu_s })?;
        }
    }
    if !is_asked {
        return Ok(None);
    }
    let (ToZygote::Start(job), descriptors) = control.receive_with(LONGEST_FRAME)?;
    match start(py, &job, descriptors) {
        Ok(Begun::Here(notebook)) => return Ok(Some(notebook)),
        Ok(Begun::There(pid, pidfd)) => {
            running.insert(pid.as_raw_pid(), Running { id: job.id, pidfd });
            control.send(&FromZygote::Started { id: job.id })?;
        }
        Err(error) => control.send(&FromZygote::NotStarted { id: job.id, why: error.to_string() })?,
    }
    Ok(None)
}

enum Begun {
    /// This is the job's notebook process.
    Here(Channel),
    /// This is the zygote, and the job's init has this pid.
    There(Pid, OwnedFd),
}

fn start(py: Python<'_>, job: &Start, descriptors: Vec<OwnedFd>) -> io::Result<Begun> {
    let Ok([init, notebook, files]) = <[OwnedFd; 3]>::try_from(descriptors) else {
        return Err(io::Error::other("a job comes with three descriptors"));
    };
    let side = around_fork(
        py,
        || jail::job::start(&job.limits, init.into(), files, &[notebook.as_fd()]),
        |side| matches!(side, Ok(Side::Notebook)),
    );
    match side? {
        Side::Notebook => Ok(Begun::Here(notebook.into())),
        Side::Zygote { pid } => {
            let pid = Pid::from_raw(pid).ok_or_else(|| io::Error::other("the jail gave no pid"))?;
            Ok(Begun::There(pid, pidfd_open(pid, PidfdFlags::empty())?))
        }
    }
}
