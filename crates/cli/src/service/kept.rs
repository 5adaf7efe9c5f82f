//! The store that a process works with.

use std::{fs, fs::File, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use jiff::Timestamp;
use store::Store;

use super::{Identity, Signals};
use crate::place::Place;

/// Between two looks whether a store is there.
const PAUSE: Duration = Duration::from_secs(2);

/// An open store.
pub(crate) struct Kept {
    pub(crate) store: Arc<dyn Store>,
    /// Held as long as this process has an SQLite file for itself.
    lock: Option<File>,
}

impl Kept {
    /// Opens the store. An SQLite file is taken for this process alone: it could not tell what another one has left from
    /// what another one is doing.
    pub(crate) async fn open(place: &Place) -> anyhow::Result<Self> {
        let lock = lock(place)?;
        Ok(Self { store: place.open().await?, lock })
    }

    /// As [`Self::open`], and waits for a shared store that is away; `None` if a signal comes meanwhile.
    pub(crate) async fn wait_for(place: &Place, signals: &mut Signals) -> anyhow::Result<Option<Self>> {
        let lock = lock(place)?;
        let mut is_told = false;
        loop {
            match place.open().await {
                Ok(store) => return Ok(Some(Self { store, lock })),
                Err(error) if place.is_shared() && error.may_pass() => {
                    if !is_told {
                        tracing::warn!(%error, "the store is not there yet; it is asked again until it is");
                        is_told = true;
                    }
                }
                Err(error) => return Err(error.into()),
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = signals.stop() => return Ok(None),
            }
        }
    }

    /// Gives back the jobs of workers that are surely gone.
    pub(crate) async fn release_abandoned(&self, me: &Identity, now: Timestamp) -> anyhow::Result<()> {
        let is_alone = self.lock.is_some();
        let gone = |other: &_| is_alone || me.knows_dead(other);
        let released = self.store.release_abandoned(&gone, now).await?;
        if released > 0 {
            tracing::info!(released, "gradings that an earlier run left unfinished begin anew");
        }
        Ok(())
    }
}

fn lock(place: &Place) -> anyhow::Result<Option<File>> {
    match place {
        Place::Sqlite(path) => lock_file(path).map(Some),
        Place::Postgres(_) | Place::Firestore(_) => Ok(None),
    }
}

fn lock_file(database: &Path) -> anyhow::Result<File> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let unusable = || format!("the database {} cannot be used", database.display());
    if let Some(folder) = database.parent() {
        fs::create_dir_all(folder).with_context(unusable)?;
    }
    match super::lock::take(Path::new(&path)).with_context(unusable)? {
        Some(lock) => Ok(lock),
        None => bail!("the database {} is in use by another otter-service", database.display()),
    }
}
