//! What keeps a process that runs a student's code away from everything else.
//!
//! Two things are jailed: one [`program`] with all it starts, and the [jobs](job) of a [`zygote`], which are forked, never
//! exec'd, so that what the zygote has imported stays warm. Both get the same layers. They are put on from the outside
//! in, because each takes away rights that the ones before it need:
//!
//! 1. **Control group** ([`cgroup`]): memory and processes of all together, kept by the kernel. Entered first, so that
//!    all that follows counts.
//! 2. **Namespaces** ([`enclosure`], [`root`]): a user namespace that gives the rights to make the others; a PID namespace
//!    whose first process is the init, so that the kernel ends all when it ends; an empty network; a root folder that
//!    shows programs and libraries, read-only, and nothing of the host besides; small `tmpfs`es to write to. Root maps
//!    host ids that nothing else has; an ordinary user maps itself. A zygote builds its root folder once; a job adds its
//!    own `tmpfs` and `/proc`, and then enters a further user namespace in which nobody has a right over what was built.
//! 3. **Limits** of one process, and of the user's processes: in a user namespace the kernel counts these apart, so the
//!    limit is this job's alone. Before the capabilities go, which some of them need.
//! 4. **Capabilities**: the bounding set, all other sets, and by `no_new_privs` the ways back to them.
//! 5. **Landlock**: which files, with no regard to owners and modes; no TCP; no signals and no abstract sockets outside.
//!    Needs `no_new_privs`. Without namespaces this is what keeps a job from its siblings' files.
//! 6. **Seccomp**: a list of allowed calls. Last, because it refuses most of what the layers above were made with.
//!
//! Where namespaces are refused (in a container with Docker's own seccomp profile), the layers 1 and 3 to 6 hold, with a
//! user id for each job if the service is root; the init finds the job's processes by descent. [`Level`] says what
//! holds, as it was checked; [`probe`](probe::probe) says what is missing and what to do. Nothing is a silent best effort.
//!
//! Every jail has an init of this crate's code between the program and whoever asked for it. It cannot be traced,
//! signalled or slowed down from inside.
//!
//! What is left: without a control group, memory that belongs to no process for the moment (unmapped shared pages, socket
//! buffers) counts for nobody; and the zygote's own code, the environment's packages, runs with all rights over its own
//! namespaces.

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
mod processes;
pub mod program;
pub mod root;
#[expect(unsafe_code, reason = "system calls that no crate wraps safely, in one place")]
mod sys;
pub mod zygote;

pub use enclosure::Network;
pub use level::{Ceiling, Level};
pub use probe::probe;
