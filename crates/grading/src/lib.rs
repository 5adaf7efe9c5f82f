//! From a notebook and an autograder to a report, or a fault.
//!
//! An [`Engine`] grades one submission; [`OtterEngine`] does it with otter-grader's own `run_autograder`. An
//! [`Environment`] is the Python installation in which the submission's code runs.

mod engine;
mod environment;
pub mod gradescope;
mod otter;
mod sweep;

pub use engine::{Engine, EngineChoice, Submitted, Work};
pub use environment::{BuildError, Builder, Environment, ProbeError};
pub use otter::OtterEngine;
pub use sandbox::{Isolation, Limits, Supervisor};
pub use sweep::remove_tree;
