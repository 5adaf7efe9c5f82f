//! What keeps a process that runs a student's code away from everything else.

mod caps;
pub mod cgroup;
pub mod confine;
pub mod enclosure;
mod family;
pub mod files;
pub mod ids;
mod init;
pub mod job;
mod level;
mod pid_max;
pub mod probe;
pub mod program;
pub mod root;
#[expect(unsafe_code, reason = "system calls that no crate wraps safely, in one place")]
mod sys;
pub mod zygote;

pub use enclosure::Network;
pub use level::{Ceiling, Level};
pub use probe::probe;
