//! Where autograders come from.
//!
//! [`FolderMaterials`] reads a plain folder that holds `course-config.json` and the autograder zips. [`unzip()`]
//! unpacks a zip that nobody trusts: an autograder, or a student's submission.
//!
//! Everything here blocks on files; an async caller uses `spawn_blocking`.

mod autograder;
mod error;
mod folder;
mod identity;
mod revision;
pub mod unzip;

pub use autograder::{Autograder, AutograderReader};
pub use error::MaterialsError;
pub use folder::FolderMaterials;
pub use revision::Revision;
pub use unzip::{UnzipError, UnzipLimits, Unzipped, unzip};
