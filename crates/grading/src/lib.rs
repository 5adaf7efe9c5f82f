//! From a notebook and an autograder to a report, or a fault.
//!
//! An [`Engine`] grades one submission; [`OtterEngine`] does it with otter-grader's own `run_autograder`. An
//! [`Environment`] is the Python installation in which the submission's code runs.

mod advice;
mod auto;
mod engine;
mod environment;
pub mod gradescope;
mod otter;
mod sweep;
mod warm;

pub use auto::AutoEngine;
pub use engine::{Engine, EngineChoice, Graded, Submitted, Work};
pub use environment::{
    BuildError, Environment, EnvironmentError, EnvironmentInUse, EnvironmentPlan, Environments, Named,
    Preload, ProbeError, Recipe, RequirementsError, Shelf, ShelfError, Shelved,
};
pub use otter::OtterEngine;
pub use sandbox::{Level, Limits, Supervisor};
pub use sweep::remove_tree;
pub use warm::{InspectError, Inspection, WarmEngine, WarmLimits};

/// Autograders as data, as an [`Inspection`] has them.
pub mod bundle {
    pub use judge::{Body, Bundle, Case, Config, Example, Module, Question};
}
