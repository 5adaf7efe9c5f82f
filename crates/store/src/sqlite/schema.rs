//! The schema of the SQLite file, version by version.

use std::path::Path;

use sqlx::{SqliteConnection, SqlitePool, migrate::MigrateError};

use crate::{
    error::StoreError,
    schema::{SchemaVersion, Step, migrator},
};

/// Never edit one that was released: add another.
pub(super) const STEPS: &[Step] = &[
    ("submissions to grades", include_str!("../../migrations/sqlite/0001_submissions_to_grades.sql")),
    ("executed notebooks", include_str!("../../migrations/sqlite/0002_executed_notebooks.sql")),
    ("turns, outbox, audit", include_str!("../../migrations/sqlite/0003_turns_outbox_audit.sql")),
    ("tokens, launches, stamps", include_str!("../../migrations/sqlite/0004_tokens_launches_stamps.sql")),
    ("deliveries by themselves", include_str!("../../migrations/sqlite/0005_deliveries_by_themselves.sql")),
];

/// Brings the schema up to date, in one transaction.
pub(super) async fn migrate(writer: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    let migrator = migrator(STEPS);
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    // `run` is the documented way, but the compiler cannot see that its future may change threads.
    migrator.run_direct(None, &mut *tx, false).await.map_err(|error| match error {
        MigrateError::VersionMissing(_) => StoreError::Newer { place: path.display().to_string() },
        error => StoreError::Unavailable(error.into()),
    })?;
    Ok(tx.commit().await?)
}

/// The version of the database's schema.
pub(super) async fn version(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<SchemaVersion, StoreError> {
    let table = "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";
    let is_there: i64 = sqlx::query_scalar(table).fetch_one(&mut *connection).await?;
    let newest = "SELECT max(version) FROM _sqlx_migrations WHERE success";
    let applied = match is_there {
        0 => None,
        _ => sqlx::query_scalar(newest).fetch_one(connection).await?,
    };
    SchemaVersion::new(applied, STEPS, &path.display().to_string())
}

#[cfg(test)]
mod tests {
    use model::{AssignmentKey, Step as EventStep};
    use sqlx::{Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};

    use super::*;
    use crate::{
        contract::kit::{LEASE, at, page, points, worker},
        records::{Filter, Scope, Status},
        sqlite::SqliteStore,
        store::Store,
    };

    /// A database as the version of the first `steps` left it, with a submission in every state that the first version
    /// knew, and a delivery that was sent in vain if it knew deliveries.
    async fn of_version(steps: usize, path: &Path) {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        let mut old = SqliteConnection::connect_with(&options).await.unwrap();
        migrator(&STEPS[..1]).run_direct(None, &mut old, false).await.unwrap();
        old.execute(include_str!("../../tests/sqlite/seed-of-version-1.sql")).await.unwrap();
        migrator(&STEPS[..steps]).run_direct(None, &mut old, false).await.unwrap();
        if steps >= 3 {
            old.execute(DELIVERY_OF_VERSION_3).await.unwrap();
        }
        old.close().await.unwrap();
    }

    const DELIVERY_OF_VERSION_3: &str = "
        INSERT INTO passback (grading, submission, user, course, section, assignment, seq, score, max_score,
            graded_at, state, attempts, since, due_at, changed_at)
        SELECT grading.id, grade.submission, user, course, section, assignment, 1, score, max_score, graded_at,
            'pending', 2, graded_at, 0, graded_at
        FROM grade JOIN grading ON grading.submission = grade.submission";

    #[tokio::test]
    async fn every_older_version_is_brought_up_to_date_with_all_that_is_in_it() {
        for steps in 1..STEPS.len() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("otter.sqlite");
            of_version(steps, &path).await;
            let found = SqliteStore::schema(&path).await.unwrap();
            assert_eq!((found.current as usize, found.newest as usize), (steps, STEPS.len()));
            assert!(found.is_due());
            let store = SqliteStore::open(&path).await.unwrap();
            let course = Scope::Course("88e".parse().unwrap());
            let listed = store.submissions(&course, &Filter::All, page(None, 10)).await.unwrap();
            let standing: Vec<_> = listed.iter().rev().map(|one| one.status).collect();
            let expected =
                [Status::Graded, Status::Rejected, Status::Failed, Status::Queued, Status::Grading];
            assert_eq!(standing, expected, "from version {steps}");

            let graded = &listed[4];
            let own = Scope::Own(graded.submission.user.clone());
            assert_eq!(store.notebook(&own, graded.submission.id).await.unwrap().unwrap(), b"abc");
            let events = store.events(&course, graded.submission.id, 0).await.unwrap();
            assert!(events.iter().map(|one| &one.step).eq([&EventStep::Received]));
            let key: &AssignmentKey = &graded.submission.key;
            assert_eq!(store.grade(&graded.submission.user, key).await.unwrap().unwrap().score, points(1.5));
            let fault = listed[2].fault.as_ref().map(|fault| &*fault.message);
            assert_eq!(fault, Some("broken"), "why it failed is known");

            // The one that waits goes first; the one under an old lease is taken when that ends.
            let ids = [listed[1].submission.id, listed[0].submission.id];
            for id in ids {
                let job = store.claim(&worker("w"), at(0), LEASE).await.unwrap().unwrap();
                assert_eq!(job.submission.id, id, "from version {steps}");
            }
            // A delivery goes on where it was.
            let sent = store.claim_passback(&worker("w"), at(0), LEASE).await.unwrap();
            let expected = (steps >= 3).then_some((3, at(0)));
            assert_eq!(sent.map(|job| (job.attempt, job.stamp)), expected, "from version {steps}");
            let earned: Vec<_> = store
                .wholes(None, None, 10)
                .await
                .unwrap()
                .iter()
                .map(|one| one.earned().is_some())
                .collect();
            assert_eq!(earned, [true, false, false, false, false]);
            let scores: Vec<Option<f64>> = sqlx::query_scalar("SELECT score FROM job ORDER BY submission")
                .fetch_all(&store.readers)
                .await
                .unwrap();
            assert_eq!(scores, [Some(1.5), None, None, None, None]);
            store.close().await;
        }
    }
}
