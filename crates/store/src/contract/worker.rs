//! Who works.

use model::{GradePolicy, Step};

use super::kit::{accepted, at, claim, entry, events, finish, report, staff, worker};
use crate::{records::WorkerRecord, store::Store};

pub(super) async fn workers_are_known_while_they_live(store: &dyn Store) {
    let of = |name: &str, seen: i64, jobs: u32| WorkerRecord {
        id: worker(name),
        version: "1.2.3".into(),
        jobs,
        started_at: at(0),
        seen_at: at(seen),
    };
    assert_eq!(store.workers().await.unwrap(), []);
    for one in [of("b", 0, 2), of("a", 0, 1), of("c", 0, 4), of("a", 50, 3)] {
        store.heartbeat(&one).await.unwrap();
    }
    assert_eq!(store.workers().await.unwrap(), [of("a", 50, 3), of("b", 0, 2), of("c", 0, 4)]);
    store.heartbeat(&of("c", 60, 4)).await.unwrap();
    // `c` ends, and `b` was silent for too long.
    store.goodbye(&worker("c"), at(50)).await.unwrap();
    assert_eq!(store.workers().await.unwrap(), [of("a", 50, 3)]);
    store.goodbye(&worker("nobody"), at(0)).await.unwrap();
    assert_eq!(store.workers().await.unwrap().len(), 1);
}

pub(super) async fn staff_see_who_was_at_work_and_users_do_not(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let job = claim(store, "host-a/7", 10).await;
    store.progress(&job.lease, at(11), vec![Step::Cell { cell: 1, of: 1 }]).await.unwrap();
    finish(store, &job, &report(1.0, 1.0), GradePolicy::Latest, 20).await;
    store.regrade(&staff(&submission), submission.id, &entry("regrade", &submission, 30)).await.unwrap();

    let (w, grace) = (Some("host-a/7"), Some("grace"));
    let seen = store.events(&staff(&submission), submission.id, 0).await.unwrap();
    let actors: Vec<_> = seen.iter().map(|event| event.actor.as_deref()).collect();
    assert_eq!(actors, [None, None, w, w, w, w, grace, grace]);
    assert!(events(store, &submission).await.iter().all(|event| event.actor.is_none()));
}
