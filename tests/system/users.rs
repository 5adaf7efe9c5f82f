//! `user export` and `user erase`.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Output, Stdio},
};

use serde_json::Value;
use store::{Page, SqliteStore, Store, contract::kit::LEASE_MS};

use crate::{
    filled::fill,
    support::{program, run, said},
};

/// Answers the question.
fn erase(store: &str, user: &str, typed: &str) -> Output {
    let mut child = program()
        .args(["user", "erase", user, "--store", store])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

async fn audits(database: &Path) -> Vec<(String, Option<String>)> {
    let store = SqliteStore::open(database).await.unwrap();
    let entries = store.audits(None, Page { before: None, limit: 10 }).await.unwrap();
    store.close().await;
    let mut noted: Vec<_> = entries.into_iter().map(|entry| (entry.action, entry.detail)).collect();
    noted.sort();
    noted
}

#[tokio::test]
async fn all_of_a_user_is_handed_out_and_of_nobody_else() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("otter.sqlite");
    let store = format!("sqlite:{}", database.display());
    fill(&database).await;
    let (folder, zip) = (dir.path().join("out/ada"), dir.path().join("out/ada.zip"));
    for to in [&folder, &zip] {
        let output = run(["user", "export", "ada", "--store", &store, "--to", to.to_str().unwrap()]);
        assert!(output.status.success(), "{}", said(&output));
        assert!(said(&output).contains("3 submissions of ada's"), "{}", said(&output));
        assert_eq!(fs::metadata(to).unwrap().permissions().mode() & 0o077, 0);
        let again = run(["user", "export", "ada", "--store", &store, "--to", to.to_str().unwrap()]);
        assert_eq!(again.status.code(), Some(2));
        assert!(said(&again).contains("is there already"), "{}", said(&again));
    }
    let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let index: Value = serde_json::from_str(&read("index.json")).unwrap();
    let mut files: BTreeSet<String> =
        ["index.json", "audit.json", "launches.json", "tokens.json"].map(String::from).into();
    for one in index["submissions"].as_array().unwrap() {
        let id = one["id"].as_str().unwrap();
        let told: Value = serde_json::from_str(&read(&format!("{id}/submission.json"))).unwrap();
        assert_eq!(told["submission"]["user"], "ada");
        assert!(!told["events"].as_array().unwrap().is_empty());
        assert_eq!(told["gradings"][0]["report"]["questions"][0]["name"], "q1");
        assert_eq!(told["grade"]["score"], 1.0);
        assert!(read(&format!("{id}/notebook.ipynb")).contains(r#""by": "ada""#));
        files.extend(one["files"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()));
    }
    assert_eq!(files.iter().filter(|name| name.contains("executed-")).count(), 1);
    assert!(read("audit.json").contains("regrade"));
    assert_eq!(read("launches.json").matches("\"lineitem\"").count(), 2);
    assert!(read("tokens.json").contains("gradebook") && !read("tokens.json").contains("hash"));
    let mut archive = zip::ZipArchive::new(File::open(&zip).unwrap()).unwrap();
    assert_eq!(archive.file_names().map(|name| name.unwrap().into_owned()).collect::<BTreeSet<_>>(), files);
    for name in files.iter().filter(|name| name.ends_with("ipynb")) {
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, read(name));
    }

    let noted = audits(&database).await;
    assert_eq!(noted.iter().filter(|(action, _)| action == "export").count(), 2);
    assert!(noted.contains(&("export".to_owned(), Some("3 submissions".to_owned()))), "{noted:?}");
    let nobody = dir.path().join("out/nobody");
    let output = run(["user", "export", "nobody", "--store", &store, "--to", nobody.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(!nobody.exists());
}

#[tokio::test]
async fn a_user_is_erased_when_somebody_means_it_and_the_others_stay() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("otter.sqlite");
    let store = format!("sqlite:{}", database.display());
    fill(&database).await;
    let of = async |user: &str| {
        let store = SqliteStore::open(&database).await.unwrap();
        let count = store.wholes(Some(&user.parse().unwrap()), None, 10).await.unwrap().len();
        let waiting = store.queue(store::contract::kit::at(2 * LEASE_MS)).await.unwrap().waiting;
        store.close().await;
        (count, waiting)
    };
    for typed in ["", "\n", "yes\n", "Ada\n"] {
        let output = erase(&store, "ada", typed);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        for part in [
            "3 submissions, 1 of them not graded",
            "3 grades",
            "2 launches from a learning platform, 1 tokens",
            "Nothing was erased.",
        ] {
            assert!(said(&output).contains(part), "{part} is not in {}", said(&output));
        }
    }
    assert_eq!(of("ada").await, (3, 2));
    let output = erase(&store, "ada", "ada\n");
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!((of("ada").await, of("eve").await, of("bob").await), ((0, 1), (2, 1), (1, 1)));
    let output = run(["user", "erase", "bob", "--yes", "--store", &store]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(of("bob").await, (0, 1));

    let output = erase(&store, "ada", "ada\n");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("has nothing of ada's"), "{}", said(&output));
    let noted = audits(&database).await;
    let actions: Vec<_> = noted.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["erase", "erase", "regrade"]);
}
