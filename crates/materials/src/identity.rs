//! Whether a file is still the one that was read.

use std::{
    fs::Metadata,
    os::unix::fs::MetadataExt,
    time::{Duration, Instant},
};

/// What `stat` says of a file; it differs when the file was replaced or written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileIdentity {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    // Unlike `modified` this cannot be set back by whoever copies a file with its times.
    changed: (i64, i64),
}

impl FileIdentity {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    pub(crate) fn size_bytes(&self) -> u64 {
        self.size
    }
}

/// How long after a file was first seen it may be written to again without a change of its times: the coarsest
/// clock of a file system in use (FAT; ext4 and XFS have some milliseconds).
const CLOCK_TICK: Duration = Duration::from_secs(2);

/// A reading of a file, and whether it can still be relied on.
///
/// A file written twice within one tick of the file system's clock, to the same size, has the same identity both
/// times. So a file is read once more when a tick has passed since it was first seen, and then not again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    identity: FileIdentity,
    first_seen: Instant,
    last_read: Instant,
}

impl Reading {
    /// A reading at `now` that follows an earlier one.
    pub(crate) fn after(earlier: Option<Self>, identity: FileIdentity, now: Instant) -> Self {
        let first_seen = earlier.filter(|earlier| earlier.identity == identity).map(|e| e.first_seen);
        Self { identity, first_seen: first_seen.unwrap_or(now), last_read: now }
    }

    /// Whether the file need not be read again.
    pub(crate) fn holds(&self, identity: FileIdentity, now: Instant) -> bool {
        let settled = self.last_read.duration_since(self.first_seen) >= CLOCK_TICK;
        identity == self.identity && (settled || now.duration_since(self.first_seen) < CLOCK_TICK)
    }

    /// Whether this was a reading of the same file as far as its identity tells.
    pub(crate) fn is_of(&self, identity: FileIdentity) -> bool {
        identity == self.identity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_when_it_changes_and_once_more_after_a_tick() {
        let identity = |size| FileIdentity { device: 1, inode: 1, size, modified: (0, 0), changed: (0, 0) };
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);

        let first = Reading::after(None, identity(1), at(0));
        assert!(first.holds(identity(1), at(1999)));
        assert!(!first.holds(identity(2), at(1)));
        assert!(!first.holds(identity(1), at(2000)));

        let second = Reading::after(Some(first), identity(1), at(2500));
        assert!(second.holds(identity(1), at(1_000_000)));
        assert!(!second.holds(identity(2), at(1_000_000)));

        let changed = Reading::after(Some(second), identity(2), at(3000));
        assert!(!changed.holds(identity(2), at(5000)));
    }
}
