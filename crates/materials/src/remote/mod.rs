//! Repositories somewhere else.

mod commit;
mod error;
pub mod git;
pub mod github;
pub mod tarball;

use std::{fmt, path::Path};

use async_trait::async_trait;

pub use commit::{Commit, NotACommit};
pub use error::RemoteError;

/// A repository somewhere else, and which branch of it.
///
/// Both requests have time-outs of their own, and may be dropped at any time.
#[async_trait]
pub trait Remote: Send + Sync + fmt::Debug {
    /// For logs and messages, without any secret: `github.com/owner/repo`.
    fn name(&self) -> String;

    /// The branch that was asked for; `None` for the usual one (`main`, then `master`).
    ///
    /// Together with the name it says where the materials are kept on disk, so that two branches of one repository
    /// do not meet there.
    fn branch(&self) -> Option<&str>;

    /// The newest commit. Conditional where the remote can: cheap when nothing has changed.
    async fn newest(&self) -> Result<Commit, RemoteError>;

    /// Puts the files of that commit into the empty folder `into`. After an error anything may be in it. Beside it
    /// there may be others meanwhile whose names begin with its name; if the process is killed, they stay.
    async fn fetch(&self, commit: &Commit, into: &Path) -> Result<(), RemoteError>;
}
