//! Files.

use std::{fs, path::Path, time::Duration};

use model::ambient::{Clock, SystemClock};
use passback::{CsvDrop, Destination, GradeToSend, Verdict};
use tempfile::TempDir;

use crate::support::grade;

async fn posted(drop: &CsvDrop, grade: &GradeToSend) {
    let verdict = drop.send(grade).await;
    assert_eq!(verdict, Verdict::Posted { words: "In 88e/1/lab01.csv.".into() });
}

fn drop_in(folder: &Path) -> CsvDrop {
    CsvDrop::new(folder.to_owned(), &of("ada", 1.0, "2026-11-23T12:00:00Z").key)
}

fn rows(folder: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(folder.join("88e/1/lab01.csv")).unwrap();
    let told = |row: csv::StringRecord| {
        assert_eq!(&row[3], "2026-11-23T11:00:00.000Z", "when it was graded, whenever it was sent");
        [0, 1, 2, 6].map(|column| row[column].to_owned()).into()
    };
    reader.records().map(|row| told(row.unwrap())).collect()
}

fn of(user: &str, score: f64, stamp: &str) -> GradeToSend {
    GradeToSend { user: user.parse().unwrap(), ..grade(score, 4.0, stamp.parse().unwrap()) }
}

#[tokio::test]
async fn the_newest_grade_of_each_user() {
    let folder = TempDir::new().unwrap();
    let drop = drop_in(folder.path());
    posted(&drop, &of("bob", 1.0, "2026-11-23T12:00:00Z")).await;
    posted(&drop, &of("ada", 2.5, "2026-11-23T12:00:02Z")).await;
    posted(&drop, &of("ada", 4.0, "2026-11-23T12:00:01Z")).await;
    posted(&drop, &of("=1+1, \"x\"", 3.0, "2026-11-23T12:00:03Z")).await;
    posted(&drop, &of("=1+1, \"x\"", 3.5, "2026-11-23T12:00:04Z")).await;
    let expected = [
        ["'=1+1, \"x\"", "3.5", "4", "2026-11-23T12:00:04.000Z"],
        ["ada", "2.5", "4", "2026-11-23T12:00:02.000Z"],
        ["bob", "1", "4", "2026-11-23T12:00:00.000Z"],
    ];
    assert_eq!(rows(folder.path()), expected);
    let mut left: Vec<_> =
        fs::read_dir(folder.path().join("88e/1")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".lab01.csv.lock", "lab01.csv"], "nothing else is left there");
}

#[tokio::test]
async fn many_at_once_lose_none() {
    let folder = TempDir::new().unwrap();
    let mut sends = tokio::task::JoinSet::new();
    for user in 0..20 {
        // As different processes have them.
        let drop = drop_in(folder.path());
        let grade = of(&format!("user{user}"), 1.0, "2026-11-23T12:00:00Z");
        sends.spawn(async move { posted(&drop, &grade).await });
    }
    sends.join_all().await;
    assert_eq!(rows(folder.path()).len(), 20);
}

#[tokio::test]
async fn what_is_not_ours_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let drop = drop_in(folder.path());
    let file = folder.path().join("88e/1/lab01.csv");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "name,grade\nada,1\n").unwrap();
    let verdict = drop.send(&grade(1.0, 1.0, SystemClock.now() + Duration::from_secs(1))).await;
    assert!(
        matches!(&verdict, Verdict::Again { words, .. } if words.contains("move it away")),
        "{verdict:?}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), "name,grade\nada,1\n");
}
