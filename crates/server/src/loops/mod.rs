//! The loops that work while the service runs.

mod grade;
mod job;

pub use grade::{WorkSettings, Workers};
