//! Inflates the planned files and writes them into a folder that was empty.

use std::{
    fs::{self, File, OpenOptions, Permissions},
    io::{self, ErrorKind, Read, Seek, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use super::{
    directory::{Archive, entry_error, entry_io_error},
    error::UnzipError,
    limits::Meter,
    plan::{Plan, PlannedFile},
};

/// The folder that is unpacked into. Dropped before [`Target::keep`], it is made as it was.
pub(crate) struct Target<'a> {
    into: &'a Path,
    created: bool,
    kept: bool,
}

impl<'a> Target<'a> {
    /// Makes the folder, or sees that it is empty.
    pub(crate) fn prepare(into: &'a Path) -> Result<Self, UnzipError> {
        let at = |doing: &str| UnzipError::io(format!("{doing} {}", into.display()));
        let created = match make_folder(into) {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => false,
            Err(error) => return Err(at("making the folder")(error)),
        };
        if fs::read_dir(into).map_err(at("reading the folder"))?.next().is_some() {
            return Err(UnzipError::NotEmpty { into: into.to_owned() });
        }
        Ok(Self { into, created, kept: false })
    }

    /// All went well.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }

    fn restore(&self) -> io::Result<()> {
        for child in fs::read_dir(self.into)? {
            let child = child?;
            if child.file_type()?.is_dir() {
                fs::remove_dir_all(child.path())?;
            } else {
                fs::remove_file(child.path())?;
            }
        }
        if self.created { fs::remove_dir(self.into) } else { Ok(()) }
    }
}

impl Drop for Target<'_> {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = self.restore()
        {
            tracing::warn!(into = %self.into.display(), %error, "could not remove what was unpacked before an error");
        }
    }
}

/// Writes all folders and files of the plan, and gives how many bytes the files have.
pub(super) fn all<R: Read + Seek>(
    archive: &mut Archive<R>,
    plan: &Plan,
    into: &Path,
    mut meter: Meter<'_>,
) -> Result<u64, UnzipError> {
    for folder in &plan.folders {
        let path = into.join(folder);
        make_folder(&path).map_err(UnzipError::io(format!("making the folder {}", path.display())))?;
    }
    let mut buffer = vec![0; 64 * 1024];
    for file in &plan.files {
        one(archive, file, into, &mut meter, &mut buffer)?;
    }
    Ok(meter.total_bytes())
}

fn one<R: Read + Seek>(
    archive: &mut Archive<R>,
    file: &PlannedFile,
    into: &Path,
    meter: &mut Meter<'_>,
    buffer: &mut [u8],
) -> Result<(), UnzipError> {
    let entry = &file.entry;
    let path = into.join(&file.path);
    let writing = || UnzipError::io(format!("writing {}", path.display()));
    let mut content = archive.by_index(file.index).map_err(|error| entry_error(entry, error))?;
    let mut out = make_file(&path, file.executable).map_err(writing())?;
    meter.next_file();
    loop {
        let read = match content.read(buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(entry_io_error(entry, error)),
        };
        meter.add(entry, read as u64)?;
        out.write_all(&buffer[..read]).map_err(writing())?;
    }
    if meter.file_bytes() != file.declared_bytes {
        let problem =
            format!("it has {} bytes where {} are declared", meter.file_bytes(), file.declared_bytes);
        return Err(UnzipError::Damaged { entry: entry.clone(), problem });
    }
    Ok(())
}

// The modes are set a second time because the process's umask may have taken bits away.

pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    fs::create_dir(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o755))
}

pub(crate) fn make_file(path: &Path, executable: bool) -> io::Result<File> {
    let mode = if executable { 0o755 } else { 0o644 };
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    Ok(file)
}
