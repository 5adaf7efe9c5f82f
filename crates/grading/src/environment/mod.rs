//! The Python installations in which courses' notebooks run.

mod advice;
mod build;
mod conda;
mod plan;
mod probe;
mod python;
mod registry;
mod requirements;
mod seal;
mod shelf;
mod step;
mod trial;

use std::path::PathBuf;

use sandbox::Level;

pub use build::BuildError;
pub(crate) use build::hex;
pub use plan::{EnvironmentPlan, Named, Recipe};
pub use probe::ProbeError;
pub use registry::{EnvironmentError, EnvironmentInUse, Environments};
pub use requirements::RequirementsError;
pub use shelf::{Shelf, ShelfError, Shelved};
pub use trial::Preload;

/// A Python installation that can grade: it has otter-grader and a kernel.
#[derive(Debug, Clone)]
pub struct Environment {
    /// 16 hexadecimal digits: a hash over what it was built from, or, for one that was there before, over its place
    /// and the packages that it has.
    pub id: String,
    /// Its interpreter, by the name under which it finds its packages.
    pub python: PathBuf,
    /// Its version, for instance `3.11.7`.
    pub python_version: String,
    /// Its otter-grader's version, for instance `7.0.0`.
    pub otter_version: String,
    /// Its folder (`sys.prefix`).
    pub prefix: PathBuf,
    /// The folder of the Python that it is based on (`sys.base_prefix`).
    pub base_prefix: PathBuf,
    /// Every folder that a program in it has to read. None lies in another.
    pub folders: Vec<PathBuf>,
    /// What may be imported before a notebook runs.
    pub preload: Preload,
    /// Whether gradings can run as users of their own: the service is root, and others may read the installation and
    /// reach the gradings' folder.
    pub can_run_as_others: bool,
    /// What keeps a program apart here.
    pub isolation: Level,
}
