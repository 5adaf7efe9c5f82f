//! Engines for tests: started on a free port of loopback, in a folder of their own, and ended with the test.

pub mod firestore;
pub mod jupyterhub;
pub mod peers;
mod ports;
pub mod postgres;
mod process;
mod python;
mod skip;

pub use ports::Ports;
pub use process::{Process, free_port};
pub use python::python;
pub use skip::or_skip;
