//! The materials of a repository somewhere else, as they are on this disk.

mod look;
mod pinned;
mod shelf;
mod state;
mod watch;

use std::{
    collections::BTreeSet,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use model::{CourseConfig, Name, ambient::Clock};
use tokio::sync::{Notify, watch::Sender};

use crate::{
    error::MaterialsError,
    remote::{Commit, Remote},
};

use shelf::Shelf;
use state::State;

pub(crate) use pinned::{Pin, Pinned};

/// Where fetched revisions are kept.
#[derive(Debug, Clone)]
pub struct Place {
    /// A folder for those of all remotes; each gets one in it. Any number of processes on this machine may share it:
    /// one of them fetches, the others take what is there.
    pub dir: PathBuf,
}

/// The materials of a repository somewhere else: the newest good revision of it, on this disk.
///
/// A revision is a folder that never changes. A newer one is fetched beside it, checked, and only then used from one
/// call to the next; one that is not good never replaces a good one. Using them never waits for the network. After a
/// restart it goes on with what was used last.
///
/// A revision is good if its `course-config.json` makes sense and has the courses that it is for, with all their
/// autograders. One that lacks some of them is still used if the one in use lacks the same ones, or if there is none
/// in use: the rest can be graded then.
pub struct Fetched {
    remote: Arc<dyn Remote>,
    shelf: Arc<Shelf>,
    courses: Arc<BTreeSet<Name>>,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    /// Held while the remote is looked at, so that it is done once at a time.
    turn: tokio::sync::Mutex<()>,
    /// Somebody knows of something new.
    wake: Notify,
    /// Whether the remote was looked at since the start, with any outcome.
    looked: Sender<bool>,
}

impl Fetched {
    /// The materials of `courses` in the repository `remote`, as they are on this disk; nothing is fetched yet.
    /// Blocks on files: autograders are read and hashed.
    pub fn open(
        remote: Arc<dyn Remote>,
        place: &Place,
        courses: BTreeSet<Name>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, MaterialsError> {
        let shelf = Shelf::open(&place.dir, &remote.name(), remote.branch())?;
        let mut state = State::default();
        for commit in shelf.note()?.into_iter().flat_map(|note| [Some(note.newest), note.before]).flatten() {
            match Pinned::load(&shelf.revision(&commit), &commit, &courses) {
                Ok(pinned) => {
                    state.switch(Arc::new(pinned));
                    break;
                }
                Err(problem) => {
                    let remote = remote.name();
                    tracing::error!(remote, %commit, %problem, "fetched materials cannot be used any more");
                    state.lost(commit, &problem);
                }
            }
        }
        Ok(Self {
            remote,
            shelf: Arc::new(shelf),
            courses: Arc::new(courses),
            clock,
            state: Mutex::new(state),
            turn: tokio::sync::Mutex::default(),
            wake: Notify::new(),
            looked: Sender::new(false),
        })
    }

    /// Where it comes from, for messages: `github.com/owner/repo`.
    #[must_use]
    pub fn name(&self) -> String {
        self.remote.name()
    }

    /// The commit in use; `None` before there was one.
    #[must_use]
    pub fn commit(&self) -> Option<Commit> {
        self.current().map(|current| current.commit().clone())
    }

    /// The folder of the commit in use, for looking at only.
    #[must_use]
    pub fn folder(&self) -> Option<PathBuf> {
        self.commit().map(|commit| self.shelf.revision(&commit))
    }

    /// What is wrong now, and what is done meanwhile; for the operator.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        self.state().problems(&self.remote.name())
    }

    /// The `course-config.json` in use.
    #[must_use]
    pub fn course_config(&self) -> Option<Arc<CourseConfig>> {
        self.current().map(|current| current.course_config())
    }

    pub(crate) fn current(&self) -> Option<Arc<Pinned>> {
        self.state().current.clone()
    }

    pub(crate) fn why_not_yet(&self) -> String {
        self.state().why_not_yet(&self.remote.name())
    }

    /// Nothing that may panic runs between the changes of its fields, so it is whole even if a thread did panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched")
            .field("remote", &self.remote)
            .field("commit", &self.commit())
            .finish_non_exhaustive()
    }
}
