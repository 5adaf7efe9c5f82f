//! What the operator wants.

use std::{collections::BTreeMap, path::PathBuf};

/// Which environments there are to be, and which course gets which.
#[derive(Debug, Clone)]
pub struct EnvironmentPlan {
    /// The folder for those that are built.
    pub root: PathBuf,
    /// Used where nothing else is said.
    pub standard: Recipe,
    /// The named ones.
    pub named: BTreeMap<String, Named>,
    /// Whether an autograder whose course has no named environment gets the one that it asks for itself.
    pub from_autograder: bool,
    /// The Python to build with for autograders that ask for none or for this one.
    pub base_python: PathBuf,
    /// The size in bytes that built environments may have together. The ones not used for longest go first.
    pub max_bytes: u64,
}

/// A named environment.
#[derive(Debug, Clone)]
pub struct Named {
    /// How to get it.
    pub recipe: Recipe,
    /// The courses whose assignments it is for.
    pub courses: Vec<String>,
}

/// How to get an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipe {
    /// Build it.
    Build {
        /// The text of a `requirements.txt`.
        requirements: String,
        /// The Python to build with.
        base_python: PathBuf,
        /// Whether packages may run code of their own while they are installed. Not for what an autograder asks for.
        may_run_code: bool,
    },
    /// Take what is there.
    Interpreter(PathBuf),
}

impl EnvironmentPlan {
    /// The named environment of a course.
    pub(super) fn of_course(&self, course: &str) -> Option<&Recipe> {
        let has = |named: &&Named| named.courses.iter().any(|one| one == course);
        self.named.values().find(has).map(|named| &named.recipe)
    }
}
