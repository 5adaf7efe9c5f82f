//! Removing what hostile code left behind.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Removes a file or a whole folder, however deep it is and whatever rights were taken from it.
///
/// Never recursive: each folder found is moved to one pile beside `path` and emptied there, so that neither the stack nor
/// the length of a path nor the number of open files grows with the tree. (`std::fs::remove_dir_all` overflows its stack
/// on folders nested some ten thousand deep.)
pub fn remove_tree(path: &Path) -> io::Result<()> {
    if !path.symlink_metadata()?.is_dir() {
        return fs::remove_file(path);
    }
    let parent = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let pile = tempfile::Builder::new().prefix("removing-").tempdir_in(parent)?.keep();
    let mut number = 0_u64;
    let mut waiting = vec![put_on(&pile, path, &mut number)?];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                waiting.push(put_on(&pile, &entry.path(), &mut number)?);
            } else {
                fs::remove_file(entry.path())?;
            }
        }
        fs::remove_dir(folder)?;
    }
    fs::remove_dir(pile)
}

/// Moves a folder to the pile, with the rights to empty it.
fn put_on(pile: &Path, folder: &Path, number: &mut u64) -> io::Result<PathBuf> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    *number += 1;
    let place = pile.join(number.to_string());
    fs::rename(folder, &place)?;
    Ok(place)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_tree_goes_however_deep_and_closed_it_is_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let kept = dir.path().join("kept");
        fs::write(&kept, "").unwrap();
        let tree = dir.path().join("tree");
        fs::create_dir_all(tree.join("closed/inside")).unwrap();
        symlink(&kept, tree.join("link")).unwrap();
        symlink(dir.path(), tree.join("link-to-folder")).unwrap();
        fs::set_permissions(tree.join("closed"), fs::Permissions::from_mode(0o000)).unwrap();
        // Deeper than a path is long: made from the inside out.
        let mut deep = dir.path().join("deep");
        fs::create_dir(&deep).unwrap();
        for _ in 0..20_000 {
            let next = dir.path().join("next");
            fs::create_dir(&next).unwrap();
            fs::rename(&deep, next.join("d")).unwrap();
            deep = dir.path().join("deep");
            fs::rename(&next, &deep).unwrap();
        }
        fs::rename(&deep, tree.join("deep")).unwrap();
        remove_tree(&tree).unwrap();
        let left: Vec<_> =
            fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["kept"]);
    }
}
