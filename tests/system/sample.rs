//! The sample course and its environment.

use std::{path::PathBuf, sync::OnceLock};

use crate::support::{environment, root};

/// An interpreter with the sample course's packages, built at first use and kept for the next run of the tests.
pub(crate) fn python() -> &'static str {
    static PYTHON: OnceLock<String> = OnceLock::new();
    PYTHON.get_or_init(|| environment(&root().join("sample/requirements.txt")))
}

/// A file of the sample course.
pub(crate) fn sample(path: &str) -> PathBuf {
    root().join("sample").join(path)
}

/// The sample course's autograder of an assignment.
pub(crate) fn autograder(assignment: &str) -> PathBuf {
    sample(&format!("course/fall26/autograders/{assignment}-autograder.zip"))
}
