//! The description in a backup, by which it is checked before anything is restored from it.

use std::{fs, path::Path};

use anyhow::Context;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::files::{self, Measure};

const NAME: &str = "backup.json";

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// What was accepted before this time is in it.
    pub(super) made_at: Timestamp,
    pub(super) program_version: String,
    pub(super) schema_version: u32,
    pub(super) database: Measure,
    /// Whether the key that signs receipts is in it.
    pub(super) has_key: bool,
}

impl Manifest {
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(NAME);
        let text = fs::read_to_string(&path)
            .with_context(|| format!("{} is no backup: {NAME} cannot be read", folder.display()))?;
        serde_json::from_str(&text).with_context(|| path.display().to_string())
    }

    pub(super) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        files::write_secret(&folder.join(NAME), serde_json::to_string_pretty(self)?.as_bytes())
    }
}
