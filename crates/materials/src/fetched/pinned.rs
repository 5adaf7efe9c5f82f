//! One revision, opened.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use model::{AssignmentKey, CourseConfig, Name};

use crate::{
    autograder::Autograder,
    error::MaterialsError,
    folder::{config, copy, inside, zip_path},
    remote::Commit,
    unzip::{self, UnzipLimits},
};

/// Keeps a revision's folder on disk: while one lives, in any process, it is not removed.
pub(crate) struct Pin {
    commit: Commit,
    /// The folder itself, with a shared lock on it; who removes it needs the only one.
    _lock: File,
}

impl Pin {
    pub(crate) fn commit(&self) -> &Commit {
        &self.commit
    }

    fn take(folder: &Path, commit: &Commit) -> Result<Self, NotLoaded> {
        let gone = |problem| NotLoaded::Ours(MaterialsError::NoFolder { root: folder.to_owned(), problem });
        let lock = File::open(folder).map_err(gone)?;
        match lock.try_lock_shared() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(gone(io::ErrorKind::NotFound.into())),
            Err(TryLockError::Error(problem)) => return Err(gone(problem)),
        }
        // It may have been removed, and fetched again, between opening and locking it.
        let (held, there) = (lock.metadata().map_err(gone)?, fs::metadata(folder).map_err(gone)?);
        if (held.dev(), held.ino()) != (there.dev(), there.ino()) {
            return Err(gone(io::ErrorKind::NotFound.into()));
        }
        Ok(Self { commit: commit.clone(), _lock: lock })
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({})", self.commit)
    }
}

/// A revision, read and checked. Its autograders are open, so that using them touches no folder.
#[derive(Debug)]
pub(crate) struct Pinned {
    pin: Arc<Pin>,
    config: Arc<CourseConfig>,
    /// By path below the revision's folder.
    autograders: BTreeMap<PathBuf, Autograder>,
    /// What is wrong with it, as sentences: by the path of an autograder that is missing above, or by that of a course
    /// in `course-config.json`.
    flaws: BTreeMap<PathBuf, String>,
}

/// Why a revision cannot be used at all.
#[derive(Debug)]
pub(crate) enum NotLoaded {
    /// It is not as it should be.
    Bad(String),
    /// Our disk fails, or it is gone.
    Ours(MaterialsError),
}

impl fmt::Display for NotLoaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bad(problem) => f.write_str(problem),
            Self::Ours(problem) => problem.fmt(f),
        }
    }
}

impl From<MaterialsError> for NotLoaded {
    fn from(error: MaterialsError) -> Self {
        match error {
            error if error.is_ours() => Self::Ours(error),
            // Of these the usual text names a folder that means nothing to a course.
            MaterialsError::NoCourseConfig { .. } => {
                Self::Bad("It has no course-config.json. Put it at the top of the repository.".into())
            }
            MaterialsError::BadCourseConfig { problem, .. } => Self::Bad(format!("{problem}.")),
            error => Self::Bad(error.to_string()),
        }
    }
}

impl Pinned {
    /// Reads the revision in `folder` as far as it is about `courses`: `course-config.json`, and each autograder whole.
    pub(crate) fn load(folder: &Path, commit: &Commit, courses: &BTreeSet<Name>) -> Result<Self, NotLoaded> {
        let pin = Arc::new(Pin::take(folder, commit)?);
        let (config, _) = config::read(folder)?;
        let (there, missing): (Vec<_>, Vec<_>) =
            courses.iter().partition(|course| config.courses().any(|named| named == *course));
        let (mut autograders, mut flaws) = (BTreeMap::new(), BTreeMap::new());
        for course in missing {
            let flaw = format!(
                "Its course-config.json does not have the course {course}. Add the course there, or correct the repository in the courses file."
            );
            if there.is_empty() {
                return Err(NotLoaded::Bad(flaw));
            }
            flaws.insert(Path::new("course-config.json").join(course.as_str()), flaw);
        }
        let keys = config.keys().map(|(key, _)| key).filter(|key| courses.contains(&key.course));
        for key in keys {
            let path = zip_path(&config, &key)?;
            if autograders.contains_key(&path) || flaws.contains_key(&path) {
                continue;
            }
            match autograder(folder, &path, &key, &pin) {
                Ok(autograder) => _ = autograders.insert(path, autograder),
                Err(error) if error.is_ours() => return Err(NotLoaded::Ours(error)),
                Err(error) => _ = flaws.insert(path, error.to_string()),
            }
        }
        Ok(Self { pin, config: Arc::new(config), autograders, flaws })
    }

    pub(crate) fn commit(&self) -> &Commit {
        self.pin.commit()
    }

    pub(crate) fn course_config(&self) -> Arc<CourseConfig> {
        Arc::clone(&self.config)
    }

    /// What is wrong with it although it can be used, by where that is.
    pub(crate) fn flaws(&self) -> &BTreeMap<PathBuf, String> {
        &self.flaws
    }

    pub(crate) fn autograder(&self, key: &AssignmentKey) -> Result<Autograder, MaterialsError> {
        let path = zip_path(&self.config, key)?;
        match (self.autograders.get(&path), self.flaws.get(&path)) {
            (Some(autograder), _) => Ok(autograder.clone()),
            (None, Some(problem)) => {
                Err(MaterialsError::Flawed { commit: self.commit().to_string(), problem: problem.clone() })
            }
            (None, None) => Err(MaterialsError::NoAutograder { key: key.clone(), path }),
        }
    }
}

fn autograder(
    folder: &Path,
    path: &Path,
    key: &AssignmentKey,
    pin: &Arc<Pin>,
) -> Result<Autograder, MaterialsError> {
    let missing = || MaterialsError::NoAutograder { key: key.clone(), path: path.to_owned() };
    let mut opened = inside::open(folder, path)?.ok_or_else(missing)?;
    let revision = copy::hash(&mut opened.file, path)?;
    let size_bytes = opened.identity.size_bytes();
    let autograder = Autograder::pinned(path.to_owned(), revision, size_bytes, opened.file, Arc::clone(pin));
    unzip::check(autograder.reader(), &UnzipLimits::default())
        .map_err(|problem| MaterialsError::NotAZip { path: path.to_owned(), problem })?;
    Ok(autograder)
}
