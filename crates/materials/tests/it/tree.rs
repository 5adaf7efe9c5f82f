//! What is on disk after an attempt to unpack.

use std::{collections::BTreeMap, fs, io::Cursor, os::unix::fs::PermissionsExt, path::Path};

use materials::{UnzipError, UnzipLimits, Unzipped, unzip, unzip::NameProblem as P};
use tempfile::TempDir;

/// Names that no archive of either kind may have, and what is wrong with them (attack 44).
pub(crate) const LEADING_OUT: [(&str, P); 9] = [
    ("../evil", P::Parent),
    ("a/../../evil", P::Parent),
    ("..", P::Parent),
    ("/etc/cron.d/evil", P::Absolute),
    ("C:/evil", P::Drive),
    ("..\\evil", P::Backslash),
    ("a\\b", P::Backslash),
    ("", P::Nothing),
    (".", P::Nothing),
];

/// Relative path to mode and content (`None` for a folder). Panics at a link or a device.
pub(crate) type Tree = BTreeMap<String, (u32, Option<Vec<u8>>)>;

pub(crate) fn tree(base: &Path) -> Tree {
    let mut found = Tree::new();
    walk(base, base, &mut found);
    found
}

fn walk(base: &Path, folder: &Path, found: &mut Tree) {
    for child in fs::read_dir(folder).unwrap() {
        let path = child.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let name = path.strip_prefix(base).unwrap().to_str().unwrap().to_owned();
        let mode = metadata.permissions().mode() & 0o7777;
        if metadata.is_dir() {
            found.insert(name, (mode, None));
            walk(base, &path, found);
        } else {
            assert!(metadata.is_file(), "{name} is neither a file nor a folder");
            found.insert(name, (mode, Some(fs::read(&path).unwrap())));
        }
    }
}

/// Unpacks into a folder with neighbours, and sees that the neighbours stay as they are and that nothing is left
/// after an error.
pub(crate) fn try_unzip(zip: &[u8], limits: &UnzipLimits) -> Result<(Unzipped, TempDir), UnzipError> {
    let outer = tempfile::tempdir().unwrap();
    fs::create_dir_all(outer.path().join("deep/below")).unwrap();
    fs::write(outer.path().join("neighbour"), "untouched").unwrap();
    let before = tree(outer.path());
    let into = outer.path().join("deep/below/into");

    let result = unzip(Cursor::new(zip), &into, limits);

    let mut after = tree(outer.path());
    if result.is_ok() {
        after.retain(|path, _| !path.starts_with("deep/below/into"));
    }
    assert_eq!(after, before);
    result.map(|unzipped| {
        let moved = tempfile::tempdir().unwrap();
        fs::rename(&into, moved.path().join("into")).unwrap();
        (unzipped, moved)
    })
}

/// What was unpacked, under the default limits.
pub(crate) fn unzipped(zip: &[u8]) -> (Unzipped, Tree) {
    let (unzipped, moved) = try_unzip(zip, &UnzipLimits::default()).unwrap();
    (unzipped, tree(&moved.path().join("into")))
}

/// Why it was not unpacked, under the default limits.
pub(crate) fn refusal(zip: &[u8]) -> UnzipError {
    try_unzip(zip, &UnzipLimits::default()).map(|(unzipped, _)| unzipped).unwrap_err()
}
