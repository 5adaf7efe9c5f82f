//! The file: who may read it, what is in it, who may open it.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use futures_util::future::join_all;
use model::{GradePolicy, Submission};
use sqlx::{Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use store::{SqliteStore, Store, StoreError, contract::kit::*};

use super::{NAME, open};

async fn graded(store: &SqliteStore) -> Submission {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let job = claim(store, "w", 10).await;
    finish(store, &job, &report(1.0, 2.0), GradePolicy::Latest, 20).await;
    submission
}

async fn is_all_there(store: &SqliteStore, submission: &Submission) {
    assert_eq!(grade(store, submission).await.unwrap().score, points(1.0));
    assert_eq!(gradings(store, submission).await.len(), 1);
    assert_eq!(steps(store, submission).await.len(), 5);
    assert!(store.notebook(&own(submission), submission.id).await.unwrap().is_some());
    store.accept(by("bob", "88e/1/lab01", 1)).await.unwrap();
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn what_was_accepted_survives_a_close_and_a_crash() {
    let (folder, crashed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(&folder).await;
    let submission = graded(&store).await;
    // What is on the disk while the store is open is what a crash would leave; the shared memory would be gone.
    for name in files(folder.path()).iter().filter(|name| !name.ends_with("-shm")) {
        fs::copy(folder.path().join(name), crashed.path().join(name)).unwrap();
    }
    is_all_there(&open(&crashed).await, &submission).await;

    store.close().await;
    assert_eq!(files(folder.path()), [NAME], "a closed store is one file");
    is_all_there(&open(&folder).await, &submission).await;
}

#[tokio::test]
async fn files_are_for_their_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a/b");
    let store = SqliteStore::open(&data.join(NAME)).await.unwrap();
    accepted(&store, "ada", "88e/1/lab01", 0).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(files(&data), [NAME.to_owned(), format!("{NAME}-shm"), format!("{NAME}-wal")]);
    for name in files(&data) {
        assert_eq!(mode(&data.join(&name)), 0o600, "{name}");
    }
    assert_eq!(mode(&data), 0o700);
    assert_eq!(mode(&folder.path().join("a")), 0o700);
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_left_alone() {
    let (folder, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(&folder).await;
    graded(&store).await;
    store.close().await;
    let path = copy.path().join(NAME);
    fs::copy(folder.path().join(NAME), &path).unwrap();
    let options = SqliteConnectOptions::new().filename(&path);
    let mut raw = SqliteConnection::connect_with(&options).await.unwrap();
    raw.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'of the future', TRUE, x'00', 0)",
    )
    .await
    .unwrap();
    raw.close().await.unwrap();

    let before = fs::read(&path).unwrap();
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Newer { place } if *place == path.display().to_string()),
        "{error:?}"
    );
    assert!(fs::read(&path).unwrap() == before);
    // And the original is as good as ever.
    open(&folder).await;
}

#[tokio::test]
async fn what_cannot_be_opened_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("notes.txt");
    fs::write(&other, "not a database, but quite long enough to be one".repeat(100)).unwrap();
    for path in [other.clone(), other.join(NAME)] {
        let error = SqliteStore::open(&path).await.unwrap_err();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        assert!(error.to_string().contains("notes.txt"), "{error}");
    }
    assert!(fs::read_to_string(&other).unwrap().starts_with("not a database"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_may_open_the_file_for_the_first_time_together() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let open = |_| {
            let path = folder.path().join(NAME);
            tokio::spawn(async move { SqliteStore::open(&path).await })
        };
        for store in join_all((0..8).map(open)).await {
            let store = store.unwrap().unwrap();
            store.ready().await.unwrap();
            store.close().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_the_jobs_of_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let stores = join_all((0..3).map(|_| open(&folder))).await;
    let accept = |ms: i64| stores[usize::try_from(ms).unwrap() % 3].accept(by("ada", "88e/1/lab01", ms));
    let accepted = join_all((0..60).map(accept)).await;
    assert!(accepted.iter().all(Result::is_ok), "{accepted:?}");

    let work = async |number: usize| {
        let (store, name, mut claimed) = (&stores[number % 3], worker(&format!("w{number}")), vec![]);
        while let Some(job) = store.claim(&name, at(100), LEASE).await.unwrap() {
            finish(store, &job, &report(1.0, 1.0), GradePolicy::Latest, 200).await;
            claimed.push(job.submission.id);
            assert!(claimed.len() <= 60, "a job was claimed twice");
        }
        claimed
    };
    let mut claimed: Vec<_> = join_all((0..6).map(work)).await.into_iter().flatten().collect();
    claimed.sort();
    claimed.dedup();
    assert_eq!(claimed.len(), 60);
    assert_queue(&stores[0], 100, 0, 0).await;
}
