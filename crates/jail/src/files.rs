//! Files for a job, carried in a sealed memory file: neither side needs a folder that the other may reach.
//!
//! One entry after the other: its kind (a byte), mode (`u32`), the length of its path (`u32`), the path, the length of
//! its content (`u64`), the content; numbers are little-endian. Folders come before what lies in them.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read, Write},
    os::{
        fd::{AsFd, OwnedFd},
        unix::{
            ffi::OsStrExt,
            fs::{DirBuilderExt, FileExt, OpenOptionsExt, PermissionsExt},
        },
    },
    path::{Component, Path},
};

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

const FOLDER: u8 = b'd';
const PLAIN: u8 = b'f';
/// Longer paths are not read.
const LONGEST_PATH: u32 = 4096;

/// Packs what lies in the folder: folders and plain files with their modes. Anything else (links, devices) is an
/// error.
pub fn pack(folder: &Path) -> io::Result<OwnedFd> {
    let memory = memfd_create("otter-files", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut packed = io::BufWriter::new(File::from(memory));
    pack_into(&mut packed, folder, Path::new(""))?;
    let memory = OwnedFd::from(packed.into_inner().map_err(io::IntoInnerError::into_error)?);
    fcntl_add_seals(&memory, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(memory)
}

/// No files at all.
pub(crate) fn none() -> io::Result<OwnedFd> {
    Ok(memfd_create("otter-files", MemfdFlags::CLOEXEC)?)
}

fn pack_into(packed: &mut impl Write, folder: &Path, within: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, within) = (entry.path(), within.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            head(packed, FOLDER, &entry.metadata()?, &within, 0)?;
            pack_into(packed, &path, &within)?;
        } else if kind.is_file() {
            let file = File::open(&path)?;
            let metadata = file.metadata()?;
            head(packed, PLAIN, &metadata, &within, metadata.len())?;
            if io::copy(&mut file.take(metadata.len()), packed)? != metadata.len() {
                return Err(io::Error::other(format!("{} changed while it was packed", path.display())));
            }
        } else {
            let why = format!("{} is neither a folder nor a plain file", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
    }
    Ok(())
}

fn head(packed: &mut impl Write, kind: u8, of: &fs::Metadata, path: &Path, length: u64) -> io::Result<()> {
    let path = path.as_os_str().as_bytes();
    packed.write_all(&[kind])?;
    packed.write_all(&(of.permissions().mode() & 0o777).to_le_bytes())?;
    packed.write_all(&u32::try_from(path.len()).map_err(io::Error::other)?.to_le_bytes())?;
    packed.write_all(path)?;
    packed.write_all(&length.to_le_bytes())
}

/// Writes the packed files into the folder `to`, which nothing else writes to meanwhile; their owner can always read
/// and write them. What the folder's file system refuses (too large, too many) is an error.
pub fn unpack(packed: impl AsFd, to: &Path) -> io::Result<()> {
    let file = File::from(packed.as_fd().try_clone_to_owned()?);
    let mut packed = io::BufReader::with_capacity(64 << 10, FromStart { file, position: 0 });
    let mut kind = [0];
    while packed.read(&mut kind)? == 1 {
        let mode = u32::from_le_bytes(number(&mut packed)?);
        let path_length = u32::from_le_bytes(number(&mut packed)?);
        if path_length > LONGEST_PATH {
            return Err(nonsense());
        }
        let mut path = vec![0; path_length as usize];
        packed.read_exact(&mut path)?;
        let length = u64::from_le_bytes(number(&mut packed)?);
        let path = Path::new(OsStr::from_bytes(&path));
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(nonsense());
        }
        let target = to.join(path);
        match kind[0] {
            FOLDER => fs::DirBuilder::new().mode(mode | 0o700).create(target)?,
            PLAIN => {
                let mut file =
                    File::options().write(true).create_new(true).mode(mode | 0o600).open(target)?;
                if io::copy(&mut packed.by_ref().take(length), &mut file)? != length {
                    return Err(nonsense());
                }
            }
            _ => return Err(nonsense()),
        }
    }
    Ok(())
}

fn number<const N: usize>(packed: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    packed.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn nonsense() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "these are not packed files")
}

/// Reads at positions of its own: the descriptor's position is shared by all who have it.
struct FromStart {
    file: File,
    position: u64,
}

impl Read for FromStart {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read_at(buffer, self.position)?;
        self.position += length as u64;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_out_as_they_went_in_as_often_as_wanted() {
        let from = tempfile::tempdir().unwrap();
        fs::create_dir_all(from.path().join("data/empty")).unwrap();
        fs::write(from.path().join("data/a.csv"), "x\n1\n").unwrap();
        fs::write(from.path().join("run.sh"), vec![7; 200_000]).unwrap();
        fs::set_permissions(from.path().join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        let packed = pack(from.path()).unwrap();
        assert!(File::from(packed.try_clone().unwrap()).write(b"x").is_err(), "sealed");
        for _ in 0..2 {
            let to = tempfile::tempdir().unwrap();
            unpack(&packed, to.path()).unwrap();
            assert_eq!(fs::read(to.path().join("data/a.csv")).unwrap(), b"x\n1\n");
            assert_eq!(fs::read(to.path().join("run.sh")).unwrap().len(), 200_000);
            let mode = fs::metadata(to.path().join("run.sh")).unwrap().permissions().mode();
            assert_eq!(mode & 0o100, 0o100);
            assert!(to.path().join("data/empty").is_dir());
        }
    }

    #[test]
    fn links_are_not_packed_and_no_path_leads_out() {
        let from = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/passwd", from.path().join("link")).unwrap();
        assert_eq!(pack(from.path()).unwrap_err().kind(), io::ErrorKind::InvalidInput);

        for path in ["../out", "/out", "a/../../out"] {
            let mut bytes = Vec::new();
            let metadata = fs::metadata("/").unwrap();
            head(&mut bytes, PLAIN, &metadata, Path::new(path), 1).unwrap();
            bytes.push(b'x');
            let to = tempfile::tempdir().unwrap();
            let mut packed = tempfile::tempfile().unwrap();
            packed.write_all(&bytes).unwrap();
            let error = unpack(OwnedFd::from(packed), &to.path().join("inner")).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{path}");
        }
    }
}
