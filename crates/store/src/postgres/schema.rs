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
pub(super) const STEPS: &[Step] = &[
    ("submissions to grades", include_str!("../../migrations/postgres/0001_submissions_to_grades.sql")),
    ("tokens, launches, stamps", include_str!("../../migrations/postgres/0002_tokens_launches_stamps.sql")),
    ("deliveries by themselves", include_str!("../../migrations/postgres/0003_deliveries_by_themselves.sql")),
];

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

#[cfg(test)]
mod tests {
    use sqlx::{Connection, Executor, PgConnection};
    use testbed::postgres::Server;

    use super::*;
    use crate::{
        contract::kit::{LEASE, at, worker},
        postgres::PostgresStore,
        store::Store,
    };

    /// A delivery that was sent twice in vain, as version 1 kept it.
    const DELIVERY_OF_VERSION_1: &str = "
        INSERT INTO submission VALUES ('019a0000-0000-7000-8000-000000000001', 'ada', '88e', '1', 'lab01', 0, '', 3);
        INSERT INTO grading VALUES
            ('019a0000-0000-7000-9000-000000000001', '019a0000-0000-7000-8000-000000000001', 'r1', 1, 2, NULL, '{}');
        INSERT INTO passback VALUES
            ('019a0000-0000-7000-9000-000000000001', '019a0000-0000-7000-8000-000000000001', 'ada', '88e', '1', 'lab01',
             1, 1.5, 2, 0, 'pending', 2, 0, 0, 2, NULL, NULL, 'busy', 0);";

    #[tokio::test]
    async fn an_older_version_is_brought_up_to_date_with_all_that_is_in_it() {
        let Some(server) = testbed::or_skip("older schemas of PostgreSQL", Server::start()) else { return };
        let url = server.database("older").unwrap();
        let mut old = PgConnection::connect(&url).await.unwrap();
        migrator(&STEPS[..1]).run_direct(None, &mut old, false).await.unwrap();
        old.execute(DELIVERY_OF_VERSION_1).await.unwrap();
        let found = PostgresStore::schema(&url).await.unwrap();
        assert_eq!((found.current, found.newest as usize), (1, STEPS.len()));
        let store = PostgresStore::open(&url).await.unwrap();
        assert!(!PostgresStore::schema(&url).await.unwrap().is_due());
        let sent = store.claim_passback(&worker("w"), at(0), LEASE).await.unwrap();
        assert_eq!(sent.map(|job| (job.attempt, job.stamp)), Some((3, at(0))));
        // What the program of the version before does goes on working beside it.
        old.execute("UPDATE passback SET state = 'posted', worker = NULL, lease_until = NULL").await.unwrap();
        assert_eq!(store.outbox().await.unwrap(), crate::records::Outbox::default());
        store.close().await;
    }
}
