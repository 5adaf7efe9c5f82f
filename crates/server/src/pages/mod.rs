//! The pages that people see: rendered here, with nothing inline.

pub(crate) mod assets;
pub(crate) mod error;
pub(crate) mod failed;
mod failure;
pub(crate) mod index;
mod render;
pub(crate) mod submission;
mod words;
