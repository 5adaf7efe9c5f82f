//! The store that a process works with.

use std::{fs, fs::File, path::Path, sync::Arc};

use anyhow::{Context, bail};
use jiff::Timestamp;
use store::Store;

use super::{Identity, lock};
use crate::place::Place;

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
        let lock = match place {
            Place::Sqlite(path) => Some(lock_file(path)?),
            _ => None,
        };
        Ok(Self { store: place.open().await?, lock })
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

fn lock_file(database: &Path) -> anyhow::Result<File> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let unusable = || format!("the database {} cannot be used", database.display());
    if let Some(folder) = database.parent() {
        fs::create_dir_all(folder).with_context(unusable)?;
    }
    match lock::take(Path::new(&path)).with_context(unusable)? {
        Some(lock) => Ok(lock),
        None => bail!("the database {} is in use by another otter-service", database.display()),
    }
}
