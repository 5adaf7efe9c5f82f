//! Launches.

use model::{AssignmentKey, UserName};
use serde_json::json;

use super::kit::{at, by, entry, key};
use crate::{records::LaunchRecord, store::Store};

fn user(name: &str) -> UserName {
    name.parse().unwrap()
}

fn launch(name: &str, key_text: Option<&str>, ms: i64) -> LaunchRecord {
    let data = json!({
        "lineitem": "https://lms.example.org/1?a=\u{0000}\"", "nested": [null, true, 0.1, -7], "at": ms,
    });
    LaunchRecord { user: user(name), key: key_text.map(key), at: at(ms), data }
}

pub(super) async fn the_last_launch_is_kept(store: &dyn Store) {
    let (ada, lab01) = (user("ada"), key("88e/1/lab01"));
    assert_eq!(store.launch(&ada, &lab01).await.unwrap(), None);
    assert_eq!(store.last_launch(&ada).await.unwrap(), None);
    for ms in [0, 10, 5] {
        store.put_launch(&launch("ada", Some("88e/1/lab01"), ms)).await.unwrap();
        store.put_launch(&launch("ada", None, ms + 100)).await.unwrap();
    }
    store.put_launch(&launch("ada", Some("88e/1/lab02"), 20)).await.unwrap();
    store.put_launch(&launch("bob", Some("88e/1/lab01"), 30)).await.unwrap();
    assert_eq!(store.launch(&ada, &lab01).await.unwrap(), Some(launch("ada", Some("88e/1/lab01"), 5)));
    assert_eq!(store.last_launch(&ada).await.unwrap(), Some(launch("ada", None, 105)));
    assert_eq!(store.last_launch(&user("bob")).await.unwrap(), None);
    assert_eq!(store.launch(&user("bob"), &key("88e/1/lab02")).await.unwrap(), None);
}

pub(super) async fn launches_are_read_in_pages_and_erased(store: &dyn Store) {
    // In the order in which they are to be read. Some of these characters sort otherwise where they are written as in
    // a URL, or by another language's rules.
    let all = [
        ("A", Some("88e/1/lab01")),
        ("a", None),
        ("a", Some("88/1/lab01")),
        ("a", Some("88e/1/lab01")),
        ("a", Some("88e/1/lab02")),
        ("a", Some("88e/10/lab01")),
        ("a b", None),
        ("a-b", None),
        ("a/b", Some("8x/1/lab01")),
        ("ab", None),
        ("a~b", Some("88e/1/lab01")),
        ("ä", None),
    ];
    let all = all.map(|(name, key)| launch(name, key, 0));
    for launch in all.iter().rev() {
        store.put_launch(launch).await.unwrap();
    }
    let (mut read, mut last): (Vec<LaunchRecord>, Option<(UserName, Option<AssignmentKey>)>) = (vec![], None);
    loop {
        let after = last.as_ref().map(|(user, key)| (user, key.as_ref()));
        let part = store.launches(after, 5).await.unwrap();
        let Some(end) = part.last() else { break };
        assert!(part.len() <= 5);
        last = Some((end.user.clone(), end.key.clone()));
        read.extend(part);
    }
    assert_eq!(read, all);
    assert_eq!(store.launches(None, 0).await.unwrap(), []);

    let erased = entry("erase", &by("a", "88e/1/lab01", 0).submission, 10);
    store.erase(&user("a"), &erased).await.unwrap();
    let left: Vec<_> = all.into_iter().filter(|launch| launch.user != user("a")).collect();
    assert_eq!(store.launches(None, 100).await.unwrap(), left);
    assert_eq!(store.last_launch(&user("a")).await.unwrap(), None);
}
