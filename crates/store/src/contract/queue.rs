//! Who gets which job, and when.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use model::{Fault, SubmissionId};

use super::kit::{
    LEASE, LEASE_MS, accepted, assert_idle, assert_queue, at, by, claim, finish, grading, report, worker,
};
use crate::{records::Retry, store::Store};

pub(super) async fn jobs_are_claimed_in_the_order_of_acceptance(store: &dyn Store) {
    assert_idle(store, 0).await;
    // The order is that of the ids, which is the order in time, whichever write came first.
    let third = accepted(store, "ada", "88e/1/lab01", 30).await;
    let first = accepted(store, "bob", "8x/1/lab01", 10).await;
    let second = accepted(store, "eve", "88e/2/lab09", 20).await;
    for expected in [first, second, third] {
        let job = claim(store, "w", 100).await;
        assert_eq!((job.submission, job.attempt), (expected, 1));
    }
    assert_idle(store, 100).await;
}

pub(super) async fn no_job_is_claimed_twice_while_leases_hold(store: &dyn Store) {
    let all: Vec<_> = (0..1000).map(|ms| by(&format!("user{}", ms % 40), "88e/1/lab01", ms)).collect();
    // Not all at once: the last would wait for a connection for longer than a server waits.
    for part in all.chunks(100) {
        let accepted = join_all(part.iter().map(|new| store.accept(new.clone()))).await;
        assert!(accepted.iter().all(Result::is_ok), "{accepted:?}");
    }

    let work = async |number: usize| {
        let (name, mut claimed) = (worker(&format!("w{number}")), vec![]);
        while let Some(job) = store.claim(&name, at(1000), LEASE).await.unwrap() {
            assert_eq!(job.lease.worker, name);
            claimed.push(job.submission.id);
            assert!(claimed.len() <= all.len(), "a job was claimed twice");
        }
        claimed
    };
    let claimed = join_all((0..8).map(work)).await;
    let claimed: Vec<SubmissionId> = claimed.into_iter().flatten().collect();
    assert_eq!(claimed.len(), 1000);
    let distinct: BTreeSet<_> = claimed.into_iter().collect();
    assert_eq!(distinct, all.iter().map(|new| new.submission.id).collect());
    assert_queue(store, 1000, 0, 1000).await;
}

pub(super) async fn a_job_that_is_not_due_is_not_claimed(store: &dyn Store) {
    let delayed = accepted(store, "ada", "88e/1/lab01", 0).await;
    let job = claim(store, "w", 10).await;
    let (fault, retry) = (Fault::passing("no memory"), Retry::At(at(5000)));
    store.record_fault(&job.lease, grading(20), &fault, retry).await.unwrap();
    assert_idle(store, 4999).await;

    let behind = accepted(store, "bob", "88e/1/lab01", 30).await;
    assert_eq!(claim(store, "w", 4999).await.submission, behind);
    assert_idle(store, 4999).await;
    assert_eq!(claim(store, "w", 5000).await.submission, delayed);
}

pub(super) async fn the_queue_counts_who_waits_and_who_works(store: &dyn Store) {
    assert_queue(store, 0, 0, 0).await;
    for ms in 0..4 {
        accepted(store, "ada", "88e/1/lab01", ms).await;
    }
    assert_queue(store, 10, 4, 0).await;
    let first = claim(store, "w", 10).await;
    claim(store, "w", 20).await;
    assert_queue(store, 20, 2, 2).await;
    // The first lease has run out: its job waits again.
    assert_queue(store, 10 + LEASE_MS, 3, 1).await;
    let retry = Retry::At(at(9_000_000));
    store.record_fault(&first.lease, grading(30), &Fault::passing("x"), retry).await.unwrap();
    assert_queue(store, 30, 3, 1).await;
    finish(store, &claim(store, "w", 40).await, &report(1.0, 1.0), model::GradePolicy::Latest, 50).await;
    assert_queue(store, 50, 2, 1).await;
}

pub(super) async fn the_store_is_ready(store: &dyn Store) {
    store.ready().await.unwrap();
    accepted(store, "ada", "88e/1/lab01", 0).await;
    store.ready().await.unwrap();
}
