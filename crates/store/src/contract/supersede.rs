//! Submissions that give way to newer ones of the same user.

use model::{Step, Submission};

use super::kit::{LEASE_MS, accepted, assert_idle, at, by, claim, own, status, steps};
use crate::{
    records::{NewSubmission, Status},
    store::Store,
};

async fn superseding(store: &dyn Store, user: &str, key: &str, ms: i64) -> (Submission, Vec<Submission>) {
    let new = NewSubmission { supersedes: true, ..by(user, key, ms) };
    let submission = new.submission.clone();
    let mut superseded = vec![];
    for id in store.accept(new).await.unwrap().superseded {
        superseded.push(store.submission(&own(&submission), id).await.unwrap().unwrap().submission);
    }
    (submission, superseded)
}

pub(super) async fn what_waits_is_superseded_by_a_newer_submission(store: &dyn Store) {
    let first = accepted(store, "ada", "88e/1/lab01", 0).await;
    let second = accepted(store, "ada", "88e/1/lab01", 1).await;
    assert_eq!(status(store, &first).await, Status::Queued, "without the wish nothing is superseded");
    let (third, superseded) = superseding(store, "ada", "88e/1/lab01", 2).await;
    assert_eq!(superseded, [first.clone(), second.clone()]);
    for older in [&first, &second] {
        assert_eq!(status(store, older).await, Status::Superseded);
        assert_eq!(steps(store, older).await.pop(), Some(Step::Superseded { newer: third.id }));
        assert_eq!(store.position(&own(older), older.id).await.unwrap(), None);
        assert!(store.notebook(&own(older), older.id).await.unwrap().is_some(), "it is kept all the same");
    }
    assert_eq!(claim(store, "w", 10).await.submission, third);
    assert_idle(store, 10 + LEASE_MS - 1).await;
}

pub(super) async fn what_was_ever_taken_is_not_superseded(store: &dyn Store) {
    let running = accepted(store, "ada", "88e/1/lab01", 0).await;
    let released = accepted(store, "ada", "88e/1/lab01", 1).await;
    claim(store, "w", 10).await;
    let lease = claim(store, "w", 10).await.lease;
    store.release(&lease, at(11)).await.unwrap();
    let (_, superseded) = superseding(store, "ada", "88e/1/lab01", 20).await;
    assert_eq!(superseded, []);
    assert_eq!(status(store, &running).await, Status::Grading);
    assert_eq!(status(store, &released).await, Status::Queued);
}

pub(super) async fn only_the_same_assignment_of_the_same_user_is_superseded(store: &dyn Store) {
    let places =
        [("bob", "88e/1/lab01"), ("ada", "88e/2/lab01"), ("ada", "88e/1/lab02"), ("ada", "8x/1/lab01")];
    let mut others = vec![];
    for (user, key) in places {
        others.push(accepted(store, user, key, 0).await);
    }
    let (_, superseded) = superseding(store, "ada", "88e/1/lab01", 1).await;
    assert_eq!(superseded, []);
    for other in &others {
        assert_eq!(status(store, other).await, Status::Queued);
    }
}

pub(super) async fn an_older_submission_supersedes_nothing_newer(store: &dyn Store) {
    let newer = accepted(store, "ada", "88e/1/lab01", 10).await;
    let (older, superseded) = superseding(store, "ada", "88e/1/lab01", 5).await;
    assert_eq!(superseded, []);
    assert_eq!(status(store, &newer).await, Status::Queued);
    assert_eq!(status(store, &older).await, Status::Queued);
}
