//! Why materials cannot be had.

use std::{io, path::PathBuf};

use model::{AssignmentKey, CourseConfigError, Name, Refusal};
use thiserror::Error;

use crate::unzip::UnzipError;

/// Why materials cannot be had: what is wrong, where, and what to do.
///
/// For course staff and operators; never a student's fault, and never shown to one. Paths are relative to the
/// materials folder unless they begin with `/`.
#[derive(Debug, Error)]
pub enum MaterialsError {
    /// The materials folder itself cannot be opened.
    #[error(
        "The materials folder {} cannot be opened: {problem}. Give the folder that holds course-config.json.",
        root.display()
    )]
    NoFolder {
        /// The folder as it was given.
        root: PathBuf,
        /// What the system said.
        problem: io::Error,
    },
    /// There is no `course-config.json`.
    #[error(
        "There is no course-config.json in the materials folder {}. Put it there, or give the folder that holds it.",
        root.display()
    )]
    NoCourseConfig {
        /// The folder as it was given.
        root: PathBuf,
    },
    /// `course-config.json` makes no sense.
    #[error("{problem} (in {}). Correct the file; it is read again when it changes.", root.display())]
    BadCourseConfig {
        /// The folder as it was given.
        root: PathBuf,
        /// What is wrong, and where in the file.
        problem: CourseConfigError,
    },
    /// `course-config.json` has no such assignment (any more).
    #[error("{problem} Add the assignment to course-config.json, where it may have been renamed or removed.")]
    NotConfigured {
        /// Which of its names is not there.
        problem: Refusal,
    },
    /// Nothing of the course was fetched yet.
    #[error("The materials of the course {course} are not here yet. {why}")]
    NotYet {
        /// Which course.
        course: Name,
        /// What is being waited for, as a sentence.
        why: String,
    },
    /// The revision in use has no good autograder for it.
    #[error("{problem} (At commit {commit}.)")]
    Flawed {
        /// The commit in use.
        commit: String,
        /// What is wrong with the autograder in it.
        problem: String,
    },
    /// There is no autograder zip.
    #[error(
        "There is no autograder for {key}: the materials have no file {}. Put the zip that `otter assign` made there, or correct `subpath_to_zips` in course-config.json.",
        path.display()
    )]
    NoAutograder {
        /// Which assignment.
        key: AssignmentKey,
        /// Where it should be.
        path: PathBuf,
    },
    /// A link leads out of the materials folder.
    #[error(
        "{} is a link, or is reached through one, that leads out of the materials folder. Put the file itself there, or a link that stays inside.",
        path.display()
    )]
    Outside {
        /// Where the link is met.
        path: PathBuf,
    },
    /// A folder, device or pipe where a file should be.
    #[error("{} is not a file. Put the file there.", path.display())]
    NotAFile {
        /// Which path.
        path: PathBuf,
    },
    /// A file larger than anything of its kind.
    #[error("{} is larger than {} MiB. Make it smaller.", path.display(), limit_bytes / (1024 * 1024))]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// The most bytes that are read.
        limit_bytes: u64,
    },
    /// A file cannot be read.
    #[error("{} cannot be read: {problem}. Check its permissions and the disk.", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        problem: io::Error,
    },
    /// The autograder is no zip, or is not yet complete.
    #[error("The autograder {} cannot be used. {problem}", path.display())]
    NotAZip {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        problem: UnzipError,
    },
    /// The file changed each time it was read.
    #[error("{} is being written to. It is read again once it is complete.", path.display())]
    Changing {
        /// Which file.
        path: PathBuf,
    },
    /// No copy can be kept.
    #[error(
        "No copy of an autograder can be kept in {}: {problem}. Give a writable folder on a disk with free space.",
        path.display()
    )]
    Cache {
        /// The cache folder.
        path: PathBuf,
        /// What the system said.
        problem: io::Error,
    },
}

impl MaterialsError {
    /// Whether it is our disk that fails, and not what the course put there.
    pub(crate) fn is_ours(&self) -> bool {
        match self {
            Self::Unreadable { .. } | Self::Cache { .. } => true,
            Self::NotAZip { problem, .. } => problem.is_ours(),
            _ => false,
        }
    }
}
