//! Engines for tests: started on a free port of loopback, in a folder of their own, and ended with the test.

pub mod firestore;
pub mod postgres;
mod process;
mod skip;

pub use process::{Process, free_port};
pub use skip::or_skip;
