//! One entry after the other.

use std::io::{ErrorKind, Read};

use super::{
    error::TarballError,
    header::{BLOCK, Block, Header, text},
    pax,
    source::Source,
};
use crate::unzip::{EntryName, UnzipError, UnzipLimits};

/// The most bytes of an extended header or a long name; names have at most 1024.
const MAX_EXTENSION_BYTES: u64 = 64 * 1024;

/// One entry, without its content.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Bytes of content; only files have any.
    pub(super) bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File { executable: bool },
    Folder,
    Link,
}

/// Reads an archive entry by entry, to its very end.
pub(super) struct Entries<R> {
    source: Source<R>,
    /// What the archive says of itself before its first entry.
    pub(super) comment: Option<String>,
    /// The latest entry's name, for messages.
    latest: EntryName,
    /// Bytes of the current entry's content that have not been read, and of the padding behind it.
    content_left: u64,
    padding: u64,
    /// Bytes that may still be read for everything but contents, and how many that were.
    overhead_left: u64,
    overhead_limit: u64,
}

impl<R: Read> Entries<R> {
    pub(super) fn new(source: Source<R>, limits: &UnzipLimits) -> Self {
        // A header, padding and a long name take two to four blocks.
        let overhead_limit = (1 << 20) + 8 * BLOCK as u64 * limits.entries as u64;
        Self {
            source,
            comment: None,
            latest: EntryName::new("the beginning"),
            content_left: 0,
            padding: 0,
            overhead_left: overhead_limit,
            overhead_limit,
        }
    }

    /// The next entry; `None` after the last, when all there is has been read and is whole.
    pub(super) fn next(&mut self) -> Result<Option<Entry>, TarballError> {
        self.pass_over_content()?;
        let mut long_name = None;
        loop {
            let Some(header) = self.header()? else {
                if long_name.is_some() {
                    return Err(self.odd("a long name belongs to no entry"));
                }
                self.read_to_end()?;
                return Ok(None);
            };
            match header.kind {
                b'g' => self.global(&header)?,
                b'x' => {
                    let body = self.extension(&header)?;
                    let records = pax::parse(&body).map_err(|problem| self.odd(problem))?;
                    if records.bytes.is_some() {
                        // Two sizes for one entry: readers differ in which counts.
                        return Err(self.odd("an extended header has a size of its own"));
                    }
                    if let Some(path) = records.path {
                        self.rename(&mut long_name, path)?;
                    }
                }
                b'L' => {
                    let body = self.extension(&header)?;
                    self.rename(&mut long_name, text(&body))?;
                }
                // Where a link leads to does not matter: it is left out.
                b'K' => drop(self.extension(&header)?),
                _ => return self.entry(header, long_name).map(Some),
            }
        }
    }

    /// Reads some of the current entry's content; 0 after the last of it.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, TarballError> {
        let most = usize::try_from(self.content_left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let read = self.read_some(&mut buffer[..most])?;
        if read == 0 {
            return Err(cut_off());
        }
        self.content_left -= read as u64;
        Ok(read)
    }

    fn entry(&mut self, header: Header, long_name: Option<Vec<u8>>) -> Result<Entry, TarballError> {
        let name = long_name.unwrap_or(header.name);
        self.latest = EntryName::new(&String::from_utf8_lossy(&name));
        let name = String::from_utf8(name).map_err(|_| self.odd("a name is not UTF-8"))?;
        let refused = |kind| UnzipError::Kind { entry: EntryName::new(&name), kind };
        let kind = match header.kind {
            b'0' | 0 if name.ends_with('/') => return Err(refused("a file, but its name ends in `/`").into()),
            b'0' | 0 => Kind::File { executable: header.executable },
            b'5' => Kind::Folder,
            b'2' => Kind::Link,
            b'1' => return Err(refused("a hard link").into()),
            b'3' | b'4' => return Err(refused("a device").into()),
            b'6' => return Err(refused("a named pipe").into()),
            b'S' => return Err(refused("a sparse file").into()),
            _ => return Err(refused("of an unknown kind").into()),
        };
        if !matches!(kind, Kind::File { .. }) && header.bytes > 0 {
            return Err(refused("a folder or a link with content of its own").into());
        }
        self.expect_content(header.bytes);
        Ok(Entry { name, kind, bytes: header.bytes })
    }

    /// A header for all entries that follow. Git writes one, with the commit in it.
    fn global(&mut self, header: &Header) -> Result<(), TarballError> {
        let body = self.extension(header)?;
        let records = pax::parse(&body).map_err(|problem| self.odd(problem))?;
        if records.path.is_some() || records.bytes.is_some() {
            return Err(self.odd("one name or size is given to all entries"));
        }
        if let Some(comment) = records.comment {
            let comment = String::from_utf8_lossy(comment).into_owned();
            if self.comment.replace(comment).is_some() {
                return Err(self.odd("it says twice which commit it is of"));
            }
        }
        Ok(())
    }

    fn rename(&self, long_name: &mut Option<Vec<u8>>, to: &[u8]) -> Result<(), TarballError> {
        match long_name.replace(to.to_vec()) {
            None => Ok(()),
            Some(_) => Err(self.odd("an entry has two long names")),
        }
    }

    /// The content of an entry that tells something about the next.
    fn extension(&mut self, header: &Header) -> Result<Vec<u8>, TarballError> {
        if header.bytes > MAX_EXTENSION_BYTES {
            return Err(self.odd("an extended header or a name is out of proportion"));
        }
        self.spend(header.bytes)?;
        self.expect_content(header.bytes);
        let mut body = vec![0; usize::try_from(header.bytes).unwrap_or_default()];
        let mut filled = 0;
        while filled < body.len() {
            filled += self.read(&mut body[filled..])?;
        }
        self.pass_over_content()?;
        Ok(body)
    }

    fn expect_content(&mut self, bytes: u64) {
        self.content_left = bytes;
        self.padding = bytes.next_multiple_of(BLOCK as u64) - bytes;
    }

    /// Reads what is left of the current entry, and its padding.
    fn pass_over_content(&mut self) -> Result<(), TarballError> {
        let mut sink = [0; 8 * 1024];
        while self.content_left > 0 {
            self.read(&mut sink)?;
        }
        self.spend(self.padding)?;
        self.content_left = std::mem::take(&mut self.padding);
        while self.content_left > 0 {
            self.read(&mut sink)?;
        }
        Ok(())
    }

    /// The next header; `None` at the two blocks of zeros that end an archive.
    fn header(&mut self) -> Result<Option<Header>, TarballError> {
        let block = self.block()?;
        if block != [0; BLOCK] {
            return Header::parse(&block).map(Some).map_err(|problem| self.odd(problem));
        }
        if self.block()? != [0; BLOCK] {
            return Err(self.odd("a block of zeros is in the middle"));
        }
        Ok(None)
    }

    fn block(&mut self) -> Result<Block, TarballError> {
        self.spend(BLOCK as u64)?;
        let mut block = [0; BLOCK];
        let mut filled = 0;
        while filled < BLOCK {
            match self.read_some(&mut block[filled..])? {
                0 => return Err(cut_off()),
                read => filled += read,
            }
        }
        Ok(block)
    }

    /// Behind the end there are only zeros (archives are filled up to whole tape records), and behind the last of
    /// them the packing's checksum, which is checked by getting there.
    fn read_to_end(&mut self) -> Result<(), TarballError> {
        let mut buffer = [0; 8 * 1024];
        loop {
            let read = self.read_some(&mut buffer)?;
            if read == 0 {
                break;
            }
            self.spend(read as u64)?;
            if buffer[..read].iter().any(|&byte| byte != 0) {
                return Err(self.odd("something follows its end"));
            }
        }
        if self.source.is_at_end().map_err(TarballError::reading)? {
            return Ok(());
        }
        Err(self.odd("something follows what it is packed in"))
    }

    fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize, TarballError> {
        loop {
            match self.source.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => return read.map_err(TarballError::reading),
            }
        }
    }

    fn spend(&mut self, bytes: u64) -> Result<(), TarballError> {
        let too_much = UnzipError::DirectoryTooLarge { limit_bytes: self.overhead_limit };
        self.overhead_left = self.overhead_left.checked_sub(bytes).ok_or(too_much)?;
        Ok(())
    }

    fn odd(&self, problem: &'static str) -> TarballError {
        TarballError::Odd { after: self.latest.clone(), problem }
    }
}

fn cut_off() -> TarballError {
    TarballError::Damaged { problem: "it ends in the middle".into() }
}
