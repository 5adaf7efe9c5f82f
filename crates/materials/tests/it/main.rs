//! The crate from outside: archives as they come, hostile ones, and folders that change.

mod archive;
mod folder;
mod fuzz;
mod hostile;
mod links;
mod real;
mod tree;
