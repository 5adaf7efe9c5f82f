//! Opening a database.

use serde_json::Value as Json;

use super::{
    FirestoreStore,
    auth::Auth,
    fields::{Reader, fields},
    names::Collections,
    rest::{
        Client, CommitError, random,
        wire::{self, If},
    },
};
use crate::error::StoreError;

/// The version of what we keep. One that adds to it and takes nothing away stays the same.
const SCHEMA: u32 = 1;

/// Where Google's Firestore is.
const GOOGLE: &str = "https://firestore.googleapis.com";

/// Which database, and what goes into it.
#[derive(Debug, Clone)]
pub struct FirestoreSettings {
    /// The Google Cloud project.
    pub project: String,
    /// What all collections begin with: the Python service's `ENVIRONMENT`.
    pub environment: String,
    /// The database in the project, `(default)` unless it has several.
    pub database: String,
    /// Whether the log has what went well, too: the Python service's `VERBOSE_LOGGING`.
    pub verbose_logs: bool,
    /// An emulator's host and port, where there is one to take the place of Google.
    pub emulator: Option<String>,
    /// Another address than Google's own, for instance `https://firestore.example.org`.
    pub endpoint: Option<String>,
    /// How old a piece of a notebook must be that belongs to no submission, to be swept away, in seconds: longer than
    /// any submission takes to be accepted.
    pub sweep_after_seconds: u64,
}

impl FirestoreSettings {
    /// The default database of a project, or the emulator that the environment variable `FIRESTORE_EMULATOR_HOST` names.
    #[must_use]
    pub fn new(project: impl Into<String>, environment: impl Into<String>) -> Self {
        Self {
            project: project.into(),
            environment: environment.into(),
            database: "(default)".into(),
            verbose_logs: false,
            emulator: std::env::var("FIRESTORE_EMULATOR_HOST").ok().filter(|host| !host.is_empty()),
            endpoint: None,
            sweep_after_seconds: 24 * 60 * 60,
        }
    }

    /// The database in words.
    fn place(&self) -> String {
        format!(
            "Firestore project {}, database {}, environment {}",
            self.project, self.database, self.environment
        )
    }
}

impl FirestoreStore {
    /// Opens the database, which must be there; its collections need not.
    pub async fn open(settings: FirestoreSettings) -> Result<Self, StoreError> {
        super::auth::use_ring();
        let (auth, endpoint) = match (&settings.emulator, &settings.endpoint) {
            (Some(host), _) => (Auth::Emulator, format!("http://{host}")),
            (None, Some(endpoint)) => (Auth::google()?, endpoint.trim_end_matches('/').to_owned()),
            (None, None) => (Auth::google()?, GOOGLE.to_owned()),
        };
        let client = Client::new(&endpoint, &settings.project, &settings.database, auth)?;
        let instance = format!("{:08x}{:08x}", random(), random());
        let store = Self::new(client, Collections::of(&settings.environment), settings, instance);
        store.check_schema().await?;
        Ok(store)
    }

    async fn check_schema(&self) -> Result<(), StoreError> {
        let name = self.names.schema(&self.client);
        if let Some(document) = self.client.get(&name).await? {
            let version: u32 = Reader::of(&document).count("version")?;
            return if version > SCHEMA {
                Err(StoreError::Newer { place: self.settings.place() })
            } else {
                Ok(())
            };
        }
        let version: Json =
            wire::set(&name, fields([("version", Some(wire::count(SCHEMA.into())))]), &If::Absent);
        match self.client.commit(&[version], None).await {
            // Another process opened it at the same moment.
            Ok(()) | Err(CommitError::Conflict) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
