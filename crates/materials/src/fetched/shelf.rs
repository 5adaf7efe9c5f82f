//! The folder of one remote's revisions.

use std::{
    fs::{self, DirBuilder, File, TryLockError},
    io::{self, ErrorKind, Write},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::{error::MaterialsError, remote::Commit, revision::Revision};

/// How the name of a folder begins that is being fetched; no commit begins so.
const NEW: &str = ".new-";
/// The same of one that is being removed.
const OLD: &str = ".old-";

/// The folder of one remote's revisions:
///
/// ```text
/// lock                 held by the process that fetches, switches or removes
/// newest               the commit in use and the one before it, a line each
/// revisions/COMMIT/    the files of that commit; complete, never changed
/// ```
#[derive(Debug)]
pub(super) struct Shelf(PathBuf);

/// What the file `newest` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) newest: Commit,
    pub(super) before: Option<Commit>,
}

/// Nobody else fetches, switches or removes while this lives.
#[derive(Debug)]
pub(super) struct ShelfLock(#[expect(dead_code, reason = "held, not read")] File);

impl Shelf {
    /// The folder for a remote in `dir`; made if it is missing, for nobody but this user, because hidden tests are in
    /// it.
    pub(super) fn open(dir: &Path, name: &str, branch: Option<&str>) -> Result<Self, MaterialsError> {
        let shelf = Self(dir.join(folder_name(name, branch)));
        let made = DirBuilder::new().recursive(true).mode(0o700).create(shelf.revisions());
        made.map_err(|problem| shelf.failed(problem))?;
        Ok(shelf)
    }

    fn revisions(&self) -> PathBuf {
        self.0.join("revisions")
    }

    /// Where the files of a commit are, if they are here.
    pub(super) fn revision(&self, commit: &Commit) -> PathBuf {
        self.revisions().join(commit.as_str())
    }

    /// The commit in use when it was last switched; `None` if none ever was, or the note makes no sense.
    pub(super) fn note(&self) -> Result<Option<Note>, MaterialsError> {
        match fs::read_to_string(self.0.join("newest")) {
            Ok(text) => Ok(parse(&text)),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => Ok(None),
            Err(problem) => Err(self.failed(problem)),
        }
    }

    /// Notes the commit in use, so that it is found whatever happens to the machine.
    pub(super) fn write_note(&self, _lock: &ShelfLock, note: &Note) -> Result<(), MaterialsError> {
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
            writeln!(file, "{}", note.newest)?;
            if let Some(before) = &note.before {
                writeln!(file, "{before}")?;
            }
            file.as_file().sync_all()?;
            file.persist(self.0.join("newest"))?;
            File::open(&self.0)?.sync_all()
        };
        write().map_err(|problem| self.failed(problem))
    }

    /// The lock, unless another process has it.
    pub(super) fn try_lock(&self) -> Result<Option<ShelfLock>, MaterialsError> {
        let open = || File::options().create(true).truncate(false).write(true).open(self.0.join("lock"));
        let file = open().map_err(|problem| self.failed(problem))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(ShelfLock(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(problem)) => Err(self.failed(problem)),
        }
    }

    /// An empty folder to fetch a revision into; it goes if it is not put in place.
    pub(super) fn new_revision(&self, _lock: &ShelfLock) -> Result<TempDir, MaterialsError> {
        let made = tempfile::Builder::new().prefix(NEW).tempdir_in(self.revisions());
        made.map_err(|problem| self.failed(problem))
    }

    /// Puts what was fetched where the files of a commit are; all of it is on the disk before it is there.
    pub(super) fn put(&self, _lock: &ShelfLock, new: TempDir, commit: &Commit) -> Result<(), MaterialsError> {
        let put = || -> io::Result<()> {
            rustix::fs::syncfs(File::open(new.path())?)?;
            fs::rename(new.path(), self.revision(commit))?;
            File::open(self.revisions())?.sync_all()
        };
        put().map_err(|problem| self.failed(problem))?;
        // It has another name now, so there is nothing to remove.
        let _ = new.keep();
        Ok(())
    }

    /// Removes a revision, unless somebody uses it.
    pub(super) fn remove(&self, _lock: &ShelfLock, commit: &Commit) -> Result<(), MaterialsError> {
        let remove = || -> io::Result<()> {
            let folder = self.revision(commit);
            match File::open(&folder)?.try_lock() {
                Ok(()) => {
                    // At once for whoever looks, so that a half-removed one is never taken for a whole one.
                    let old = self.revisions().join(format!("{OLD}{commit}"));
                    fs::rename(folder, &old)?;
                    fs::remove_dir_all(old)
                }
                Err(TryLockError::WouldBlock) => Ok(()),
                Err(TryLockError::Error(error)) => Err(error),
            }
        };
        match remove() {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.failed(error)),
            _ => Ok(()),
        }
    }

    /// Removes all revisions but those to keep and those in use, and what processes left that were killed.
    pub(super) fn sweep(&self, lock: &ShelfLock, keep: &[Commit]) -> Result<(), MaterialsError> {
        let list = || -> io::Result<Vec<_>> { fs::read_dir(self.revisions())?.collect() };
        for found in list().map_err(|problem| self.failed(problem))? {
            let name = found.file_name();
            let Some(name) = name.to_str() else { continue };
            if name.starts_with(NEW) || name.starts_with(OLD) {
                fs::remove_dir_all(found.path()).map_err(|problem| self.failed(problem))?;
            } else if let Ok(commit) = name.parse::<Commit>()
                && !keep.contains(&commit)
            {
                self.remove(lock, &commit)?;
            }
        }
        Ok(())
    }

    fn failed(&self, problem: io::Error) -> MaterialsError {
        MaterialsError::Cache { path: self.0.clone(), problem }
    }
}

fn parse(text: &str) -> Option<Note> {
    let mut lines = text.lines();
    let newest = lines.next()?.parse().ok()?;
    Some(Note { newest, before: lines.next().and_then(|line| line.parse().ok()) })
}

/// Readable, and different for each name and branch.
fn folder_name(name: &str, branch: Option<&str>) -> String {
    let readable = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') { c } else { '-' };
    let short: String = name.chars().map(readable).take(60).collect();
    let mut hash = Sha256::new();
    hash.update(name);
    if let Some(branch) = branch {
        hash.update("\n");
        hash.update(branch);
    }
    let hash = Revision::from_sha256(hash.finalize().into()).to_string();
    let digits = hash.trim_start_matches("sha256:");
    format!("{}-{}", short.trim_start_matches('.'), &digits[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_remote_and_branch_has_a_plain_folder_of_its_own() {
        let name = "github.com/owner/repo";
        assert_eq!(folder_name(name, None), "github.com-owner-repo-620c3a937ce8");
        assert_ne!(folder_name(name, None), folder_name(name, Some("main")));
        assert_ne!(folder_name(name, None), folder_name("github.com/owner-repo", None));
        assert!(folder_name("../../etc", None).starts_with("-..-etc-"));
    }

    #[test]
    fn a_note_is_read_as_it_was_written_and_nonsense_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::open(dir.path(), "x", None).unwrap();
        assert_eq!(shelf.note().unwrap(), None);
        let commit = |digit: &str| digit.repeat(40).parse::<Commit>().unwrap();
        let lock = shelf.try_lock().unwrap().unwrap();
        for before in [None, Some(commit("b"))] {
            let note = Note { newest: commit("a"), before };
            shelf.write_note(&lock, &note).unwrap();
            assert_eq!(shelf.note().unwrap(), Some(note));
        }
        for nonsense in ["", "main\n", "../../x\n"] {
            fs::write(shelf.0.join("newest"), nonsense).unwrap();
            assert_eq!(shelf.note().unwrap(), None);
        }
    }

    #[test]
    fn one_process_at_a_time_holds_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) =
            (Shelf::open(dir.path(), "x", None).unwrap(), Shelf::open(dir.path(), "x", None).unwrap());
        let lock = one.try_lock().unwrap();
        assert!(lock.is_some());
        assert!(other.try_lock().unwrap().is_none());
        drop(lock);
        assert!(other.try_lock().unwrap().is_some());
    }
}
