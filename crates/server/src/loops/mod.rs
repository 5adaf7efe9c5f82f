//! The loops that work while a process runs.

mod deliver;
mod grade;
mod heart;
mod janitor;
mod job;

pub use deliver::{Courier, CourierSettings};
pub use grade::{WorkSettings, Workers};
pub use heart::Heart;
pub use janitor::{Janitor, Keep};
