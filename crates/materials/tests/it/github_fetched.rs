//! A course's repository on a stand-in for GitHub, as gradings use it.

use std::sync::Arc;

use crate::{
    folder::{bytes, key, zip},
    github::{Canned, Kind, Stand},
    scripted::{Disk, files, of},
    tar::github_tarball,
};

fn publish(stand: &Stand, digit: &str, content: &str) -> String {
    let (commit, files) = (digit.repeat(40), files(content));
    let files: Vec<_> = files.iter().map(|(path, content)| (*path, content.as_slice())).collect();
    stand.publish("main", &commit, github_tarball(&commit, &files));
    commit
}

#[tokio::test]
async fn a_thousand_gradings_download_nothing_and_looking_is_conditional() {
    let (stand, disk) = (Stand::start().await, Disk::new());
    publish(&stand, "1", "one");
    let remote = Arc::new(stand.remote());
    let fetched = disk.open(&remote);
    fetched.look().await.unwrap();
    let counts = || [Kind::Token, Kind::Newest, Kind::Tarball, Kind::Archive].map(|kind| stand.count(kind));
    assert_eq!(counts(), [1, 1, 1, 1]);
    for _ in 0..100 {
        fetched.look().await.unwrap();
    }
    assert_eq!((counts(), stand.unchanged()), ([1, 101, 1, 1], 100));
    let materials = of(fetched);
    for _ in 0..1000 {
        assert_eq!(bytes(&materials.autograder(&key("lab01")).unwrap()), zip("one"));
    }
    assert_eq!((counts(), stand.unchanged()), ([1, 101, 1, 1], 100));
}

#[tokio::test]
async fn a_push_replaces_what_is_used_and_trouble_does_not() {
    let (stand, disk) = (Stand::start().await, Disk::new());
    let first = publish(&stand, "1", "one");
    let remote = Arc::new(stand.remote());
    let fetched = disk.open(&remote);
    fetched.look().await.unwrap();
    let uses = |commit: &str| assert_eq!(fetched.commit().unwrap().as_str(), commit);

    stand.next(Kind::Newest, Canned::status(500));
    fetched.look().await.unwrap_err();
    assert!(fetched.problems()[0].contains(&format!("Grading goes on with commit {first}.")));
    uses(&first);

    stand.publish("main", &"2".repeat(40), github_tarball(&"2".repeat(40), &[("../../escape", b"x")]));
    for _ in 0..3 {
        fetched.look().await.unwrap();
        uses(&first);
    }
    assert_eq!(stand.count(Kind::Archive), 2, "a hostile archive is downloaded once");
    assert!(fetched.problems()[0].contains("is not used"), "{:?}", fetched.problems());

    let third = publish(&stand, "3", "two");
    fetched.look().await.unwrap();
    uses(&third);
    assert_eq!(fetched.problems(), [""; 0]);
}
