//! The real program, from the outside.
#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod backup;
mod cli;
mod doctor;
mod endurance;
mod engine;
mod environments;
mod filled;
mod grade;
mod kill;
mod notebooks;
mod processes;
mod running;
mod sample;
mod serve;
mod service;
mod stores;
#[path = "../support/mod.rs"]
mod support;
mod users;
mod warm;
mod worker;
mod workers;
