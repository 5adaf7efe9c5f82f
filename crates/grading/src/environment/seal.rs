//! Making a finished environment read-only.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Takes the right to write from everything below a folder, gives everybody the right to read, and tells its size in
/// bytes. Links are left alone.
pub(super) fn seal(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    let mut waiting: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let about = entry.metadata()?;
            if about.is_dir() {
                waiting.push(entry.path());
            } else if about.is_file() {
                bytes += about.len();
                let mode = if about.permissions().mode() & 0o100 == 0 { 0o444 } else { 0o555 };
                fs::set_permissions(entry.path(), Permissions::from_mode(mode))?;
            }
        }
        fs::set_permissions(&folder, Permissions::from_mode(0o555))?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_to_be_read_and_nothing_to_be_written() {
        let dir = tempfile::tempdir().unwrap();
        let (inner, file) = (dir.path().join("env/lib"), dir.path().join("env/lib/module.py"));
        fs::create_dir_all(&inner).unwrap();
        fs::write(&file, "x = 1").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o6700)).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("env/link")).unwrap();
        assert_eq!(seal(&dir.path().join("env")).unwrap(), 5);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode(&file), mode(&inner), mode(&dir.path().join("env"))), (0o555, 0o555, 0o555));
        assert_eq!(mode(Path::new("/etc/passwd")), 0o644);
        crate::remove_tree(&dir.path().join("env")).unwrap();
    }
}
