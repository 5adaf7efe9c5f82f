//! The highest pid of a PID namespace, and with it the most processes: since Linux 6.14 each namespace has its own.

use std::{fs, io};

/// The kernel takes no less: the first pids are reserved for its own.
const LEAST: u64 = 301;

/// Limits the PID namespace that this process is the first of. What is kept is `processes`, but at least 301.
pub(crate) fn limit(processes: u64) -> io::Result<()> {
    const FILE: &str = "/proc/sys/kernel/pid_max";
    if std::process::id() != 1 || !is_per_namespace() {
        // The machine's own limit is not ours to change.
        return Err(io::ErrorKind::Unsupported.into());
    }
    fs::write(FILE, processes.max(LEAST).to_string())
}

/// Whether the kernel has one for each namespace.
pub(crate) fn is_per_namespace() -> bool {
    let release = rustix::system::uname();
    let mut numbers = release.release().to_str().unwrap_or_default().split('.');
    let mut next = || numbers.next().and_then(|number| number.parse::<u32>().ok()).unwrap_or(0);
    (next(), next()) >= (6, 14)
}
