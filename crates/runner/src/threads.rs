//! Counting threads.

#![expect(unsafe_code, reason = "the kernel is asked for threads by their numbers")]

use std::io;

use rustix::process::{RawPid, getpid};

/// The kernel's limit on 64-bit machines.
const HIGHEST_PID: RawPid = 1 << 22;

/// The number of this process's threads.
pub(crate) fn count() -> io::Result<u32> {
    let count = match std::fs::read_dir("/proc/self/task") {
        Ok(threads) => threads.count(),
        Err(_) => by_number()?,
    };
    u32::try_from(count).map_err(io::Error::other)
}

/// The same where a jail shows no `/proc`; the calling thread is the process's first. The kernel numbers threads in
/// the order in which they are made, so all others are between this one and one that is made now.
pub(crate) fn by_number() -> io::Result<usize> {
    let newest = std::thread::Builder::new().spawn(rustix::thread::gettid);
    match newest.map(std::thread::JoinHandle::join) {
        Ok(Ok(newest)) => up_to(newest.as_raw_pid()),
        Ok(Err(_)) => Err(io::Error::other("a thread panicked")),
        // At the limit of processes or of memory none can be made. Then all numbers are tried, which takes its time.
        Err(_) => up_to(getpid().as_raw_pid()),
    }
}

/// The number of this process's threads of which the newest has this number. Numbers begin again from the lowest.
pub(crate) fn up_to(newest: RawPid) -> io::Result<usize> {
    let own = getpid().as_raw_pid();
    let (above, below) =
        if own < newest { (own + 1..newest, 1..1) } else { (own + 1..HIGHEST_PID, 1..newest) };
    let mut count = 1;
    for number in above.chain(below) {
        count += usize::from(is_ours(number)?);
    }
    Ok(count)
}

/// Whether this process has a thread of this number. Asked by making a timer that would signal it: on older kernels a
/// jail may have to forbid the signals that one would ask with.
fn is_ours(number: RawPid) -> io::Result<bool> {
    // SAFETY: all zeroes are a valid `sigevent`.
    let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
    event.sigev_notify = libc::SIGEV_THREAD_ID;
    event.sigev_notify_thread_id = number;
    event.sigev_signo = libc::SIGALRM;
    let mut timer = 0_i32;
    // SAFETY: the kernel reads the one and writes the other. A timer that is not set does nothing.
    let made = unsafe {
        libc::syscall(libc::SYS_timer_create, libc::CLOCK_MONOTONIC, &raw const event, &raw mut timer)
    };
    if made == 0 {
        // SAFETY: the timer is ours, and nobody else knows it.
        unsafe { libc::syscall(libc::SYS_timer_delete, timer) };
        return Ok(true);
    }
    match io::Error::last_os_error() {
        error if error.raw_os_error() == Some(libc::EINVAL) => Ok(false),
        error => Err(error),
    }
}
