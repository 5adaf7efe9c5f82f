//! `backup`, `restore` and `migrate` on a file that is in use, damaged, old.

use std::{
    fs::{self, File, OpenOptions},
    io::{Seek, SeekFrom, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Output,
    sync::atomic::{AtomicBool, Ordering},
};

use sqlx::Connection;
use store::{SqliteStore, Store, Whole, contract::kit::*};

use crate::{
    filled::{config, fill},
    support::{program, run, said},
};

const DATABASE: &str = "otter-service.sqlite";

fn backup(config: &str, to: &Path, more: &[&str]) -> Output {
    program().args(["backup", "--config", config, "--to"]).arg(to).args(more).output().unwrap()
}

fn restore(config: &str, from: &Path) -> Output {
    program().args(["restore", "--config", config, "--from"]).arg(from).output().unwrap()
}

async fn all(database: &Path) -> Vec<Whole> {
    let store = SqliteStore::open(database).await.unwrap();
    let all = store.wholes(None, None, 100_000).await.unwrap();
    store.close().await;
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_backed_up_while_somebody_writes_is_restored() {
    let dir = tempfile::tempdir().unwrap();
    let (data, copy) = (dir.path().join("data"), dir.path().join("backups/monday"));
    let (config, database) = (config(&data), data.join(DATABASE));
    fill(&database).await;
    fs::write(data.join("receipt-key.pem"), "the key").unwrap();
    let store = SqliteStore::open(&database).await.unwrap();
    for ms in 0..20 {
        store.accept(notebook_of("max", "88e/1/lab05", 1000 + ms, noise(200_000))).await.unwrap();
    }
    let before = store.wholes(None, None, 1000).await.unwrap();

    let done = AtomicBool::new(false);
    let writing = async {
        let mut ms = 2000;
        while !done.load(Ordering::Relaxed) {
            accepted(&store, "zoe", "88e/1/lab01", ms).await;
            ms += 1;
        }
    };
    let backing_up = async {
        let (config, copy) = (config.clone(), copy.clone());
        let output = tokio::task::spawn_blocking(move || backup(&config, &copy, &[])).await.unwrap();
        done.store(true, Ordering::Relaxed);
        output
    };
    let ((), output) = tokio::join!(writing, backing_up);
    assert!(output.status.success(), "{}", said(&output));
    let after = store.wholes(None, None, 100_000).await.unwrap();
    store.close().await;
    for path in [&copy, &copy.join(DATABASE), &copy.join("receipt-key.pem"), &copy.join("backup.json")] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o077, 0, "{}", path.display());
    }
    assert_eq!(fs::read_dir(copy.parent().unwrap()).unwrap().count(), 1, "nothing else is left there");

    // Then the machine is lost; and on the new one somebody has begun already.
    let (other, key) = (dir.path().join("other"), "another key");
    let other_config = crate::filled::config(&other);
    fill(&other.join(DATABASE)).await;
    fs::write(other.join("receipt-key.pem"), key).unwrap();
    let output = restore(&other_config, &copy);
    assert!(output.status.success(), "{}", said(&output));
    let restored = all(&other.join(DATABASE)).await;
    assert!(restored.starts_with(&before), "what was there when the backup began");
    assert!(after.starts_with(&restored), "of one moment, without gaps");
    assert_eq!(fs::read_to_string(other.join("receipt-key.pem")).unwrap(), "the key");
    let kept: Vec<_> = fs::read_dir(&other)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.display().to_string().contains(".before-restore-"))
        .collect();
    assert_eq!(kept.len(), 2, "{kept:?}");
    for path in kept {
        if path.display().to_string().contains(".pem.") {
            assert_eq!(fs::read_to_string(path).unwrap(), key);
        } else {
            assert_eq!(all(&path).await.len(), 6);
        }
    }
}

#[tokio::test]
async fn what_a_killed_service_left_in_its_log_is_kept_by_a_restore() {
    let dir = tempfile::tempdir().unwrap();
    let (data, killed, copy) = (dir.path().join("data"), dir.path().join("killed"), dir.path().join("copy"));
    let (config_of_data, config_of_killed) = (config(&data), config(&killed));
    fill(&data.join(DATABASE)).await;
    assert!(backup(&config_of_data, &copy, &[]).status.success());
    let store = SqliteStore::open(&data.join(DATABASE)).await.unwrap();
    accepted(&store, "max", "88e/1/lab05", 1000).await;
    fs::create_dir(&killed).unwrap();
    for ending in ["", "-wal"] {
        let name = format!("{DATABASE}{ending}");
        fs::copy(data.join(&name), killed.join(&name)).unwrap();
    }
    store.close().await;
    assert!(fs::metadata(killed.join(format!("{DATABASE}-wal"))).unwrap().len() > 0);
    let output = restore(&config_of_killed, &copy);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(all(&killed.join(DATABASE)).await.len(), 6);
    let kept = fs::read_dir(&killed).unwrap().map(|entry| entry.unwrap().path());
    let kept: Vec<_> = kept.filter(|path| path.display().to_string().contains("before-restore")).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(all(&kept[0]).await.len(), 7, "the submission that was in the log, too");
}

#[tokio::test]
async fn a_restore_refuses_what_would_do_harm_and_touches_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (data, copy) = (dir.path().join("data"), dir.path().join("copy"));
    let (config, database) = (config(&data), data.join(DATABASE));
    fill(&database).await;
    let output = backup(&config, &copy, &[]);
    assert!(output.status.success(), "{}", said(&output));
    let files = || {
        let mut all: Vec<_> = fs::read_dir(&data)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| !path.display().to_string().ends_with("lock"))
            .map(|path| (fs::read(&path).unwrap(), path))
            .collect();
        all.sort_by(|one, other| one.1.cmp(&other.1));
        all
    };
    let untouched = files();
    let refused = |why: &str| {
        let output = restore(&config, &copy);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(why), "{}", said(&output));
        assert!(files() == untouched);
    };

    for name in ["lock", "otter-service.sqlite.lock"] {
        let lock = OpenOptions::new().create(true).append(true).open(data.join(name)).unwrap();
        lock.lock().unwrap();
        refused("in use by an otter-service");
    }

    let whole = fs::read(copy.join(DATABASE)).unwrap();
    let mut file = OpenOptions::new().write(true).open(copy.join(DATABASE)).unwrap();
    file.seek(SeekFrom::Start(whole.len() as u64 / 2)).unwrap();
    file.write_all(b"rotten").unwrap();
    refused("is damaged");
    fs::write(copy.join(DATABASE), &whole).unwrap();

    let description = fs::read_to_string(copy.join("backup.json")).unwrap();
    fs::remove_file(copy.join("backup.json")).unwrap();
    refused("is no backup");
    fs::write(copy.join("backup.json"), description).unwrap();
    assert!(restore(&config, &copy).status.success(), "it is good otherwise");
}

#[tokio::test]
async fn a_backup_takes_only_the_place_of_another_one() {
    let dir = tempfile::tempdir().unwrap();
    let (data, copy) = (dir.path().join("data"), dir.path().join("copy"));
    let config = config(&data);
    let output = backup(&config, &copy, &[]);
    assert_eq!(output.status.code(), Some(2), "there is nothing to back up");
    assert!(said(&output).contains("there is no database"), "{}", said(&output));
    assert!(!data.exists());

    fill(&data.join(DATABASE)).await;
    assert!(backup(&config, &copy, &[]).status.success());
    let first = fs::read(copy.join("backup.json")).unwrap();
    let output = backup(&config, &copy, &[]);
    assert!(said(&output).contains("--replace"), "{}", said(&output));
    assert!(fs::read(copy.join("backup.json")).unwrap() == first);
    let output = backup(&config, &copy, &["--replace"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(fs::read(copy.join("backup.json")).unwrap() != first);

    let home = dir.path().join("home");
    fs::create_dir(&home).unwrap();
    File::create(home.join("thesis.tex")).unwrap();
    let output = backup(&config, &home, &["--replace"]);
    assert!(said(&output).contains("only a backup is replaced"), "{}", said(&output));
    assert!(home.join("thesis.tex").exists());
}

#[tokio::test]
async fn an_old_store_is_brought_up_to_date_and_a_new_one_refused() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (config, database) = (config(&data), data.join(DATABASE));
    let output = run(["migrate", "--config", &config]);
    assert!(output.status.success() && said(&output).contains("is not there yet"), "{}", said(&output));
    assert!(!data.exists());
    fs::create_dir(&data).unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&database).create_if_missing(true);
    let mut old = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    for sql in [
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMP
             NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL,
             execution_time BIGINT NOT NULL)",
        include_str!("../../crates/store/migrations/sqlite/0001_submissions_to_grades.sql"),
        include_str!("../../crates/store/tests/sqlite/seed-of-version-1.sql"),
    ] {
        sqlx::raw_sql(sql).execute(&mut old).await.unwrap();
    }
    let text = include_str!("../../crates/store/migrations/sqlite/0001_submissions_to_grades.sql");
    sqlx::query("INSERT INTO _sqlx_migrations VALUES (1, 'submissions to grades', 0, TRUE, $1, 0)")
        .bind(<sha2::Sha384 as sha2::Digest>::digest(text).to_vec())
        .execute(&mut old)
        .await
        .unwrap();
    old.close().await.unwrap();

    let check = ["migrate", "--check", "--config", &config];
    let before = fs::read(&database).unwrap();
    for _ in 0..2 {
        let output = run(check);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("from schema version 1 to "), "{}", said(&output));
    }
    assert!(fs::read(&database).unwrap() == before, "it only looked");
    let output = run(["migrate", "--config", &config]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("was brought up to date: from schema version 1 to "), "{}", said(&output));
    let output = run(check);
    assert!(output.status.success() && said(&output).contains("is up to date"), "{}", said(&output));
    assert_eq!(all(&database).await.len(), 5);

    let mut newer = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql("INSERT INTO _sqlx_migrations VALUES (9999, 'of the future', 0, TRUE, x'00', 0)")
        .execute(&mut newer)
        .await
        .unwrap();
    newer.close().await.unwrap();
    for command in [&check[..], &["migrate", "--config", &config]] {
        let output = run(command.iter().copied());
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains("newer version of otter-service"), "{}", said(&output));
    }
}
