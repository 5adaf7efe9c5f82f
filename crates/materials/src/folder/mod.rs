//! Materials in a plain folder.

pub(crate) mod config;
pub(crate) mod copy;
pub(crate) mod inside;
mod served;
mod zips;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use model::{AssignmentKey, CourseConfig};

use crate::{autograder::Autograder, error::MaterialsError};

use config::WatchedConfig;
use zips::Zips;

/// Materials in a plain folder: `course-config.json`, and the autograders where it says they are.
///
/// Whatever changes in the folder is seen at the next call, without a restart. A file that is replaced by one that
/// makes no sense, for instance because it is only half written, goes on being served as it was;
/// [`FolderMaterials::problems`] then says so.
///
/// The folder may be, and may hold, symbolic links (Kubernetes mounts and git-sync publish files so), as long as
/// what is in it stays in it.
#[derive(Debug)]
pub struct FolderMaterials {
    config: WatchedConfig,
    zips: Zips,
}

impl FolderMaterials {
    /// Reads `course-config.json` in `root`. Copies of the autograders in use are kept in `cache_dir`, which is made
    /// if it is missing and should be on a disk, not in memory; they have no names, so nothing is seen there, nothing
    /// stays behind, and any number of processes may share it.
    pub fn open(root: PathBuf, cache_dir: PathBuf) -> Result<Self, MaterialsError> {
        if let Err(problem) = fs::read_dir(&root) {
            return Err(MaterialsError::NoFolder { root, problem });
        }
        let config = WatchedConfig::open(root.clone())?;
        let zips = Zips::open(root, cache_dir)?;
        Ok(Self { config, zips })
    }

    /// The newest `course-config.json` that made sense. Costs one `stat` unless the file has changed.
    #[must_use]
    pub fn course_config(&self) -> Arc<CourseConfig> {
        self.config.current()
    }

    /// The autograder of an assignment at its newest revision. Costs one or two `stat`s unless a file has changed;
    /// then the zip is hashed and copied.
    ///
    /// An error is a fault for course staff to mend, never the student's.
    pub fn autograder(&self, key: &AssignmentKey) -> Result<Autograder, MaterialsError> {
        let config = self.course_config();
        let path = zip_path(&config, key)?;
        self.zips.newest(key, &path, &config)
    }

    /// What is wrong with the folder now and is being worked around by serving an older file; empty when all is
    /// well.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let config = self.config.problem();
        config.into_iter().chain(self.zips.problems()).collect()
    }
}

/// Where the autograder of an assignment is, relative to the materials folder.
pub(crate) fn zip_path(config: &CourseConfig, key: &AssignmentKey) -> Result<PathBuf, MaterialsError> {
    let section = config.section(key).map_err(|problem| MaterialsError::NotConfigured { problem })?;
    Ok(Path::new(&section.subpath_to_zips).join(format!("{}-autograder.zip", key.assignment)))
}
