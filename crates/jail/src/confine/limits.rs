//! Limits on one process, kept by the kernel (`setrlimit(2)`).

use std::io;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// What one process may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessLimits {
    /// CPU seconds.
    pub cpu_s: Option<u64>,
    /// Bytes of memory of its own.
    pub memory_bytes: u64,
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Processes and threads of the same user (as the user namespace counts them); `None` where that count is not only
    /// this program's.
    pub processes: Option<u64>,
}

/// Open files.
const DESCRIPTORS: u64 = 1024;
/// Bytes that may be locked in memory.
const LOCKED: u64 = 64 << 10;

impl ProcessLimits {
    pub(super) fn set(&self) -> io::Result<()> {
        let mut all = vec![
            (Resource::RLIMIT_CORE, 0),
            (Resource::RLIMIT_DATA, self.memory_bytes),
            (Resource::RLIMIT_FSIZE, self.file_bytes),
            (Resource::RLIMIT_NOFILE, DESCRIPTORS),
            (Resource::RLIMIT_MEMLOCK, LOCKED),
            (Resource::RLIMIT_MSGQUEUE, 0),
        ];
        all.extend(self.processes.map(|processes| (Resource::RLIMIT_NPROC, processes)));
        for (resource, value) in all {
            // Only root may ask for more than it was left with.
            let (_, most) = getrlimit(resource)?;
            let value = value.min(most);
            setrlimit(resource, value, value)?;
        }
        if let Some(seconds) = self.cpu_s {
            // First a signal that says why, then one that cannot be ignored.
            let (_, most) = getrlimit(Resource::RLIMIT_CPU)?;
            setrlimit(Resource::RLIMIT_CPU, seconds.min(most), (seconds + 1).min(most))?;
        }
        Ok(())
    }
}
