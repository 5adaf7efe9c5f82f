//! Opens files below the materials folder, and only there (attack 55).

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::Path,
};

use crate::{error::MaterialsError, identity::FileIdentity};

/// An open file, and its identity when it was opened.
pub(crate) struct Opened {
    pub(crate) file: File,
    pub(crate) identity: FileIdentity,
}

impl Opened {
    /// Whether the file was written to, moved or removed since it was opened, as far as can be told.
    pub(super) fn has_changed(&self) -> bool {
        self.file.metadata().is_ok_and(|now| FileIdentity::of(&now) != self.identity)
    }
}

/// The identity of the file at `root/relative`, links followed; `None` if there is none or it cannot be told.
pub(super) fn identity(root: &Path, relative: &Path) -> Option<FileIdentity> {
    fs::metadata(root.join(relative)).ok().map(|metadata| FileIdentity::of(&metadata))
}

/// Opens the plain file at `root/relative`, following links as long as they stay in the folder that `root` is; `None`
/// if there is no such file.
pub(crate) fn open(root: &Path, relative: &Path) -> Result<Option<Opened>, MaterialsError> {
    let path = || relative.to_owned();
    // A link that is pointed elsewhere while it is followed leads to nothing for a moment (`..data` of a Kubernetes
    // mount), so nothing is taken for gone before it was looked for twice.
    let found = match resolve(root, relative) {
        Err(error) if is_missing(&error) => resolve(root, relative),
        found => found,
    };
    match found {
        Ok(Found::File(opened)) => Ok(Some(opened)),
        Ok(Found::Outside) => Err(MaterialsError::Outside { path: path() }),
        Ok(Found::NotAFile) => Err(MaterialsError::NotAFile { path: path() }),
        Err(error) if is_missing(&error) => Ok(None),
        Err(problem) => Err(MaterialsError::Unreadable { path: path(), problem }),
    }
}

enum Found {
    File(Opened),
    Outside,
    NotAFile,
}

fn resolve(root: &Path, relative: &Path) -> io::Result<Found> {
    // Each time anew, because the root itself may be a link that is pointed to another checkout.
    let root = fs::canonicalize(root)?;
    let path = fs::canonicalize(root.join(relative))?;
    if !path.starts_with(&root) {
        return Ok(Found::Outside);
    }
    // Looked at before it is opened, because opening a pipe waits for a writer.
    if !fs::symlink_metadata(&path)?.is_file() {
        return Ok(Found::NotAFile);
    }
    let file = File::open(path)?;
    let identity = FileIdentity::of(&file.metadata()?);
    Ok(Found::File(Opened { file, identity }))
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}
