//! The schema, version by version.

use sqlx::{
    PgConnection, PgPool,
    migrate::{Migrate, MigrateError},
};

use crate::{
    error::StoreError,
    schema::{SchemaVersion, Step, migrator},
};

/// Never edit one that was released: add another. While a new version of the service is rolled out the old one still
/// runs, so a step first only adds; what is no longer used goes with a later version.
pub(super) const STEPS: &[Step] =
    &[("submissions to grades", include_str!("../../migrations/postgres/0001_submissions_to_grades.sql"))];

/// Brings the schema up to date. Of several processes that start at once, one does it and the others wait.
pub(super) async fn migrate(pool: &PgPool, place: &str) -> Result<(), StoreError> {
    let migrator = migrator(STEPS);
    let mut connection = pool.acquire().await?;
    connection.lock().await.map_err(|error| StoreError::Unavailable(error.into()))?;
    let done = migrator.run_direct(None, &mut *connection, false).await;
    connection.unlock().await.map_err(|error| StoreError::Unavailable(error.into()))?;
    done.map_err(|error| match error {
        MigrateError::VersionMissing(_) => StoreError::Newer { place: place.to_owned() },
        error => StoreError::Unavailable(error.into()),
    })
}

/// The version of the database's schema.
pub(super) async fn version(connection: &mut PgConnection, place: &str) -> Result<SchemaVersion, StoreError> {
    let table = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
    let is_there: bool = sqlx::query_scalar(table).fetch_one(&mut *connection).await?;
    let newest = "SELECT max(version) FROM _sqlx_migrations WHERE success";
    let applied = if is_there { sqlx::query_scalar(newest).fetch_one(connection).await? } else { None };
    SchemaVersion::new(applied, STEPS, place)
}
