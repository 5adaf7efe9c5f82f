//! What an archive may be at most, and the count that holds it to that.

use super::error::{EntryName, UnzipError};

/// What an archive may be at most.
///
/// Sizes are checked twice: as the archive declares them, before anything is written; and as they turn out, byte by
/// byte, because an archive can lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnzipLimits {
    /// Files and folders, those included that are only implied by the names (`a/b/c.py` is three). Default 10 000;
    /// a course's largest autograder has a few hundred.
    pub entries: usize,
    /// Bytes of all files together. Default 2 GiB.
    pub total_bytes: u64,
    /// Bytes of any one file. Default 1 GiB.
    pub file_bytes: u64,
    /// How many times larger all files together may be than their packed form, looked at only beyond
    /// [`UnzipLimits::RATIO_FREE_BYTES`]. Default 200: text packs 3 to 20 times, zeros 1000 times.
    pub ratio: u64,
}

impl UnzipLimits {
    /// So many bytes may be inflated at any ratio: a small file of zeros is no bomb.
    pub const RATIO_FREE_BYTES: u64 = 10 * 1024 * 1024;

    /// Bytes that may be read to find and read the archive's list of entries. A list needs 46 bytes an entry and
    /// the entry's name; 512 leave room for extra fields and comments, and the rest is for finding the list.
    pub(super) fn directory_bytes(&self) -> u64 {
        1024 * 1024 + 512 * u64::try_from(self.entries).unwrap_or(u64::MAX / 1024)
    }
}

impl Default for UnzipLimits {
    fn default() -> Self {
        Self {
            entries: 10_000,
            total_bytes: 2 * 1024 * 1024 * 1024,
            file_bytes: 1024 * 1024 * 1024,
            ratio: 200,
        }
    }
}

/// Counts bytes against the limits.
pub(crate) struct Meter<'a> {
    limits: &'a UnzipLimits,
    packed_bytes: u64,
    file_bytes: u64,
    total_bytes: u64,
}

impl<'a> Meter<'a> {
    /// Starts from nothing. `packed_bytes` is what all entries together take in the archive.
    pub(crate) fn new(limits: &'a UnzipLimits, packed_bytes: u64) -> Self {
        Self { limits, packed_bytes, file_bytes: 0, total_bytes: 0 }
    }

    /// The bytes that follow belong to another file.
    pub(crate) fn next_file(&mut self) {
        self.file_bytes = 0;
    }

    /// Counts bytes of the current file, `entry`.
    pub(crate) fn add(&mut self, entry: &EntryName, bytes: u64) -> Result<(), UnzipError> {
        self.file_bytes = self.file_bytes.saturating_add(bytes);
        self.total_bytes = self.total_bytes.saturating_add(bytes);
        let UnzipLimits { total_bytes, file_bytes, ratio, .. } = *self.limits;
        let entry = || entry.clone();
        if self.file_bytes > file_bytes {
            return Err(UnzipError::FileTooLarge { entry: entry(), limit_bytes: file_bytes });
        }
        if self.total_bytes > total_bytes {
            return Err(UnzipError::TotalTooLarge { entry: entry(), limit_bytes: total_bytes });
        }
        let unpacked = self.total_bytes;
        if unpacked > UnzipLimits::RATIO_FREE_BYTES && unpacked > self.packed_bytes.saturating_mul(ratio) {
            return Err(UnzipError::Ratio { entry: entry(), limit: ratio });
        }
        Ok(())
    }

    /// Bytes of the current file so far.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// Bytes of all files so far.
    pub(crate) fn total_bytes(&self) -> u64 {
        self.total_bytes
    }
}
