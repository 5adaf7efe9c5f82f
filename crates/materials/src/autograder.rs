//! One autograder, as it was when it was asked for.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    fetched::Pin,
    revision::Revision,
    unzip::{UnzipError, UnzipLimits, Unzipped, unzip},
};

/// A course's autograder zip at one revision.
///
/// Reads from a file that nobody changes, so its content is what [`Autograder::revision`] says for as long as a clone
/// of this lives. For a plain folder that is a private copy without a name on disk, whose space the system takes back
/// with the last clone, even if the process is killed. For a repository it is the file in the revision's folder, which
/// stays as long as a clone lives.
#[derive(Debug, Clone)]
pub struct Autograder {
    path: PathBuf,
    revision: Revision,
    size_bytes: u64,
    content: Arc<File>,
    /// Keeps the folder of the revision it is in.
    pin: Option<Arc<Pin>>,
}

impl Autograder {
    /// Of a private copy.
    pub(crate) fn new(path: PathBuf, revision: Revision, size_bytes: u64, copy: File) -> Self {
        Self { path, revision, size_bytes, content: Arc::new(copy), pin: None }
    }

    /// Of a file in a fetched revision's folder.
    pub(crate) fn pinned(
        path: PathBuf,
        revision: Revision,
        size_bytes: u64,
        file: File,
        pin: Arc<Pin>,
    ) -> Self {
        Self { path, revision, size_bytes, content: Arc::new(file), pin: Some(pin) }
    }

    /// Where it came from, relative to the materials folder; for messages, not for opening.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its content's hash. Two commits that do not change it have the same.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// What a grading records to say what it graded with: `sha256:...` of the zip, after the commit and a blank if it
    /// is of a repository.
    #[must_use]
    pub fn origin(&self) -> String {
        match &self.pin {
            Some(pin) => format!("{} {}", pin.commit(), self.revision),
            None => self.revision.to_string(),
        }
    }

    /// The zip's size in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The zip's bytes from the beginning. Readers do not disturb each other.
    #[must_use]
    pub fn reader(&self) -> AutograderReader {
        AutograderReader { content: Arc::clone(&self.content), size_bytes: self.size_bytes, position: 0 }
    }

    /// Unpacks it into a folder; see [`unzip`].
    pub fn unzip(&self, into: &Path, limits: &UnzipLimits) -> Result<Unzipped, UnzipError> {
        unzip(self.reader(), into, limits)
    }
}

/// Reads an [`Autograder`]'s zip; keeps its file open.
#[derive(Debug)]
pub struct AutograderReader {
    content: Arc<File>,
    size_bytes: u64,
    position: u64,
}

impl Read for AutograderReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read_at(buf, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for AutograderReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(by) => self.size_bytes.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn readers_have_positions_of_their_own() {
        let mut copy = tempfile::tempfile().unwrap();
        copy.write_all(b"0123456789").unwrap();
        let autograder = Autograder::new("a.zip".into(), Revision::from_sha256([0; 32]), 10, copy);
        let (mut one, mut other) = (autograder.reader(), autograder.reader());
        let mut text = String::new();
        one.seek(SeekFrom::End(-3)).unwrap();
        one.read_to_string(&mut text).unwrap();
        other.read_to_string(&mut text).unwrap();
        assert_eq!(text, "7890123456789");
        assert_eq!(one.stream_position().unwrap(), 10);
        assert!(one.seek(SeekFrom::Current(-11)).is_err());
    }
}
