//! Runs an untrusted program under limits, and ends it as a whole: no process of it outlives the run, whatever it
//! does and however the service itself ends.
//!
//! Three processes stand in a row. The *service* asks ([`Supervisor::run`]). The *supervisor*, this same executable
//! started again, watches time, memory, processes and output; when its standard input closes, because the service
//! lets go or is gone, it ends everything. The *init* is the first process of a PID namespace of its own, so that the
//! kernel kills all that is left when it dies. Where no namespace can be had, the supervisor adopts orphans
//! (`PR_SET_CHILD_SUBREAPER`) and kills them one by one.
//!
//! ```text
//! service ──stdin: request, then held open──▶ supervisor ──stdin: request──▶ init (PID 1) ──▶ program
//!         ◀──stdout: lines, then the end────             ◀──────── stdout, stderr ────────────
//! ```

mod client;
mod protocol;
mod supervise;

pub use client::{SandboxError, Supervisor};
pub use protocol::{Ending, How, Isolation, Limits, Request, User};
pub use supervise::{COMMAND, main as supervise};
