//! Unpacks a zip that nobody trusts (attacks 44 to 46).
//!
//! Whatever the bytes, nothing is written outside the given folder, nothing but plain files and folders is made, the
//! limits hold for what is really inflated, and after an error the folder is as it was. An archive that is odd in a
//! way honest tools never are is refused as a whole, with a message that names the entry; nothing is skipped.
//!
//! The archive's list of entries is what counts; the copies of names and sizes before each entry's data are not
//! looked at, so they cannot say anything else.

mod directory;
mod error;
mod limits;
mod names;
mod overlap;
mod plan;
mod write;

use std::{
    io::{Read, Seek},
    path::Path,
};

pub use error::{EntryName, UnzipError};
pub use limits::UnzipLimits;
pub use names::NameProblem;

// What other archives are unpacked with too.
pub(crate) use limits::Meter;
pub(crate) use names::relative_path;
pub(crate) use plan::{Node, add};
pub(crate) use write::{Target, make_file, make_folder};

use directory::Archive;
use plan::Plan;

/// What was unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unzipped {
    /// How many files.
    pub files: usize,
    /// How many folders, those included that are only implied by names.
    pub folders: usize,
    /// Bytes of all files together.
    pub bytes: u64,
}

/// Unpacks all of `zip` into the folder `into`, which must be empty, or missing with its parent there.
///
/// Files get the mode 0644, or 0755 if the archive has the owner's execute bit on them, and folders 0755. While this
/// runs nobody else may write in `into`. After an error `into` is empty, or missing, again.
pub fn unzip(zip: impl Read + Seek, into: &Path, limits: &UnzipLimits) -> Result<Unzipped, UnzipError> {
    let (mut archive, plan, packed_bytes) = look(zip, limits)?;
    let target = Target::prepare(into)?;
    let bytes = write::all(&mut archive, &plan, into, Meter::new(limits, packed_bytes))?;
    target.keep();
    Ok(Unzipped { files: plan.files.len(), folders: plan.folders.len(), bytes })
}

/// Whether [`unzip`] would begin to write: all is as it should be but, perhaps, the packed bytes themselves.
pub(crate) fn check(zip: impl Read + Seek, limits: &UnzipLimits) -> Result<(), UnzipError> {
    look(zip, limits).map(|_| ())
}

/// Everything that can be known before anything is inflated; with the packed size of all entries in bytes.
fn look<R: Read + Seek>(zip: R, limits: &UnzipLimits) -> Result<(Archive<R>, Plan, u64), UnzipError> {
    let mut archive = directory::open(zip, limits)?;
    let plan = Plan::of(&archive, limits)?;
    let packed_bytes = overlap::check(&mut archive)?;
    let mut declared = Meter::new(limits, packed_bytes);
    for file in &plan.files {
        declared.next_file();
        declared.add(&file.entry, file.declared_bytes)?;
    }
    Ok((archive, plan, packed_bytes))
}

/// Whether `zip` has a readable list of entries, which comes last in the file: what one that is still being written
/// has not. Cheap; the entries themselves are not looked at.
pub(crate) fn check_complete(zip: impl Read + Seek) -> Result<(), UnzipError> {
    let any_size = UnzipLimits { entries: 1_000_000, ..UnzipLimits::default() };
    directory::open(zip, &any_size).map(|_| ())
}
