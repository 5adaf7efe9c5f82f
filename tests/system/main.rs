//! The real program, from the outside.
#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod cli;
mod doctor;
mod endurance;
mod engine;
mod environments;
mod grade;
mod kill;
mod notebooks;
mod processes;
mod sample;
mod serve;
mod service;
#[path = "../support/mod.rs"]
mod support;
mod warm;
