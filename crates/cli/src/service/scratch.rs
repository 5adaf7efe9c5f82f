//! Folders for what is only needed while notebooks are graded. Each process has its own: they are emptied of what a
//! killed process left, and what belongs to a living one must not be touched.

use std::{
    fs::{self, DirBuilder, File, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;

use super::lock;

/// The name of the file that a worker holds locked in its folder.
const LOCK: &str = "lock";

/// The folders of one process.
pub(crate) struct Scratch {
    /// Where submissions are graded.
    pub(crate) gradings: PathBuf,
    /// Where the warm engine keeps its runner and, without namespaces, its jobs' files.
    pub(crate) warm: PathBuf,
    /// A worker's own folder, which it removes at its end, and the lock that says that it lives.
    own: Option<(PathBuf, File)>,
}

impl Scratch {
    /// The folders of the service that has the data folder `data` for itself.
    pub(super) fn of_service(data: &Path) -> anyhow::Result<Self> {
        let scratch = Self { gradings: data.join("gradings"), warm: data.join("warm"), own: None };
        scratch.make()?;
        Ok(scratch)
    }

    /// The folders of a worker, inside a folder of all workers. What dead workers left there is removed.
    pub(super) fn of_worker(all: &Path, name: &str) -> anyhow::Result<Self> {
        let unusable = || format!("{} cannot be used", all.display());
        passable(all).with_context(unusable)?;
        // One at a time makes its folder and clears up, so that none is taken for dead before it has its lock.
        let _turn = lock::wait_for(&all.join(LOCK)).with_context(unusable)?;
        for left in fs::read_dir(all).with_context(unusable)?.flatten().filter(|entry| entry.path().is_dir())
        {
            let lock = lock::take(&left.path().join(LOCK)).with_context(unusable)?;
            if lock.is_some() {
                remove(&left.path());
            }
        }
        let own = all.join(name);
        passable(&own).with_context(unusable)?;
        let lock = lock::wait_for(&own.join(LOCK)).with_context(unusable)?;
        let scratch = Self { gradings: own.join("gradings"), warm: own.join("warm"), own: Some((own, lock)) };
        scratch.make()?;
        Ok(scratch)
    }

    fn make(&self) -> anyhow::Result<()> {
        for folder in [&self.gradings, &self.warm] {
            remove(folder);
            passable(folder).with_context(|| format!("{} cannot be used", folder.display()))?;
        }
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some((folder, _lock)) = &self.own {
            remove(folder);
        }
    }
}

/// A folder that others may pass through, but not look around in.
fn passable(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(folder)?;
    fs::set_permissions(folder, Permissions::from_mode(0o711))
}

/// Not being able to remove something is no reason not to work.
fn remove(folder: &Path) {
    if let Err(error) = grading::remove_tree(folder)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %folder.display(), %error, "what an earlier run left could not be removed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_finds_its_folders_empty() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("gradings/grading-left-over/home")).unwrap();
        let scratch = Scratch::of_service(dir.path()).unwrap();
        assert_eq!(fs::read_dir(&scratch.gradings).unwrap().count(), 0);
        drop(scratch);
        assert!(dir.path().join("gradings").exists());
    }

    #[test]
    fn workers_leave_each_others_folders_alone_and_remove_those_of_the_dead() {
        let dir = tempfile::tempdir().unwrap();
        let dead = dir.path().join("1-dead/gradings/left-over");
        fs::create_dir_all(&dead).unwrap();
        let first = Scratch::of_worker(dir.path(), "2-first").unwrap();
        fs::write(first.gradings.join("needed"), "").unwrap();
        let second = Scratch::of_worker(dir.path(), "3-second").unwrap();
        assert!(first.gradings.join("needed").exists() && second.warm.exists());
        assert!(!dead.exists());
        drop(first);
        assert!(!dir.path().join("2-first").exists() && second.gradings.exists());
    }
}
