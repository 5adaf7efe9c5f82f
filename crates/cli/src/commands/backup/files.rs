//! Files that must be on the disk and are nobody else's business.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, chown},
    path::Path,
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::commands::hex::hex;

/// By what a file is known again.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Measure {
    pub(super) size_bytes: u64,
    pub(super) sha256: String,
}

/// Makes an empty file that only its owner can read.
pub(super) fn new_secret(path: &Path) -> anyhow::Result<File> {
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path);
    file.with_context(|| format!("{} cannot be made", path.display()))
}

/// Makes a file that only its owner can read, and waits for the disk.
pub(super) fn write_secret(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let mut file = new_secret(path)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    written.with_context(|| format!("{} cannot be written", path.display()))
}

/// Waits until a file's content is on the disk.
pub(super) fn sync(path: &Path) -> anyhow::Result<()> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    synced.with_context(|| format!("{} cannot be written to the disk", path.display()))
}

/// Waits until the names in a folder are on the disk.
pub(super) fn sync_folder(path: &Path) -> anyhow::Result<()> {
    sync(path)
}

/// Reads all of a file.
pub(super) fn measure(path: &Path) -> anyhow::Result<Measure> {
    copy(path, &mut io::sink())
}

/// Copies a file and tells what was copied.
pub(super) fn copy(from: &Path, into: &mut impl Write) -> anyhow::Result<Measure> {
    let mut file = File::open(from).with_context(|| format!("{} cannot be read", from.display()))?;
    let (mut buffer, mut all, mut size_bytes) = (vec![0; 1 << 20], Sha256::new(), 0);
    loop {
        let read = file.read(&mut buffer).with_context(|| format!("{} cannot be read", from.display()))?;
        if read == 0 {
            break;
        }
        all.update(&buffer[..read]);
        into.write_all(&buffer[..read]).context("the copy cannot be written")?;
        size_bytes += read as u64;
    }
    Ok(Measure { size_bytes, sha256: hex(all.finalize()) })
}

/// Gives a file to the owner of the folder that it is in: whoever restores as root must not lock the service out.
pub(super) fn give_to_owner_of_folder(path: &Path) -> anyhow::Result<()> {
    let folder = fs::metadata(path.parent().context("a file is in a folder")?)?;
    let file = fs::metadata(path)?;
    if folder.uid() != file.uid() {
        chown(path, Some(folder.uid()), Some(folder.gid()))
            .with_context(|| format!("{} cannot be given to the owner of its folder", path.display()))?;
    }
    Ok(())
}
