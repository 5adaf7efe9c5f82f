//! The folder of built environments: which there are, which are in use, and how much room they take.
//!
//! ```text
//! ID/                 the environment, read-only
//! ID.json             what it is made of, and its size; written last: without it, the build was interrupted
//! ID.txt              the requirements, for pip
//! ID.lock             locked by who builds (alone) or uses (together); its time of change is the time of last use
//! preload/ID-*.json   what its zygotes import
//! ```

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use rustix::fs::{Timespec, Timestamps, UTIME_NOW, futimens};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The folder of built environments.
#[derive(Debug, Clone)]
pub struct Shelf {
    root: PathBuf,
}

/// What is known of an environment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct About {
    /// The lines of its requirements.
    pub(super) requirements: Vec<String>,
    /// The Python that it was built with.
    pub(super) base: String,
    /// The size of its files.
    pub(super) bytes: u64,
}

/// An environment on the shelf.
#[derive(Debug, Clone)]
pub struct Shelved {
    /// Its name.
    pub id: String,
    /// Its interpreter.
    pub python: PathBuf,
    /// The lines of its requirements.
    pub requirements: Vec<String>,
    /// The Python that it was built with.
    pub base: String,
    /// The size of its files in bytes.
    pub bytes: u64,
    /// When a use of it began last.
    pub last_used: SystemTime,
    /// Whether a process uses it now.
    pub is_in_use: bool,
}

/// Why an environment could not be removed.
#[derive(Debug, Error)]
pub enum ShelfError {
    /// There is none of this name.
    #[error("there is no environment {0}; `otter-service environment list` shows those that are there")]
    Unknown(String),
    /// A process uses or builds it.
    #[error("the environment {0} is in use; stop the service that uses it first")]
    InUse(String),
    /// The folder could not be used.
    #[error("the folder of Python environments {path} cannot be used: {error}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What happened.
        error: io::Error,
    },
}

impl Shelf {
    /// The shelf in this folder, which need not be there yet.
    #[must_use]
    pub fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// Every finished environment, the one used last first.
    pub fn list(&self) -> Result<Vec<Shelved>, ShelfError> {
        let entries = match fs::read_dir(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| self.failed(error))?,
        };
        let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        let ids = names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned));
        let mut found: Vec<_> = ids.filter_map(|id| self.find(&id)).collect();
        found.sort_by_key(|one| (std::cmp::Reverse(one.last_used), one.id.clone()));
        Ok(found)
    }

    /// Removes an environment that nobody uses.
    pub fn remove(&self, id: &str) -> Result<(), ShelfError> {
        if self.find(id).is_none() {
            return Err(ShelfError::Unknown(id.to_owned()));
        }
        let lock = self.lock(id).map_err(|error| self.failed(error))?;
        lock.try_lock().map_err(|_| ShelfError::InUse(id.to_owned()))?;
        self.remove_locked(id).map_err(|error| self.failed(error))
    }

    /// Removes what was not used for longest until the rest takes no more than so many bytes. What is in use stays.
    pub(super) fn make_room(&self, max_bytes: u64) -> Result<Vec<Shelved>, ShelfError> {
        let shelved = self.list()?;
        let mut bytes: u64 = shelved.iter().map(|one| one.bytes).sum();
        let mut removed = Vec::new();
        for one in shelved.into_iter().rev() {
            if bytes <= max_bytes {
                break;
            }
            match self.remove(&one.id) {
                Ok(()) => {
                    bytes -= one.bytes;
                    removed.push(one);
                }
                Err(ShelfError::InUse(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(removed)
    }

    /// Where an environment is or will be.
    pub(super) fn place(&self, id: &str) -> PathBuf {
        self.root.join(id)
    }

    /// A file beside it.
    pub(super) fn beside(&self, id: &str, ending: &str) -> PathBuf {
        self.root.join(format!("{id}.{ending}"))
    }

    /// The folder of the lists of neutral modules.
    pub(super) fn preloads(&self) -> PathBuf {
        self.root.join("preload")
    }

    /// Its lock, not yet locked.
    pub(super) fn lock(&self, id: &str) -> io::Result<File> {
        fs::create_dir_all(&self.root)?;
        OpenOptions::new().create(true).truncate(false).write(true).open(self.beside(id, "lock"))
    }

    /// Whether it was built to the end.
    pub(super) fn is_complete(&self, id: &str) -> bool {
        self.about(id).is_some() && self.place(id).is_dir()
    }

    /// Begins a use of a finished environment, which lasts until the file is closed. `None`: there is none.
    pub(super) fn take(&self, id: &str) -> io::Result<Option<File>> {
        if !self.is_complete(id) {
            return Ok(None);
        }
        let lock = self.lock(id)?;
        // One that is being removed is locked: then it is not there.
        if lock.try_lock_shared().is_err() || !self.is_complete(id) {
            return Ok(None);
        }
        let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        futimens(&lock, &Timestamps { last_access: now, last_modification: now })?;
        Ok(Some(lock))
    }

    /// Says that it is finished.
    pub(super) fn complete(&self, id: &str, about: &About) -> io::Result<()> {
        let mut new = tempfile::NamedTempFile::new_in(&self.root)?;
        serde_json::to_writer_pretty(&mut new, about)?;
        new.as_file().sync_all()?;
        new.persist(self.beside(id, "json"))?;
        Ok(())
    }

    fn about(&self, id: &str) -> Option<About> {
        serde_json::from_slice(&fs::read(self.beside(id, "json")).ok()?).ok()
    }

    fn find(&self, id: &str) -> Option<Shelved> {
        let is_id = id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let about = if is_id { self.about(id)? } else { return None };
        let lock = File::open(self.beside(id, "lock")).ok()?;
        Some(Shelved {
            id: id.to_owned(),
            python: self.place(id).join("bin/python"),
            requirements: about.requirements,
            base: about.base,
            bytes: about.bytes,
            last_used: lock.metadata().and_then(|about| about.modified()).unwrap_or(SystemTime::UNIX_EPOCH),
            is_in_use: lock.try_lock().is_err(),
        })
    }

    fn remove_locked(&self, id: &str) -> io::Result<()> {
        // First what says that it is complete: a removal that is interrupted leaves nothing that looks finished.
        fs::remove_file(self.beside(id, "json"))?;
        match crate::remove_tree(&self.place(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::remove_file(self.beside(id, "txt")).ok();
        for entry in fs::read_dir(self.preloads()).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(id) {
                fs::remove_file(entry.path()).ok();
            }
        }
        Ok(())
    }

    fn failed(&self, error: io::Error) -> ShelfError {
        ShelfError::Folder { path: self.root.clone(), error }
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A shelf with environments of ten bytes each, the first one used last.
    fn shelf(ids: &[&str]) -> (tempfile::TempDir, Shelf) {
        let dir = tempfile::tempdir().unwrap();
        let shelf = Shelf::at(dir.path().to_owned());
        for (days, id) in ids.iter().enumerate() {
            fs::create_dir_all(shelf.place(id).join("bin")).unwrap();
            let about = About { requirements: vec!["numpy".into()], base: "CPython".into(), bytes: 10 };
            shelf.complete(id, &about).unwrap();
            drop(shelf.take(id).unwrap().unwrap());
            let lock = shelf.lock(id).unwrap();
            let used = lock.metadata().unwrap().modified().unwrap();
            lock.set_modified(used - Duration::from_hours(24) * u32::try_from(days).unwrap()).unwrap();
        }
        (dir, shelf)
    }

    const A: &str = "aaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbb";
    const C: &str = "cccccccccccccccc";

    fn ids(shelved: &[Shelved]) -> Vec<&str> {
        shelved.iter().map(|one| one.id.as_str()).collect()
    }

    #[test]
    fn room_is_made_by_removing_what_was_not_used_for_longest_and_is_not_in_use() {
        let (_dir, shelf) = shelf(&[A, B, C]);
        assert_eq!(ids(&shelf.list().unwrap()), [A, B, C]);
        assert!(shelf.make_room(30).unwrap().is_empty());
        let in_use = shelf.lock(C).unwrap();
        in_use.lock_shared().unwrap();
        assert_eq!(ids(&shelf.make_room(20).unwrap()), [B]);
        assert!(shelf.list().unwrap().iter().any(|one| one.id == C && one.is_in_use));
        assert!(matches!(shelf.remove(C), Err(ShelfError::InUse(_))));
        drop(in_use);
        assert_eq!(ids(&shelf.make_room(0).unwrap()), [C, A]);
        assert!(!shelf.place(A).exists() && shelf.list().unwrap().is_empty());
    }

    #[test]
    fn what_is_taken_is_there_and_was_just_used() {
        let (_dir, shelf) = shelf(&[A, B]);
        assert!(shelf.take(C).unwrap().is_none());
        let _in_use = shelf.take(B).unwrap().unwrap();
        assert_eq!(ids(&shelf.list().unwrap()), [B, A]);
        for id in ["../x", "", C] {
            assert!(matches!(shelf.remove(id), Err(ShelfError::Unknown(_))), "{id}");
        }
    }
}
