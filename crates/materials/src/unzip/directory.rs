//! Reads the archive's list of entries (the central directory, APPNOTE 4.3.12) within a budget.

use std::{
    cell::Cell,
    io::{self, BufReader, Read, Seek, SeekFrom},
    rc::Rc,
};

use zip::{ZipArchive, result::ZipError};

use super::{
    error::{EntryName, UnzipError},
    limits::UnzipLimits,
};

/// An archive whose list of entries has been read.
pub(super) type Archive<R> = ZipArchive<Metered<R>>;

/// Finds and reads the list of entries; refuses one that has a name twice.
pub(super) fn open<R: Read + Seek>(zip: R, limits: &UnzipLimits) -> Result<Archive<R>, UnzipError> {
    let limit_bytes = limits.directory_bytes();
    let left = Rc::new(Cell::new(limit_bytes));
    let archive = ZipArchive::new(Metered { inner: BufReader::new(zip), left: Rc::clone(&left) });
    if left.get() == 0 {
        return Err(UnzipError::DirectoryTooLarge { limit_bytes });
    }
    let archive = archive.map_err(|error| match error {
        ZipError::Io(problem) if !is_about_content(&problem) => UnzipError::io("reading it")(problem),
        other => UnzipError::NotAZip { problem: problem_of(&other) },
    })?;
    left.set(u64::MAX);
    if archive.has_duplicate_names() {
        let start = archive.central_directory_start();
        let entry =
            first_duplicate(archive.into_inner().inner, start).map_err(UnzipError::io("reading it"))?;
        return Err(UnzipError::Duplicate { entry });
    }
    Ok(archive)
}

/// What is wrong with one entry, or with our reading of it.
pub(super) fn entry_error(entry: &EntryName, error: ZipError) -> UnzipError {
    match error {
        ZipError::Io(problem) => entry_io_error(entry, problem),
        other => UnzipError::Damaged { entry: entry.clone(), problem: problem_of(&other) },
    }
}

/// The same, for an error while reading the entry's content.
pub(super) fn entry_io_error(entry: &EntryName, problem: io::Error) -> UnzipError {
    if is_about_content(&problem) {
        return UnzipError::Damaged { entry: entry.clone(), problem: problem.to_string() };
    }
    UnzipError::io(format!("reading the entry {entry}"))(problem)
}

/// The kinds by which the decoders say that bytes are missing or make no sense; a disk's errors are others.
fn is_about_content(problem: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(problem.kind(), InvalidData | InvalidInput | UnexpectedEof)
}

fn problem_of(error: &ZipError) -> String {
    match error {
        ZipError::InvalidArchive(problem) => problem.to_string(),
        ZipError::UnsupportedArchive(problem) => (*problem).to_owned(),
        other => other.to_string(),
    }
}

/// The first name that the list has twice. The library keeps only one entry of a name, so the list is read again.
fn first_duplicate<R: Read + Seek>(mut zip: BufReader<R>, start: u64) -> io::Result<EntryName> {
    let mut seen = std::collections::HashSet::new();
    zip.seek(SeekFrom::Start(start))?;
    loop {
        let mut header = [0; 46];
        zip.read_exact(&mut header)?;
        let length = |at: usize| usize::from(u16::from_le_bytes([header[at], header[at + 1]]));
        let mut name = vec![0; length(28)];
        zip.read_exact(&mut name)?;
        zip.seek_relative(i64::try_from(length(30) + length(32)).unwrap_or_default())?;
        let entry = EntryName::new(&String::from_utf8_lossy(&name));
        // Past the list's end there is no header, and whatever was read is as good a name as any.
        if !header.starts_with(b"PK\x01\x02") || !seen.insert(name) {
            return Ok(entry);
        }
    }
}

/// A buffered reader that stops with an error when its budget is used up.
pub(super) struct Metered<R> {
    inner: BufReader<R>,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.left.get() == 0 {
            return Err(io::Error::other("the budget for reading is used up"));
        }
        let read = self.inner.read(buf)?;
        self.left.set(self.left.get().saturating_sub(read as u64));
        Ok(read)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
