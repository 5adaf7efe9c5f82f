//! What only this engine promises, seen from inside.

use sqlx::Executor;

use super::SqliteStore;
use crate::{
    contract::kit::{accepted, assert_queue, by, claim, finish_executed, noise, notebook_of},
    error::StoreError,
    store::Store,
};

async fn fresh(folder: &tempfile::TempDir) -> SqliteStore {
    SqliteStore::open(&folder.path().join("otter.sqlite")).await.unwrap()
}

#[tokio::test]
async fn every_write_waits_for_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(&folder).await;
    let mut tx = store.begin().await.unwrap();
    let number = async |tx: &mut sqlx::SqliteConnection, pragma| {
        sqlx::query_scalar::<_, i64>(pragma).fetch_one(tx).await.unwrap()
    };
    assert_eq!(number(&mut tx, "PRAGMA synchronous").await, 2, "FULL");
    assert_eq!(number(&mut tx, "PRAGMA foreign_keys").await, 1);
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn readers_cannot_write() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(&folder).await;
    let error = store.readers.execute("DELETE FROM event").await.unwrap_err();
    assert!(error.to_string().contains("readonly"), "{error}");
}

#[tokio::test]
async fn an_executed_notebook_goes_with_its_grading() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(&folder).await;
    accepted(&store, "ada", "88e/1/lab01", 0).await;
    finish_executed(&store, &claim(&store, "w", 10).await, b"{}", 20).await;
    let mut tx = store.begin().await.unwrap();
    tx.execute("DELETE FROM job; DELETE FROM grading").await.unwrap();
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM executed_notebook").fetch_one(&mut *tx).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_full_disk_is_told_and_overcome() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(&folder).await;
    for ms in 0..3 {
        // The limit stands in for the disk's end. It is the connection's own, and goes with it.
        let mut tx = store.begin().await.unwrap();
        tx.execute("PRAGMA max_page_count = 1").await.unwrap();
        tx.commit().await.unwrap();
        let large = notebook_of("ada", "88e/1/lab01", ms, noise(1_000_000));
        let error = store.accept(large).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        assert!(error.to_string().contains("full"), "{error}");
        store.ready().await.unwrap();
        store.accept(by("bob", "88e/1/lab01", ms)).await.unwrap();
    }
    assert_queue(&store, 0, 3, 0).await;
}
