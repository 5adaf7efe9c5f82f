//! The versions of a SQL schema.

use sqlx::{
    SqlSafeStr,
    migrate::{Migration, MigrationType, Migrator},
};

use crate::error::StoreError;

/// Which version of its schema a database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchemaVersion {
    /// The database's own; 0 where there is nothing yet.
    pub current: u32,
    /// The one that this program works with.
    pub newest: u32,
}

impl SchemaVersion {
    /// From what the table of migrations says, if there is one.
    pub(crate) fn new(applied: Option<i64>, steps: &[Step], place: &str) -> Result<Self, StoreError> {
        let newest = u32::try_from(steps.len()).unwrap_or(u32::MAX);
        match u32::try_from(applied.unwrap_or(0)) {
            Ok(current) if current <= newest => Ok(Self { current, newest }),
            _ => Err(StoreError::Newer { place: place.to_owned() }),
        }
    }

    /// Whether the database is to be brought up to date before the program can work with it.
    #[must_use]
    pub fn is_due(self) -> bool {
        self.current < self.newest
    }
}

/// A migration: what it is about, and its statements. Its version is its place in the list, from 1.
pub(crate) type Step = (&'static str, &'static str);

/// All migrations of a list, to be run in order.
pub(crate) fn migrator(steps: &[Step]) -> Migrator {
    let migrations = (1..).zip(steps).map(|(version, (description, sql))| {
        Migration::new(version, (*description).into(), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}
