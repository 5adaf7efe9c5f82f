//! Runs an untrusted program under limits, and ends it as a whole: no process of it outlives the run, whatever it
//! does and however the service itself ends.
//!
//! Three processes stand in a row. The *service* asks ([`Supervisor::run`]). The *supervisor*, this same executable
//! started again, watches time, memory, processes and output; when its standard input closes, because the service
//! lets go or is gone, it ends everything. The *init* is the first process of the jail that the supervisor makes (see the
//! crate `jail`), so that the kernel kills all that is left when it dies. Where no PID namespace can be had, the
//! supervisor adopts orphans (`PR_SET_CHILD_SUBREAPER`) and kills them one by one.
//!
//! ```text
//! service ──stdin: request, then held open──▶ supervisor ──fork──▶ init (PID 1) ──▶ program
//!         ◀──stdout: lines, then the end────             ◀──────── stdout, stderr ────────────
//! ```
//!
//! A *zygote* ([`Zygote`]) is started and let go in the same way; its jobs are the business of the crate `jail`.

mod client;
mod dispatch;
mod probe;
mod protocol;
mod supervise;
mod zygote;

pub use client::{SandboxError, Supervisor};
pub use dispatch::dispatch;
pub use jail::probe::{Missing, Probe};
pub use jail::{Ceiling, Level, Network};
pub use protocol::{Ending, How, Limits, Request, User};
pub use zygote::Zygote;
