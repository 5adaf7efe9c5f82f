//! The real program, from the outside.
#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod backup;
mod check;
mod cli;
mod courses;
mod courses_from_git;
mod doctor;
mod endurance;
mod engine;
mod environments;
mod filled;
mod grade;
mod init;
mod kill;
mod notebooks;
mod otter_versions;
mod processes;
mod running;
mod sample;
mod secrets;
mod serve;
mod service;
mod sops;
mod stores;
#[path = "../support/mod.rs"]
mod support;
mod users;
mod warm;
mod worker;
mod workers;
