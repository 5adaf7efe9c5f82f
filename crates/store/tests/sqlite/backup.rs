//! Copies of a file that is being written to.

use std::{
    fs::{self, File},
    sync::atomic::{AtomicBool, Ordering},
};

use futures_util::future::join;
use store::{SqliteStore, Store, StoreError, contract::kit::*};

use super::{NAME, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_is_of_one_moment_and_nobody_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    for ms in 0..20 {
        store.accept(notebook_of("ada", "88e/1/lab01", ms, noise(200_000))).await.unwrap();
    }
    let (copied, path) = (AtomicBool::new(false), folder.path().join("copy"));
    File::create(&path).unwrap();
    let copying = async {
        SqliteStore::copy_file(&folder.path().join(NAME), &path).await.unwrap();
        copied.store(true, Ordering::Relaxed);
    };
    let writing = async {
        let mut ms = 20;
        while !copied.load(Ordering::Relaxed) {
            accepted(&store, "bob", "88e/1/lab02", ms).await;
            ms += 1;
        }
    };
    join(copying, writing).await;
    let version = SqliteStore::check_file(&path).await.unwrap();
    assert!(!version.is_due());
    let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!names.into_iter().any(|name| name.to_string_lossy().starts_with("copy-")), "nothing beside it");

    let (all, copy) =
        (store.wholes(None, None, 100_000).await.unwrap(), SqliteStore::open(&path).await.unwrap());
    let some = copy.wholes(None, None, 100_000).await.unwrap();
    assert!(some.len() >= 20);
    assert!(all.starts_with(&some), "what was accepted first, as a whole");
    store.close().await;
}

#[tokio::test]
async fn a_damaged_copy_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    for ms in 0..5 {
        store.accept(notebook_of("ada", "88e/1/lab01", ms, noise(50_000))).await.unwrap();
    }
    store.close().await;
    let path = folder.path().join(NAME);
    SqliteStore::check_file(&path).await.unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(SqliteStore::check_file(&path).await.is_err(), "half of it is missing");
    fs::write(&path, "no database at all".repeat(1000)).unwrap();
    assert!(SqliteStore::check_file(&path).await.is_err());
}

#[tokio::test]
async fn rows_that_lead_nowhere_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    accepted(&store, "ada", "88e/1/lab01", 0).await;
    store.close().await;
    let path = folder.path().join(NAME);
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).foreign_keys(false);
    let mut raw = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&options).await.unwrap();
    sqlx::raw_sql("DELETE FROM submission").execute(&mut raw).await.unwrap();
    sqlx::Connection::close(raw).await.unwrap();
    let error = SqliteStore::check_file(&path).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
}

#[tokio::test]
async fn a_look_at_the_version_leaves_everything_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(NAME);
    let nothing = SqliteStore::schema(&path).await.unwrap();
    assert_eq!(nothing.current, 0);
    assert!(nothing.is_due() && !path.exists());
    let store = open(&folder).await;
    accepted(&store, "ada", "88e/1/lab01", 0).await;
    assert_eq!(SqliteStore::schema(&path).await.unwrap().current, nothing.newest);
    store.close().await;
    let before = fs::read(&path).unwrap();
    assert!(!SqliteStore::schema(&path).await.unwrap().is_due());
    assert!(fs::read(&path).unwrap() == before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
