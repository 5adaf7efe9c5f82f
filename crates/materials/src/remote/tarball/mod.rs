//! Unpacks a repository's files from a tar archive that nobody trusts (attacks 44 to 46, for tar).
//!
//! The same promise as [`unzip()`](crate::unzip()): whatever the bytes, nothing is written outside the given folder,
//! nothing but plain files and folders is made, and the limits hold for what is really inflated. The archive is read
//! twice: once to its very end, which proves that it is whole and all of it is good, and once to write.
//!
//! What `git archive` writes is read, and nothing more exotic: plain headers, pax and GNU headers for long names. A
//! tar reader that guesses what a header might mean is one that another reader disagrees with.
//!
//! **Symbolic links are left out.** Repositories have them for people (`latest -> 2026`), so refusing one would refuse
//! honest courses; but no autograder needs one, and following one is how an archive writes or reads elsewhere. What
//! was left out is told, and a file that is missing for it is reported where it is needed. Anything else that is no
//! file and no folder never comes from git, and the archive is refused.

mod entries;
mod error;
mod header;
mod pax;
mod plan;
mod source;
mod write;

use std::{
    io::{Read, Seek, SeekFrom},
    path::Path,
};

pub use error::TarballError;

use super::Commit;
use crate::unzip::{EntryName, Meter, Target, UnzipLimits};
use entries::Entries;
use plan::Plan;
use source::Source;

/// How a tar archive is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// By gzip, in one piece.
    Gzip,
}

/// What the archive must be.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The commit whose files it has.
    pub commit: &'a Commit,
    /// Whether all is in one folder whose name ends in the commit's (`owner-repo-0123456`), as GitHub does it. That
    /// folder is not made.
    pub in_a_folder: bool,
}

/// What was unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// How many files.
    pub files: usize,
    /// How many folders, those included that are only implied by names.
    pub folders: usize,
    /// Bytes of all files together.
    pub bytes: u64,
    /// How many symbolic links were left out.
    pub links: usize,
    /// The first few of them.
    pub some_links: Vec<EntryName>,
}

/// What a repository may be at most, unless somebody decides otherwise: five times the entries and twice the bytes of
/// an autograder's zip, because it holds those of all assignments.
#[must_use]
pub fn default_limits() -> UnzipLimits {
    UnzipLimits { entries: 50_000, total_bytes: 4 << 30, ..UnzipLimits::default() }
}

/// Unpacks all of `tar` into the folder `into`, which must be empty, or missing with its parent there.
///
/// Files get the mode 0644, or 0755 if the archive has the owner's execute bit on them, and folders 0755. While this
/// runs nobody else may write in `into`, or change what is behind `tar`. After an error `into` is as it was. Blocks.
pub fn unpack(
    mut tar: impl Read + Seek,
    packing: Packing,
    expected: Expected<'_>,
    into: &Path,
    limits: &UnzipLimits,
) -> Result<Unpacked, TarballError> {
    let packed_bytes = tar.seek(SeekFrom::End(0)).map_err(TarballError::reading)?;
    let meter = || Meter::new(limits, packed_bytes);
    let plan = Plan::of(&mut from_start(&mut tar, packing, limits)?, expected, limits, meter())?;
    let target = Target::prepare(into)?;
    write::all(&mut from_start(&mut tar, packing, limits)?, &plan, expected, into, meter())?;
    target.keep();
    Ok(plan.summary)
}

fn from_start<'a, R: Read + Seek>(
    tar: &'a mut R,
    packing: Packing,
    limits: &UnzipLimits,
) -> Result<Entries<&'a mut R>, TarballError> {
    tar.rewind().map_err(TarballError::reading)?;
    Ok(Entries::new(Source::new(tar, packing), limits))
}
