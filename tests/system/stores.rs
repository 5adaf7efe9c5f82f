//! `store copy` and `store verify`: from SQLite to PostgreSQL or Firestore and back.

use std::path::Path;

use model::ambient::{Clock, SystemClock};
use sqlx::{Connection, Executor, PgConnection};
use store::{PostgresStore, SqliteStore, Store, WorkerRecord, contract::kit::worker};
use testbed::{firestore::Emulator, postgres::Server};

use crate::{
    filled::fill,
    support::{program, run, said},
};

fn copy(from: &str, to: &str, more: &[&str]) -> (Option<i32>, String) {
    let output = run(["store", "copy", "--from", from, "--to", to].into_iter().chain(more.iter().copied()));
    (output.status.code(), said(&output))
}

fn verify(from: &str, to: &str) -> (Option<i32>, String) {
    let output = run(["store", "verify", "--from", from, "--to", to]);
    (output.status.code(), said(&output))
}

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

#[tokio::test]
async fn everything_goes_to_postgres_and_back_and_damage_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let Some(server) = testbed::or_skip("copying stores", Server::start()) else { return };
    let (first, postgres) = (dir.path().join("first.sqlite"), server.database("otter").unwrap());
    let second = dir.path().join("second.sqlite");
    fill(&first).await;

    let (code, told) = copy(&url(&first), &postgres, &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("submissions: 6 copied, 0 were there already"), "{told}");
    for part in ["audit entries: 1 copied", "launches: 3 copied", "tokens: 2 copied"] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(told.matches(": 6 submissions, SHA-256 ").count(), 2, "{told}");
    assert!(told.contains("Both hold the same."), "{told}");
    let (code, told) = copy(&postgres, &url(&second), &[]);
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = verify(&url(&first), &url(&second));
    assert_eq!(code, Some(0), "{told}");
    let stores = [SqliteStore::open(&first).await.unwrap(), SqliteStore::open(&second).await.unwrap()];
    for user in ["ada", "bob", "eve"] {
        let user = user.parse().unwrap();
        let [one, other] =
            [stores[0].wholes(Some(&user), None, 100), stores[1].wholes(Some(&user), None, 100)];
        let (one, other) = (one.await.unwrap(), other.await.unwrap());
        assert_eq!(one.len(), other.len());
        for (one, other) in one.iter().zip(&other) {
            assert_eq!((&one.submission, &one.notebook), (&other.submission, &other.notebook));
            assert_eq!((&one.gradings, &one.events), (&other.gradings, &other.events));
        }
    }
    for store in stores {
        store.close().await;
    }

    // A score that somebody changed, a submission that is gone, one that nobody knows.
    let mut raw = PgConnection::connect(&postgres).await.unwrap();
    raw.execute("UPDATE grade SET score = score + 0.25 WHERE assignment = 'lab03'").await.unwrap();
    let changed: String = sqlx::query_scalar("SELECT submission FROM grade WHERE assignment = 'lab03'")
        .fetch_one(&mut raw)
        .await
        .unwrap();
    let store = PostgresStore::open(&postgres).await.unwrap();
    let gone = store.wholes(Some(&"bob".parse().unwrap()), None, 1).await.unwrap().remove(0).submission;
    let entry = store::contract::kit::entry("erase", &gone, 500);
    store.erase(&gone.user, &entry).await.unwrap();
    let token = store.tokens(None).await.unwrap().remove(0);
    assert!(store.revoke_token(token.id, &store::contract::kit::entry("x", &gone, 501)).await.unwrap());
    store.close().await;
    let (code, told) = verify(&url(&first), &postgres);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains(&format!("submission {changed} is not the same in both")), "{told}");
    assert!(told.contains(&format!("submission {} is missing in postgres://", gone.id)), "{told}");
    assert!(told.contains(&format!("audit entry {} is only in postgres://", entry.id)), "{told}");
    assert!(told.contains(&format!("token {} is not the same in both", token.id)), "{told}");
    assert!(!told.contains(&postgres.replace("postgres://", "")), "without the user's name: {told}");

    // Gone on with, both are mended, and the rest is left alone; what is only there stays, and is told.
    let (code, told) = copy(&url(&first), &postgres, &["--resume"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("submissions: 2 copied, 4 were there already"), "{told}");
    assert_eq!(told.matches(": 6 submissions, SHA-256 ").count(), 2, "{told}");
    assert!(told.contains(&format!("audit entry {} is only in", entry.id)), "{told}");
    assert!(!told.contains("is not the same in both"), "{told}");
}

#[tokio::test]
async fn everything_goes_to_firestore_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let Some(emulator) = testbed::or_skip("copying stores", Emulator::start()) else { return };
    let [first, second] = ["first.sqlite", "second.sqlite"].map(|name| url(&dir.path().join(name)));
    fill(&dir.path().join("first.sqlite")).await;
    let there = "firestore://sample-project?environment=copied";
    let store = |arguments: [&str; 5]| {
        let mut command = program();
        command.arg("store").args(arguments).env("FIRESTORE_EMULATOR_HOST", emulator.host());
        let output = command.output().unwrap();
        (output.status.code(), said(&output))
    };
    let (code, told) = store(["copy", "--from", &first, "--to", there]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("submissions: 6 copied, 0 were there already"), "{told}");
    assert!(told.contains("Both hold the same."), "{told}");
    let (code, told) = store(["copy", "--from", there, "--to", &second]);
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = verify(&first, &second);
    assert_eq!(code, Some(0), "{told}");
}

#[tokio::test]
async fn a_copy_refuses_what_would_do_harm() {
    let dir = tempfile::tempdir().unwrap();
    let [first, second, third] = ["1", "2", "3"].map(|name| dir.path().join(name));
    fill(&first).await;
    fill(&second).await;
    let (code, told) = copy(&url(&first), &url(&second), &[]);
    assert_eq!(code, Some(2));
    assert!(told.contains("is not empty"), "{told}");
    let (code, told) = copy(&url(&third), &url(&second), &["--resume"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("there is no database") && !third.exists(), "{told}");
    assert_eq!(copy(&url(&first), &url(&first), &["--resume"]).0, Some(2), "onto itself");

    let store = SqliteStore::open(&first).await.unwrap();
    let now = SystemClock.now();
    let alive = WorkerRecord {
        id: worker("host/7"),
        version: "0.1.0".into(),
        jobs: 1,
        started_at: now,
        seen_at: now,
    };
    store.heartbeat(&alive).await.unwrap();
    let (code, told) = copy(&url(&first), &url(&third), &[]);
    assert_eq!(code, Some(2));
    assert!(told.contains("host/7 gave a sign of life"), "{told}");
    let (code, told) = copy(&url(&first), &url(&third), &["--force"]);
    assert_eq!(code, Some(0), "{told}");
    store.close().await;
}
