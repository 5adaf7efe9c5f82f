//! The private folder in which one submission is graded.
//!
//! ```text
//! driver.py            the program, read-only
//! autograder/          as in otter's grading container
//!   source/            the autograder's files (a copy)
//!   submission/        the notebook
//!   results/           where results.json is left
//! home/                the code's HOME, and all its caches
//! tmp/                 its TMPDIR
//! run/                 the kernel's sockets
//! ```

use std::{
    fs::{self, File},
    io,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
};

use sandbox::User;
use tempfile::TempDir;

use crate::{
    engine::{Submitted, Work},
    sweep::remove_tree,
};

pub(super) const DRIVER: &str = include_str!("driver.py");

/// Removed with everything in it when dropped.
pub(super) struct Workplace {
    path: PathBuf,
    /// `autograder/`, opened before any code of the submission ran.
    opened: File,
    /// The sockets' folder, where the path to `run/` is too long for sockets.
    run_elsewhere: Option<TempDir>,
}

/// The longest path of a folder for the kernel's sockets. A socket's path has at most 107 bytes (`unix(7)`), and
/// `/kernel-UUID-ipc-5` comes after the folder's.
const LONGEST_RUN: usize = 107 - 50;

impl Workplace {
    /// Lays out the folder in `root`, owned by `user` if given.
    pub(super) fn lay_out(root: &Path, work: &Work, user: Option<User>) -> io::Result<Self> {
        let path = tempfile::Builder::new().prefix("grading-").tempdir_in(root)?.keep();
        fs::create_dir(path.join("autograder"))?;
        let opened = File::open(path.join("autograder"))?;
        let is_short = path.join("run").as_os_str().len() <= LONGEST_RUN;
        let run_elsewhere = if is_short { None } else { Some(TempDir::with_prefix("otter-run-")?) };
        let place = Self { path, opened, run_elsewhere };
        fs::write(place.driver(), DRIVER)?;
        fs::set_permissions(place.driver(), fs::Permissions::from_mode(0o444))?;
        for folder in ["home", "tmp", "run", "autograder/results", "autograder/submission"] {
            fs::create_dir_all(place.path().join(folder))?;
        }
        fs::write(place.autograder().join("submission_metadata.json"), "{}")?;
        copy_tree(&work.autograder, &place.autograder().join("source"))?;
        let submission = place.autograder().join("submission");
        match &work.submitted {
            Submitted::File { name, content } => fs::write(submission.join(one_component(name)?), content)?,
            Submitted::Folder(folder) => copy_tree(folder, &submission)?,
        }
        if let Some(user) = user {
            give(place.path(), user)?;
            give(&place.run(), user)?;
        }
        Ok(place)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn driver(&self) -> PathBuf {
        self.path().join("driver.py")
    }

    /// Where the kernel's sockets go.
    pub(super) fn run(&self) -> PathBuf {
        self.run_elsewhere.as_ref().map_or_else(|| self.path.join("run"), |folder| folder.path().to_owned())
    }

    pub(super) fn autograder(&self) -> PathBuf {
        self.path().join("autograder")
    }

    /// The folder that otter-grader works in, whatever is at its path by now.
    pub(super) fn opened(&self) -> &File {
        &self.opened
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        if let Err(error) = remove_tree(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "a grading's temporary folder could not be removed");
        }
    }
}

fn one_component(name: &str) -> io::Result<&str> {
    let is_one = Path::new(name).file_name().is_some_and(|file| file == name);
    is_one
        .then_some(name)
        .ok_or_else(|| io::Error::other("a submission's file name must be one path component"))
}

/// Copies folders and plain files; there is nothing else in an unpacked archive.
fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn give(path: &Path, user: User) -> io::Result<()> {
    chown(path, Some(user.uid), Some(user.gid))?;
    if path.symlink_metadata()?.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), user)?;
        }
    }
    Ok(())
}
