//! The autograders in use, each at its newest revision.

use std::{
    collections::{HashMap, HashSet},
    io::Seek,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use model::{AssignmentKey, CourseConfig};

use crate::{autograder::Autograder, error::MaterialsError, unzip};

use super::{
    copy,
    inside::{self, Opened},
    served::Served,
    zip_path,
};

/// How often a file that changes while it is read is read again at once.
const ATTEMPTS: usize = 3;

#[derive(Debug)]
pub(super) struct Zips {
    root: PathBuf,
    cache_dir: PathBuf,
    /// By path below the root. Each has a lock of its own, so that copying one keeps nobody from another.
    slots: Mutex<HashMap<PathBuf, Arc<Slot>>>,
}

/// The last good zip at a path; `None` before there was one.
type Slot = Mutex<Option<Served<Autograder>>>;

impl Zips {
    pub(super) fn open(root: PathBuf, cache_dir: PathBuf) -> Result<Self, MaterialsError> {
        let tried = std::fs::create_dir_all(&cache_dir).and_then(|()| tempfile::tempfile_in(&cache_dir));
        match tried {
            Ok(_) => Ok(Self { root, cache_dir, slots: Mutex::default() }),
            Err(problem) => Err(MaterialsError::Cache { path: cache_dir, problem }),
        }
    }

    /// The autograder at `path`, which is the one of `key` by `config`.
    pub(super) fn newest(
        &self,
        key: &AssignmentKey,
        path: &Path,
        config: &CourseConfig,
    ) -> Result<Autograder, MaterialsError> {
        let slot = self.slot(path, config);
        let mut served = lock(&slot);
        self.refresh(path, &mut served)?;
        match &*served {
            Some(served) => Ok(served.good().clone()),
            None => Err(MaterialsError::NoAutograder { key: key.clone(), path: path.to_owned() }),
        }
    }

    /// What is wrong with zips whose last good version is served.
    pub(super) fn problems(&self) -> Vec<String> {
        let slots: Vec<_> =
            lock(&self.slots).iter().map(|(path, slot)| (path.clone(), Arc::clone(slot))).collect();
        let still = |(path, slot): (PathBuf, Arc<Slot>)| {
            let mut served = lock(&slot);
            served.as_ref()?.problem()?;
            match self.refresh(&path, &mut served) {
                Ok(()) => served.as_ref()?.problem().map(ToOwned::to_owned),
                Err(error) => Some(error.to_string()),
            }
        };
        let mut problems: Vec<_> = slots.into_iter().filter_map(still).collect();
        problems.sort();
        problems
    }

    /// The slot of a path. When one is added, those that the config no longer has are dropped, and their copies
    /// with them.
    fn slot(&self, path: &Path, config: &CourseConfig) -> Arc<Slot> {
        let mut slots = lock(&self.slots);
        if let Some(slot) = slots.get(path) {
            return Arc::clone(slot);
        }
        let in_use: HashSet<_> = config.keys().filter_map(|(key, _)| zip_path(config, &key).ok()).collect();
        slots.retain(|path, _| in_use.contains(path));
        Arc::clone(slots.entry(path.to_owned()).or_default())
    }

    /// Sees to it that `served` is of the file there now, or `None` if there is no file. If the file cannot be used
    /// as it is, for instance because it is half written, the last good one stays; an error is one that an old
    /// copy must not hide.
    fn refresh(&self, path: &Path, served: &mut Option<Served<Autograder>>) -> Result<(), MaterialsError> {
        let now = Instant::now();
        let there = inside::identity(&self.root, path);
        if served.as_ref().is_some_and(|served| served.holds(there, now)) {
            return Ok(());
        }
        for _ in 0..ATTEMPTS {
            let Some(mut opened) = inside::open(&self.root, path)? else {
                *served = None;
                return Ok(());
            };
            let taken = self.take(&mut opened, path, served.as_ref());
            if opened.has_changed() {
                continue;
            }
            match (taken, served) {
                (Ok(new), Some(served)) => served.accept(new, opened.identity, now),
                (Ok(new), none) => *none = Some(Served::new(path, new, opened.identity, now)),
                (Err(error), Some(served)) if is_about_content(&error) => {
                    served.reject(&error, Some(opened.identity), now);
                }
                (Err(error), _) => return Err(error),
            }
            return Ok(());
        }
        let error = MaterialsError::Changing { path: path.to_owned() };
        match served {
            Some(served) => served.reject(&error, None, now),
            None => return Err(error),
        }
        Ok(())
    }

    /// The autograder that the file is: the one served if the content is the same, otherwise a new copy.
    fn take(
        &self,
        opened: &mut Opened,
        path: &Path,
        served: Option<&Served<Autograder>>,
    ) -> Result<Autograder, MaterialsError> {
        if let Some(served) = served.filter(|s| s.good().size_bytes() == opened.identity.size_bytes()) {
            // Most likely nothing but its times or place has changed, and finding that out needs no copy.
            if copy::hash(&mut opened.file, path)? == served.good().revision() {
                return Ok(served.good().clone());
            }
            opened
                .file
                .rewind()
                .map_err(|problem| MaterialsError::Unreadable { path: path.to_owned(), problem })?;
        }
        let (copy, revision, size_bytes) = copy::take(&mut opened.file, path, &self.cache_dir)?;
        if let Some(served) = served.filter(|served| served.good().revision() == revision) {
            return Ok(served.good().clone());
        }
        let autograder = Autograder::new(path.to_owned(), revision, size_bytes, copy);
        unzip::check_complete(autograder.reader())
            .map_err(|problem| MaterialsError::NotAZip { path: path.to_owned(), problem })?;
        Ok(autograder)
    }
}

/// Whether the file is unusable as it is, as one that is half written; its last good version is then better. Not so
/// if it is our disk that fails.
fn is_about_content(error: &MaterialsError) -> bool {
    matches!(error, MaterialsError::TooLarge { .. } | MaterialsError::NotAZip { .. }) && !error.is_ours()
}

/// Nothing that may panic runs between the changes of what these locks guard, so it is whole even if a thread did
/// panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
