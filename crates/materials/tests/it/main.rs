//! The crate from outside: archives as they come, hostile ones, and folders that change.

#![expect(clippy::unwrap_used, reason = "clippy knows `#[test]` functions as tests, not what they share")]

mod archive;
mod fetched;
mod folder;
mod fuzz;
mod git;
mod git_server;
mod github;
mod github_attacks;
mod github_fetched;
mod github_remote;
mod hostile;
mod links;
mod logged;
mod real;
mod scripted;
mod tar;
mod tarball;
mod tarball_fuzz;
mod tree;
mod watched;
