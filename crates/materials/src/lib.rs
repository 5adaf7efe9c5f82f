//! Where autograders come from.
//!
//! [`Materials`] has them all: of a plain folder that holds `course-config.json` and the autograder zips
//! ([`FolderMaterials`]), or of repositories somewhere else ([`remote`]), whose newest good revisions are kept on this
//! disk ([`Fetched`]). [`unzip()`] unpacks a zip that nobody trusts: an autograder, or a student's submission.
//!
//! What is not `async` here blocks on files at most; an async caller uses `spawn_blocking` for what says so.

mod autograder;
mod error;
mod fetched;
mod folder;
mod identity;
mod materials;
pub mod remote;
mod revision;
pub mod unzip;

pub use autograder::{Autograder, AutograderReader};
pub use error::MaterialsError;
pub use fetched::{Fetched, Place};
pub use folder::FolderMaterials;
pub use materials::{Materials, Origin};
pub use revision::Revision;
pub use unzip::{UnzipError, UnzipLimits, Unzipped, unzip};
