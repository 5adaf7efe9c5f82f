//! Writes what was planned into a folder that was empty.

use std::{
    io::{Read, Write},
    path::Path,
};

use super::{
    Expected,
    entries::{Entries, Kind},
    error::TarballError,
    plan::{Plan, Top},
};
use crate::unzip::{EntryName, Meter, UnzipError, make_file, make_folder};

pub(super) fn all<R: Read>(
    entries: &mut Entries<R>,
    plan: &Plan,
    expected: Expected<'_>,
    into: &Path,
    mut meter: Meter<'_>,
) -> Result<(), TarballError> {
    for folder in &plan.folders {
        let path = into.join(folder);
        make_folder(&path).map_err(UnzipError::io(format!("making the folder {}", path.display())))?;
    }
    let mut buffer = vec![0; 64 * 1024];
    let mut top = Top::default();
    while let Some(entry) = entries.next()? {
        // Folders are there, and links are left out.
        let Kind::File { executable } = entry.kind else { continue };
        let path = into.join(top.below(&entry, expected)?);
        let writing = || UnzipError::io(format!("writing {}", path.display()));
        let mut file = make_file(&path, executable).map_err(writing())?;
        meter.next_file();
        loop {
            let read = entries.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            meter.add(&EntryName::new(&entry.name), read as u64)?;
            file.write_all(&buffer[..read]).map_err(writing())?;
        }
    }
    Ok(())
}
