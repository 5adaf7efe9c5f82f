//! The loops that work while a process runs.

mod grade;
mod heart;
mod janitor;
mod job;

pub use grade::{WorkSettings, Workers};
pub use heart::Heart;
pub use janitor::{Janitor, Keep};
