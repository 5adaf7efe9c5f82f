//! Private copies of zips that change under our hands.

use std::{
    fs::File,
    io::{ErrorKind, Read, Seek, Write},
    path::Path,
};

use sha2::{Digest, Sha256};

use crate::{error::MaterialsError, revision::Revision};

/// The largest autograder that is taken; those with data files have up to 100 MB.
const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// Copies the rest of `source` into a nameless file in `cache_dir`; gives it with its hash and size.
pub(super) fn take(
    source: &mut impl Read,
    path: &Path,
    cache_dir: &Path,
) -> Result<(File, Revision, u64), MaterialsError> {
    let full = |problem| MaterialsError::Cache { path: cache_dir.to_owned(), problem };
    let mut copy = tempfile::tempfile_in(cache_dir).map_err(full)?;
    let (revision, size) = read(source, path, MAX_BYTES, |bytes| copy.write_all(bytes).map_err(full))?;
    copy.rewind().map_err(full)?;
    Ok((copy, revision, size))
}

/// Hashes the rest of `source`.
pub(crate) fn hash(source: &mut impl Read, path: &Path) -> Result<Revision, MaterialsError> {
    read(source, path, MAX_BYTES, |_| Ok(())).map(|(revision, _)| revision)
}

fn read(
    source: &mut impl Read,
    path: &Path,
    limit_bytes: u64,
    mut keep: impl FnMut(&[u8]) -> Result<(), MaterialsError>,
) -> Result<(Revision, u64), MaterialsError> {
    let mut hash = Sha256::new();
    let mut size = 0;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(problem) => return Err(MaterialsError::Unreadable { path: path.to_owned(), problem }),
        };
        size += read as u64;
        if size > limit_bytes {
            return Err(MaterialsError::TooLarge { path: path.to_owned(), limit_bytes });
        }
        hash.update(&buffer[..read]);
        keep(&buffer[..read])?;
    }
    Ok((Revision::from_sha256(hash.finalize().into()), size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_standard_hash() {
        let dir = tempfile::tempdir().unwrap();
        let (mut copy, revision, size) = take(&mut &b"abc"[..], Path::new("a.zip"), dir.path()).unwrap();
        let mut text = String::new();
        copy.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), size), ("abc", 3));
        let expected = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(revision.to_string(), expected);
        assert_eq!(hash(&mut &b"abc"[..], Path::new("a.zip")).unwrap(), revision);
        assert!(dir.path().read_dir().unwrap().next().is_none(), "the copy has a name");
    }

    #[test]
    fn a_source_without_end_is_given_up() {
        let error = read(&mut std::io::repeat(0), Path::new("a.zip"), 1 << 20, |_| Ok(())).unwrap_err();
        assert!(matches!(error, MaterialsError::TooLarge { .. }));
    }
}
