//! Rows that make no sense are named, and stop nothing else.

use jiff::Timestamp;
use model::Submission;
use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use store::{Page, Queue, Scope, SqliteStore, Store, StoreError, contract::kit::*};
use tempfile::TempDir;

use super::{NAME, open};

/// Changes the database as no version of the service would.
async fn damage(folder: &TempDir, sql: &str) {
    let options = SqliteConnectOptions::new().filename(folder.path().join(NAME)).foreign_keys(false);
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    raw.execute("PRAGMA ignore_check_constraints = ON").await.unwrap();
    let changed = raw.execute(AssertSqlSafe(sql)).await.unwrap().rows_affected();
    assert!(changed > 0, "{sql}");
    raw.close().await.unwrap();
}

/// Asks for everything about a submission, and gives the first complaint.
async fn complaint(store: &SqliteStore, submission: &Submission) -> String {
    let scope = own(submission);
    let ask = async || {
        store.events(&scope, submission.id, 0).await?;
        store.gradings(&scope, submission.id).await?;
        store.grade(&submission.user, &submission.key).await?;
        store.submission(&scope, submission.id).await?;
        store.notebook(&scope, submission.id).await?;
        store.executed(&scope, submission.id).await?;
        Ok(())
    };
    match ask().await {
        Err(StoreError::Corrupt { what }) => what,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_malformed_value_is_named() {
    let table = [
        ("UPDATE submission SET sha256 = 'abc'", "submission {id}, column sha256: "),
        ("UPDATE submission SET section = '../up'", "submission {id}, column section: "),
        ("UPDATE submission SET received_at = 9223372036854775807", "submission {id}, column received_at: "),
        ("UPDATE submission SET size_bytes = -1", "submission {id}, column size_bytes: "),
        ("UPDATE submission SET size_bytes = size_bytes - 1", "notebook {id}, column zstd: "),
        ("UPDATE notebook SET zstd = x'00112233'", "notebook {id}, column zstd: "),
        ("UPDATE event SET step = '{}' WHERE seq = 2", "event of submission {id}, column step: "),
        ("UPDATE event SET at = -9223372036854775808", "event of submission {id}, column at: "),
        ("UPDATE grading SET report = '{\"status\": \"won\"}'", "grading {grading}, column report: "),
        ("UPDATE grading SET report = NULL, fault = '[]'", "grading {grading}, column fault: "),
        (
            "UPDATE executed_notebook SET size_bytes = -1",
            "executed notebook of grading {grading}, column size_bytes: ",
        ),
        (
            "UPDATE executed_notebook SET size_bytes = size_bytes - 1",
            "executed notebook of grading {grading}, column zstd: ",
        ),
        // The last byte but four, before the checksum.
        (
            "UPDATE executed_notebook SET zstd =
                 CAST(substr(zstd, 1, length(zstd) - 5) || x'00' || substr(zstd, -4) AS BLOB)",
            "executed notebook of grading {grading}, column zstd: ",
        ),
        ("UPDATE grade SET score = 9e999", "grade of submission {id}, column score: "),
        ("UPDATE job SET state = 'lost'", "job of submission {id}, column state: "),
        ("UPDATE job SET grading = NULL", "job of submission {id}, column state: "),
    ];
    for (sql, expected) in table {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder).await;
        let submission = accepted(&store, "ada", "88e/1/lab01", 0).await;
        let job = claim(&store, "w", 10).await;
        finish_executed(&store, &job, &noise(1000), 20).await;
        let grading = gradings(&store, &submission).await.remove(0).id;
        damage(&folder, sql).await;
        let expected =
            expected.replace("{id}", &submission.id.to_string()).replace("{grading}", &grading.to_string());
        let what = complaint(&store, &submission).await;
        assert!(what.starts_with(&expected), "{sql}: {what}");
    }
}

#[tokio::test]
async fn an_unreadable_job_does_not_hold_up_the_queue() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let broken = accepted(&store, "ada", "88e/1/lab01", 0).await;
    let sound = accepted(&store, "bob", "88e/1/lab01", 1).await;
    damage(&folder, &format!("UPDATE submission SET user = '' WHERE id = '{}'", broken.id)).await;
    let error = store.claim(&worker("w"), at(10), LEASE).await.unwrap_err();
    assert!(matches!(&error, StoreError::Corrupt { what } if what.contains("column user")), "{error:?}");
    assert_eq!(claim(&store, "w", 10).await.submission, sound);
    assert_idle(&store, 10 + LEASE_MS - 1).await;
    assert_queue(&store, 10, 0, 1).await;
}

#[tokio::test]
async fn an_unreadable_delivery_does_not_hold_up_the_outbox() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let broken = graded(&store, "ada", 0, 1.0, DUE).await;
    let sound = graded(&store, "bob", 10, 2.0, DUE).await;
    damage(&folder, &format!("UPDATE passback SET score = 9e999 WHERE submission = '{}'", broken.id)).await;
    let error = store.claim_passback(&worker("s"), at(20), LEASE).await.unwrap_err();
    assert!(matches!(&error, StoreError::Corrupt { what } if what.contains("column score")), "{error:?}");
    let next = async |ms| store.claim_passback(&worker("s"), at(ms), LEASE).await.unwrap();
    assert_eq!(next(20).await.unwrap().passback.submission, sound.id);
    assert!(next(20 + LEASE_MS - 1).await.is_none());
    let outbox = store.outbox().await.unwrap();
    assert_eq!((outbox.sending, outbox.given_up), (1, 1));

    let course = Scope::Course("88e".parse().unwrap());
    let listed = store.deliveries(&course, &[], Page { before: None, limit: 10 }).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.passback.submission).collect::<Vec<_>>(), [sound.id]);

    damage(&folder, "UPDATE passback SET score = 1 WHERE score > 4").await;
    let set_aside = &store.passbacks(&own(&broken), broken.id).await.unwrap()[0];
    assert!(set_aside.words.as_deref().unwrap().contains("cannot be read"), "{set_aside:?}");
}

#[tokio::test]
async fn a_job_without_its_notebook_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let submission = accepted(&store, "ada", "88e/1/lab01", 0).await;
    let job = claim(&store, "w", 10).await;
    damage(&folder, "DELETE FROM notebook").await;
    let error = store.notebook_to_grade(&job.lease).await.unwrap_err();
    let expected = format!("submission {} has no notebook", submission.id);
    assert!(matches!(&error, StoreError::Corrupt { what } if *what == expected), "{error:?}");
    assert_eq!(store.queue(Timestamp::UNIX_EPOCH).await.unwrap(), Queue { waiting: 0, working: 1 });
}
