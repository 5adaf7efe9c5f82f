//! Looks whether there is a newer revision, and switches to it if it is good.

use std::{sync::Arc, time::Duration};

use tokio::{task::spawn_blocking, time::sleep};

use crate::{
    error::MaterialsError,
    remote::{Commit, RemoteError},
};

use super::{
    Fetched,
    pinned::{NotLoaded, Pinned},
    shelf::{Note, ShelfLock},
    state::{Away, Refused},
};

/// How often a process looks whether another one is done with fetching.
const LOCK_POLL: Duration = Duration::from_millis(200);

impl Fetched {
    /// Asks the remote for its newest commit, and switches to it if that is a new one and good. `Ok` also if it is not
    /// good; [`Fetched::problems`] says so then.
    ///
    /// When it is dropped before it is done, nothing has changed.
    pub async fn look(&self) -> Result<(), RemoteError> {
        let _turn = self.turn.lock().await;
        let outcome = self.find().await;
        self.settle(&outcome);
        self.looked.send_replace(true);
        outcome
    }

    /// Done once [`Fetched::look`] has run since the start, with any outcome.
    pub(crate) async fn looked(&self) {
        // It cannot be closed: the sender is ours.
        let _ = self.looked.subscribe().wait_for(|looked| *looked).await;
    }

    async fn find(&self) -> Result<(), RemoteError> {
        self.take_noted(None).await?;
        let commit = self.remote.newest().await?;
        if self.is_settled(&commit) {
            return Ok(());
        }
        let held = Arc::new(self.lock().await?);
        // Another process may have fetched it while this one waited.
        if self.take_noted(Some(&commit)).await? {
            return Ok(());
        }
        let outcome = self.take(&held, &commit).await;
        self.sweep(held, commit).await;
        outcome
    }

    /// Fetches and checks a commit, and switches to it if it is good.
    async fn take(&self, held: &Arc<ShelfLock>, commit: &Commit) -> Result<(), RemoteError> {
        match self.bring(held, commit).await {
            Ok(()) => {}
            Err(RemoteError::Content { problem }) => {
                self.refuse(commit, problem);
                return Ok(());
            }
            Err(other) => return Err(other),
        }
        match self.load(commit).await {
            Ok(pinned) => self.decide(held, pinned).await,
            Err(NotLoaded::Bad(problem)) => {
                self.refuse(commit, problem);
                Ok(())
            }
            Err(NotLoaded::Ours(error)) => Err(ours(&error)),
        }
    }

    /// Nothing is to do if the newest commit is in use, or known to be no good.
    fn is_settled(&self, commit: &Commit) -> bool {
        let mut state = self.state();
        if state.is_current(commit) {
            // The bad one was taken back.
            state.refused = None;
        }
        state.has_settled(commit)
    }

    /// Switches to the revision that was noted by another process, if it is another one (and the `wanted` one); gives
    /// whether the noted one is in use now.
    async fn take_noted(&self, wanted: Option<&Commit>) -> Result<bool, RemoteError> {
        let Some(note) = self.shelf.note().map_err(|error| ours(&error))? else { return Ok(false) };
        if wanted.is_some_and(|wanted| *wanted != note.newest) {
            return Ok(false);
        }
        if self.state().is_current(&note.newest) {
            return Ok(true);
        }
        let is_damaged = self.state().damaged.contains(&note.newest);
        if is_damaged {
            return Ok(false);
        }
        match self.load(&note.newest).await {
            Ok(pinned) => {
                self.switch(pinned);
                Ok(true)
            }
            // It is fetched again then.
            Err(problem) => {
                tracing::error!(remote = self.remote.name(), commit = %note.newest, %problem, "fetched materials cannot be used any more");
                self.state().lost(note.newest, &problem);
                Ok(false)
            }
        }
    }

    async fn lock(&self) -> Result<ShelfLock, RemoteError> {
        loop {
            if let Some(lock) = self.shelf.try_lock().map_err(|error| ours(&error))? {
                return Ok(lock);
            }
            sleep(LOCK_POLL).await;
        }
    }

    /// Sees to it that the files of a commit are here, good or not: so nobody fetches bad ones twice.
    async fn bring(&self, held: &Arc<ShelfLock>, commit: &Commit) -> Result<(), RemoteError> {
        let is_damaged = self.state().damaged.contains(commit);
        if is_damaged {
            self.shelf.remove(held, commit).map_err(|error| ours(&error))?;
            self.state().damaged.retain(|damaged| damaged != commit);
        }
        if self.shelf.revision(commit).is_dir() {
            return Ok(());
        }
        let new = self.shelf.new_revision(held).map_err(|error| ours(&error))?;
        self.remote.fetch(commit, new.path()).await?;
        let (disk, held, commit) = (Arc::clone(&self.shelf), Arc::clone(held), commit.clone());
        let put = blocking(move || disk.put(&held, new, &commit)).await?;
        put.map_err(|error| ours(&error))
    }

    async fn load(&self, commit: &Commit) -> Result<Pinned, NotLoaded> {
        let (folder, commit, courses) =
            (self.shelf.revision(commit), commit.clone(), Arc::clone(&self.courses));
        let loaded = blocking(move || Pinned::load(&folder, &commit, &courses)).await;
        // What made it panic would do so again.
        loaded.unwrap_or_else(|defect| Err(NotLoaded::Bad(defect.to_string())))
    }

    /// Switches, unless something is wrong with the new revision that is not wrong with the one in use.
    async fn decide(&self, held: &Arc<ShelfLock>, new: Pinned) -> Result<(), RemoteError> {
        let current = self.current();
        let worse: Vec<_> = match &current {
            Some(current) => {
                let known = |path| current.flaws().contains_key(path);
                new.flaws().iter().filter(|(path, _)| !known(*path)).map(|(_, flaw)| flaw.clone()).collect()
            }
            None => Vec::new(),
        };
        if !worse.is_empty() {
            self.refuse(new.commit(), worse.join(" "));
            return Ok(());
        }
        let before = current.map(|current| current.commit().clone());
        let note = Note { newest: new.commit().clone(), before };
        let (disk, held) = (Arc::clone(&self.shelf), Arc::clone(held));
        blocking(move || disk.write_note(&held, &note)).await?.map_err(|error| ours(&error))?;
        self.switch(new);
        Ok(())
    }

    /// Removes what is not needed any more: all but the commit in use, the one before it, and the one just looked at.
    async fn sweep(&self, held: Arc<ShelfLock>, looked_at: Commit) {
        let disk = Arc::clone(&self.shelf);
        let swept = blocking(move || {
            let note = disk.note()?;
            let noted = note.into_iter().flat_map(|note| [Some(note.newest), note.before]).flatten();
            let keep: Vec<_> = noted.chain([looked_at]).collect();
            disk.sweep(&held, &keep)
        });
        let problem = match swept.await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::warn!(
            remote = self.remote.name(),
            problem,
            "old materials cannot be removed; they are tried again with the next commit"
        );
    }

    fn switch(&self, pinned: Pinned) {
        tracing::info!(remote = self.remote.name(), commit = %pinned.commit(), "materials are used at this commit from now on");
        for flaw in pinned.flaws().values() {
            tracing::error!(remote = self.remote.name(), commit = %pinned.commit(), flaw, "something is missing in the materials");
        }
        self.state().switch(Arc::new(pinned));
    }

    fn refuse(&self, commit: &Commit, problem: String) {
        tracing::error!(remote = self.remote.name(), %commit, problem, "a new commit of the materials cannot be used");
        self.state().refused = Some(Refused { commit: commit.clone(), problem });
    }

    /// Keeps, and logs, whether the remote gives anything; each change once.
    fn settle(&self, outcome: &Result<(), RemoteError>) {
        let (now, remote) = (self.clock.now(), self.remote.name());
        let mut state = self.state();
        match (outcome, &mut state.away) {
            (Ok(()), None) => {}
            (Ok(()), Some(_)) => {
                state.away = None;
                tracing::info!(remote, "the materials' remote answers again");
            }
            (Err(error), Some(away)) if away.error == *error => {}
            (Err(error), away) => {
                tracing::warn!(remote, problem = %error, "no newer materials; the ones here are used");
                let since = away.as_ref().map_or(now, |away| away.since);
                *away = Some(Away { since, error: error.clone() });
            }
        }
    }
}

fn ours(error: &MaterialsError) -> RemoteError {
    RemoteError::Ours { problem: error.to_string() }
}

/// Runs what waits for the disk where nobody waits for it.
async fn blocking<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> Result<T, RemoteError> {
    spawn_blocking(run).await.map_err(|error| RemoteError::Ours {
        problem: format!(
            "Reading the materials failed inside the service ({error}). This is a defect of it."
        ),
    })
}
