//! The runner's kit: the Python package that runs in the jail, and its native library. Both travel inside this program
//! and are laid out once in a folder that the jail shows read-only.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::environment::hex;

/// Name and content of each file.
const FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/kit.rs"));
/// The Python package's name.
const PACKAGE: &str = "otter_runner";

/// Lays the kit out in a folder inside `root` that is named by its content, unless it is there. Gives the folder; the
/// package lies in it.
pub(super) fn lay_out(root: &Path) -> io::Result<PathBuf> {
    let folder = root.join(format!("runner-{}", &digest()[..16]));
    if folder.exists() {
        return Ok(folder);
    }
    let half_done = tempfile::Builder::new().prefix("runner-").tempdir_in(root)?;
    let package = half_done.path().join(PACKAGE);
    fs::create_dir(&package)?;
    for (name, content) in FILES {
        let path = package.join(name);
        fs::write(&path, content)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444))?;
    }
    for path in [half_done.path(), &package] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    match fs::rename(half_done.path(), &folder) {
        // Another process was faster; its content is the same.
        Err(error) if !folder.exists() => Err(error),
        _ => Ok(folder),
    }
}

fn digest() -> String {
    let mut hash = Sha256::new();
    for (name, content) in FILES {
        hash.update(name.len().to_le_bytes());
        hash.update(name);
        hash.update(content.len().to_le_bytes());
        hash.update(content);
    }
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_laid_out_once() {
        let root = tempfile::tempdir().unwrap();
        let kit = lay_out(root.path()).unwrap();
        assert!(kit.join("otter_runner/_native.abi3.so").exists());
        assert_eq!(lay_out(root.path()).unwrap(), kit);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    }
}
