//! Which store a command is about.

use std::path::PathBuf;

use crate::{
    config::{Config, Sources},
    place::Place,
};

#[derive(clap::Args)]
pub(crate) struct StoreArgs {
    /// The service's configuration file, which says where its store is.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// This store instead: `sqlite:PATH`, `postgres://USER@HOST/DATABASE` or `firestore://PROJECT?environment=NAME`.
    #[arg(long, value_name = "URL")]
    store: Option<Place>,
}

impl StoreArgs {
    /// The store that is meant: the one named, else the configuration's.
    pub(crate) fn place(&self) -> anyhow::Result<Place> {
        match &self.store {
            Some(place) => Ok(place.clone()),
            None => Ok(load(self.config.clone())?.place()),
        }
    }

    /// As [`StoreArgs::place`], and for what works on what is there already: an SQLite file that is missing is not
    /// made, it is an error.
    pub(crate) fn place_that_is_there(&self) -> anyhow::Result<Place> {
        let place = self.place()?;
        must_be_there(&place)?;
        Ok(place)
    }
}

/// Reads the configuration as the service does.
pub(crate) fn load(file: Option<PathBuf>) -> anyhow::Result<Config> {
    Ok(Config::load(&Sources::given(file, &[]))?)
}

/// A store that is made by being looked at would hide a mistyped path.
pub(crate) fn must_be_there(place: &Place) -> anyhow::Result<()> {
    if let Place::Sqlite(path) = place {
        anyhow::ensure!(path.is_file(), "there is no database {}", path.display());
    }
    Ok(())
}
