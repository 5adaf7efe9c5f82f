//! `course-config.json`, read again whenever it changes.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use model::CourseConfig;

use crate::{error::MaterialsError, identity::FileIdentity};

use super::{
    inside::{self, Opened},
    served::Served,
};

const FILE: &str = "course-config.json";
/// Far more than a university's courses take.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The last good `course-config.json`.
#[derive(Debug)]
pub(super) struct WatchedConfig {
    root: PathBuf,
    served: Mutex<Served<Arc<CourseConfig>>>,
}

impl WatchedConfig {
    pub(super) fn open(root: PathBuf) -> Result<Self, MaterialsError> {
        let now = Instant::now();
        let (config, identity) = read(&root)?;
        let served = Served::new(Path::new(FILE), Arc::new(config), identity, now);
        Ok(Self { root, served: Mutex::new(served) })
    }

    pub(super) fn current(&self) -> Arc<CourseConfig> {
        Arc::clone(self.refreshed().good())
    }

    pub(super) fn problem(&self) -> Option<String> {
        self.refreshed().problem().map(ToOwned::to_owned)
    }

    fn refreshed(&self) -> MutexGuard<'_, Served<Arc<CourseConfig>>> {
        let now = Instant::now();
        let there = inside::identity(&self.root, Path::new(FILE));
        // Nothing that may panic runs between the changes of its fields, so it is whole even if a thread did panic.
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        if !served.holds(there, now) {
            match open(&self.root) {
                Err(error) => served.reject(&error, None, now),
                Ok(Opened { file, identity }) => match parse(&self.root, file) {
                    Err(error) => served.reject(&error, Some(identity), now),
                    Ok(config) => served.accept(Arc::new(config), identity, now),
                },
            }
        }
        served
    }
}

/// The `course-config.json` in `root`, and its file's identity.
pub(crate) fn read(root: &Path) -> Result<(CourseConfig, FileIdentity), MaterialsError> {
    let Opened { file, identity } = open(root)?;
    Ok((parse(root, file)?, identity))
}

fn open(root: &Path) -> Result<Opened, MaterialsError> {
    let missing = || MaterialsError::NoCourseConfig { root: root.to_owned() };
    inside::open(root, Path::new(FILE))?.ok_or_else(missing)
}

fn parse(root: &Path, file: File) -> Result<CourseConfig, MaterialsError> {
    let mut text = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut text)
        .map_err(|problem| MaterialsError::Unreadable { path: FILE.into(), problem })?;
    if text.len() as u64 > MAX_BYTES {
        return Err(MaterialsError::TooLarge { path: FILE.into(), limit_bytes: MAX_BYTES });
    }
    CourseConfig::parse(&text)
        .map_err(|problem| MaterialsError::BadCourseConfig { root: root.to_owned(), problem })
}
