//! The pages that people see: rendered here, with nothing inline.

pub(crate) mod assets;
mod audit;
mod course;
mod deliveries;
mod delivery;
pub(crate) mod error;
pub(crate) mod failed;
mod failure;
pub(crate) mod index;
mod listed;
pub(crate) mod lists;
mod render;
mod row;
pub(crate) mod sign_in;
pub(crate) mod submission;
mod words;
