//! What the judge (trusted, in the service) and the processes in the jail (not trusted) say to each other.
//!
//! Four conversations, each over a socket of its own:
//!
//! | with | opened by | carries |
//! |---|---|---|
//! | the zygote | the service, once | [`ToZygote`], [`FromZygote`] |
//! | a job's init | the service, for each job | [`ToInit`], [`FromInit`] |
//! | a job's notebook process | the service, for each job | [`ToNotebook`], [`FromNotebook`] |
//! | a snapshot of it | the notebook process, for each check | [`ToSnapshot`], [`FromSnapshot`] |
//!
//! A [`Channel`] carries one JSON value a frame, with descriptors beside it. Nothing that comes out of the jail is
//! believed but as what it is: the claim of a process that may be hostile. A frame that cannot be read ends its
//! conversation, never the judge.

mod channel;
mod message;

pub use channel::{Channel, FrameError, LONGEST_FRAME};
pub use message::{
    Bundling, Example, FromInit, FromNotebook, FromSnapshot, FromZygote, Job, JobLimits, Outcome, Raised,
    Role, Start, ToInit, ToNotebook, ToSnapshot, ToZygote,
};
