//! The commands, one module each.

pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod environment;
pub(crate) mod grade;
pub(crate) mod receipt;
pub(crate) mod serve;
pub(crate) mod submit;
mod tables;
