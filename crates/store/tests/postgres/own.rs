//! What only this engine promises.

use std::sync::Arc;

use futures_util::future::join_all;
use libtest_mimic::Trial;
use model::GradePolicy;
use sqlx::{Connection, Executor, PgConnection};
use store::{
    PostgresStore, Store, StoreError,
    contract::kit::{LEASE, accepted, assert_queue, at, finish, report, worker},
};
use testbed::postgres::Server;

use super::trial;

pub(super) fn trials(server: &Arc<Server>) -> Vec<Trial> {
    vec![
        trial(
            server,
            "own::a_newer_schema_is_refused_and_left_alone",
            a_newer_schema_is_refused_and_left_alone,
        ),
        trial(
            server,
            "own::the_version_is_told_and_nothing_changed",
            the_version_is_told_and_nothing_changed,
        ),
        trial(server, "own::many_processes_may_start_at_once", many_processes_may_start_at_once),
        trial(server, "own::processes_share_the_jobs", processes_share_the_jobs),
        trial(server, "own::commits_wait_for_the_disk", commits_wait_for_the_disk),
        trial(server, "own::a_broken_connection_is_replaced", a_broken_connection_is_replaced),
        trial(server, "own::who_cannot_be_reached_is_named_without_the_password", who_cannot_be_reached),
    ]
}

async fn raw(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

async fn a_newer_schema_is_refused_and_left_alone(store: PostgresStore, url: String) {
    accepted(&store, "ada", "88e/1/lab01", 0).await;
    raw(&url)
        .await
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'of the future', TRUE, '\\x00', 0)",
        )
        .await
        .unwrap();
    let error = PostgresStore::open(&url).await.unwrap_err();
    assert!(matches!(&error, StoreError::Newer { .. }), "{error:?}");
    assert!(error.to_string().contains("newer version"), "{error}");
    let error = PostgresStore::schema(&url).await.unwrap_err();
    assert!(matches!(&error, StoreError::Newer { .. }), "{error:?}");
    assert_queue(&store, 0, 1, 0).await;
}

async fn the_version_is_told_and_nothing_changed(_: PostgresStore, url: String) {
    assert!(!PostgresStore::schema(&url).await.unwrap().is_due());
    raw(&url).await.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
    for _ in 0..2 {
        let found = PostgresStore::schema(&url).await.unwrap();
        assert_eq!(found.current, 0);
        assert!(found.is_due());
    }
}

async fn many_processes_may_start_at_once(_: PostgresStore, url: String) {
    raw(&url).await.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
    let stores = join_all((0..6).map(|_| PostgresStore::open(&url))).await;
    for store in stores {
        store.unwrap().ready().await.unwrap();
    }
}

async fn processes_share_the_jobs(first: PostgresStore, url: String) {
    let second = PostgresStore::open(&url).await.unwrap();
    let stores = [&first, &second];
    for ms in 0..60 {
        accepted(stores[usize::try_from(ms % 2).unwrap()], &format!("user{ms}"), "88e/1/lab01", ms).await;
    }
    let work = async |number: usize| {
        let mut done = 0;
        while let Some(job) =
            stores[number % 2].claim(&worker(&format!("w{number}")), at(100), LEASE).await.unwrap()
        {
            finish(stores[number % 2], &job, &report(1.0, 1.0), GradePolicy::Latest, 200).await;
            done += 1;
        }
        done
    };
    let done: i32 = join_all((0..8).map(work)).await.iter().sum();
    assert_eq!(done, 60);
    assert_queue(&second, 300, 0, 0).await;
    second.close().await;
}

async fn commits_wait_for_the_disk(_: PostgresStore, url: String) {
    // Even where the database's default is to acknowledge before that.
    raw(&url).await.execute("ALTER ROLE postgres SET synchronous_commit = off").await.unwrap();
    let store = PostgresStore::open(&url).await.unwrap();
    assert_eq!(store.setting("synchronous_commit").await.unwrap(), "on");
    raw(&url).await.execute("ALTER ROLE postgres RESET synchronous_commit").await.unwrap();
    store.close().await;
}

async fn a_broken_connection_is_replaced(store: PostgresStore, url: String) {
    accepted(&store, "ada", "88e/1/lab01", 0).await;
    raw(&url)
        .await
        .execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        .await
        .unwrap();
    accepted(&store, "bob", "88e/1/lab01", 1).await;
    assert_queue(&store, 0, 2, 0).await;
}

async fn who_cannot_be_reached(_: PostgresStore, _: String) {
    let error = PostgresStore::open("postgres://otter:s3cret@127.0.0.1:1/otter").await.unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable(_)), "{error:?}");
    let words = error.to_string();
    assert!(words.contains("127.0.0.1:1/otter") && !words.contains("s3cret"), "{words}");
}
