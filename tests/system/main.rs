//! The real program, from the outside.
#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod alone;
mod backup;
mod check;
mod cli;
mod courses;
mod courses_from_git;
mod destinations;
mod doctor;
#[path = "../../crates/passback/tests/edx/peer.rs"]
mod edx;
mod endurance;
mod engine;
mod environments;
mod filled;
mod grade;
mod init;
mod kill;
mod launched;
mod notebooks;
mod otter_versions;
mod passback;
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
mod tokens;
mod users;
mod warm;
mod worker;
mod workers;
