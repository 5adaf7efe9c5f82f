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
    let own = getpid().as_raw_pid();
    let newest = std::thread::Builder::new().spawn(rustix::thread::gettid)?;
    let newest = newest.join().map_err(|_| io::Error::other("a thread panicked"))?.as_raw_pid();
    // SAFETY: signal 0 only asks whether there is such a thread in this process.
    let is_ours = |number: &RawPid| unsafe { libc::syscall(libc::SYS_tgkill, own, *number, 0) } == 0;
    let others = if own < newest {
        (own + 1..newest).filter(is_ours).count()
    } else {
        (own + 1..=HIGHEST_PID).chain(1..newest).filter(is_ours).count()
    };
    Ok(1 + others)
}
