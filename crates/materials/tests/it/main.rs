//! The crate from outside: archives as they come, hostile ones, and folders that change.

#![expect(clippy::unwrap_used, reason = "clippy knows `#[test]` functions as tests, not what they share")]

mod archive;
mod folder;
mod fuzz;
mod hostile;
mod links;
mod real;
mod tree;
