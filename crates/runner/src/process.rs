//! Processes: forking with the interpreter's knowledge, ending, waiting.

#![expect(unsafe_code, reason = "fork, _exit, wait4 and timers are C")]

use std::io;

use pyo3::{Python, ffi};
use rustix::process::{Pid, RawPid};

use crate::threads;

/// Which process [`fork`] returned in.
pub(crate) enum Fork {
    Parent(Pid),
    Child,
}

/// Forks with `fork`, with the interpreter told before and after, so that its locks and threads are as they should be.
pub(crate) fn around_fork<T>(_: Python<'_>, fork: impl FnOnce() -> T, is_child: impl Fn(&T) -> bool) -> T {
    // SAFETY: the interpreter is attached, and exactly one of the functions below follows in each process.
    unsafe { ffi::PyOS_BeforeFork() };
    let side = fork();
    if is_child(&side) {
        // SAFETY: this is the child, and the thread that forked.
        unsafe { ffi::PyOS_AfterFork_Child() };
    } else {
        // SAFETY: this is the parent, and the thread that called `PyOS_BeforeFork`.
        unsafe { ffi::PyOS_AfterFork_Parent() };
    }
    side
}

/// Forks this process.
///
/// With one thread, as nearly always, the interpreter need not know: no other can hold a lock, and what it would do
/// (run hooks, a student's too, and seed random numbers anew) a frozen copy should not.
pub(crate) fn fork(py: Python<'_>) -> io::Result<Fork> {
    let fork = || {
        // SAFETY: what else runs in other threads is Python, which the interpreter has been told about; the C library
        // takes care of its own locks.
        match unsafe { libc::fork() } {
            -1 => Err(io::Error::last_os_error()),
            pid => Ok(Pid::from_raw(pid).map_or(Fork::Child, Fork::Parent)),
        }
    };
    if threads::count()? == 1 {
        fork()
    } else {
        around_fork(py, fork, |side| matches!(side, Ok(Fork::Child)))
    }
}

/// Ends this process at once when dropped, also by a panic: nothing may be run or unwound behind it.
pub(crate) struct NoReturn;

impl Drop for NoReturn {
    fn drop(&mut self) {
        // SAFETY: ends the process without touching its memory.
        unsafe { libc::_exit(0) };
    }
}

/// Takes back every alarm that was set.
pub(crate) fn disarm_timers() {
    let off = libc::itimerval {
        it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 },
        it_value: libc::timeval { tv_sec: 0, tv_usec: 0 },
    };
    for timer in [libc::ITIMER_REAL, libc::ITIMER_VIRTUAL, libc::ITIMER_PROF] {
        // SAFETY: reads the setting that is given; the old one is not asked for.
        unsafe { libc::setitimer(timer, &raw const off, std::ptr::null_mut()) };
    }
}

/// A child that has ended.
pub(crate) struct Ended {
    pub(crate) pid: RawPid,
    /// CPU seconds of it and of every process it waited for.
    pub(crate) cpu_s: f64,
}

/// The next child that has ended, if one has; `of` limits the question to one child.
pub(crate) fn reap(of: Option<Pid>) -> Option<Ended> {
    let (mut status, mut usage) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
    let of = of.map_or(-1, Pid::as_raw_pid);
    // SAFETY: both places are valid to write to.
    let pid = unsafe { libc::wait4(of, &raw mut status, libc::WNOHANG, usage.as_mut_ptr()) };
    if pid <= 0 {
        return None;
    }
    // SAFETY: zeroed is a valid `rusage`, and the kernel has filled it in.
    let usage = unsafe { usage.assume_init() };
    Some(Ended { pid, cpu_s: seconds(usage.ru_utime) + seconds(usage.ru_stime) })
}

#[expect(clippy::cast_precision_loss, reason = "2^53 seconds are enough")]
fn seconds(time: libc::timeval) -> f64 {
    time.tv_sec as f64 + time.tv_usec as f64 / 1e6
}
