//! The commands, one module each.

pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod config;
mod described;
pub(crate) mod doctor;
pub(crate) mod environment;
pub(crate) mod grade;
mod hex;
pub(crate) mod init;
pub(crate) mod migrate;
pub(crate) mod receipt;
pub(crate) mod serve;
pub(crate) mod store;
mod store_args;
pub(crate) mod submit;
mod tables;
pub(crate) mod token;
pub(crate) mod user;
pub(crate) mod worker;
