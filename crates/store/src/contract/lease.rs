//! Who holds a job, and who does no longer.

use model::{Fault, GradePolicy, Step};

use super::kit::{
    LEASE, LEASE_MS, accepted, assert_idle, assert_lost, at, by, claim, events, finish, grading, gradings,
    own, points, report, status, steps, worker,
};
use crate::{
    records::{Lease, Retry, Status, WorkerId},
    store::Store,
};

pub(super) async fn an_expired_lease_is_taken_again_and_its_old_holder_refused(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let old = claim(store, "w1", 0).await;
    let new = claim(store, "w2", LEASE_MS).await;
    assert_eq!(new.submission, submission);
    assert_eq!((old.attempt, new.attempt), (1, 1));
    assert!(new.lease.token > old.lease.token);
    assert_lost(store, &old.lease, &submission, LEASE_MS + 1).await;

    // The same worker may be both: the token tells its holds apart.
    let newest = claim(store, "w2", 2 * LEASE_MS).await;
    assert_lost(store, &new.lease, &submission, 2 * LEASE_MS + 1).await;
    finish(store, &newest, &report(2.0, 2.0), GradePolicy::Latest, 2 * LEASE_MS + 2).await;
    let started = Step::Started { attempt: 1 };
    assert_eq!(steps(store, &submission).await[2..5], [started.clone(), started.clone(), started]);
    assert_eq!(gradings(store, &submission).await.len(), 1);
}

pub(super) async fn a_lease_lives_until_its_end_and_not_longer(store: &dyn Store) {
    accepted(store, "ada", "88e/1/lab01", 0).await;
    let job = claim(store, "w1", 100).await;
    assert_idle(store, 100 + LEASE_MS - 1).await;
    store.renew(&job.lease, at(1000), LEASE).await.unwrap();
    assert_idle(store, 1000 + LEASE_MS - 1).await;
    claim(store, "w2", 1000 + LEASE_MS).await;
}

pub(super) async fn a_lease_that_ran_out_is_still_good_while_nobody_took_the_job(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let job = claim(store, "w1", 0).await;
    let late = 5 * LEASE_MS;
    store.progress(&job.lease, at(late), vec![Step::Cell { cell: 1, of: 1 }]).await.unwrap();
    store.renew(&job.lease, at(late), LEASE).await.unwrap();
    assert_idle(store, late).await;
    finish(store, &job, &report(1.0, 1.0), GradePolicy::Latest, late + 2 * LEASE_MS).await;
    assert_eq!(status(store, &submission).await, Status::Graded);
}

pub(super) async fn only_the_very_lease_is_good(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let other = accepted(store, "bob", "88e/1/lab01", 1).await;
    let unclaimed = Lease { submission: other.id, worker: worker("w1"), token: 0 };
    let held = claim(store, "w1", 10).await.lease;
    let forged = [
        (Lease { worker: worker("w2"), ..held.clone() }, &submission),
        (Lease { token: held.token + 1, ..held.clone() }, &submission),
        (Lease { token: u64::MAX, ..held.clone() }, &submission),
        (Lease { submission: other.id, ..held.clone() }, &other),
        (unclaimed, &other),
        (Lease { submission: by("eve", "88e/1/lab01", 2).submission.id, ..held.clone() }, &other),
    ];
    for (lease, submission) in forged {
        assert_lost(store, &lease, submission, 20).await;
    }
    store.renew(&held, at(20), LEASE).await.unwrap();
}

pub(super) async fn a_released_job_begins_anew_and_no_attempt_is_counted(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    accepted(store, "bob", "88e/1/lab01", 1).await;
    let job = claim(store, "w1", 10).await;
    store.progress(&job.lease, at(11), vec![Step::Cell { cell: 1, of: 3 }]).await.unwrap();
    store.release(&job.lease, at(12)).await.unwrap();

    assert_eq!(status(store, &submission).await, Status::Queued);
    assert_eq!(store.position(&own(&submission), submission.id).await.unwrap(), Some(1));
    let last = events(store, &submission).await.pop().unwrap();
    assert_eq!((last.step, last.at), (Step::Released, at(12)));
    assert_lost(store, &job.lease, &submission, 13).await;

    // At once, and before what was accepted later.
    let again = claim(store, "w2", 12).await;
    assert_eq!((&again.submission, again.attempt), (&submission, 1));
    assert!(again.lease.token > job.lease.token);
    assert_lost(store, &job.lease, &submission, 14).await;
}

pub(super) async fn jobs_of_workers_that_are_gone_are_given_back(store: &dyn Store) {
    let mut all = vec![];
    for ms in 0..4 {
        all.push(accepted(store, "ada", "88e/1/lab01", ms).await);
    }
    let dead = claim(store, "host-a/1", 10).await;
    let alive = claim(store, "host-a/2", 10).await;
    let expired = claim(store, "host-a/1", 10 - LEASE_MS).await;
    let gone = |worker: &WorkerId| &*worker.0 == "host-a/1";

    assert_eq!(store.release_abandoned(&gone, at(20)).await.unwrap(), 2);
    let mut standing = vec![];
    for submission in &all {
        standing.push((status(store, submission).await, steps(store, submission).await.pop()));
    }
    let (queued, released) = (Status::Queued, Some(Step::Released));
    assert_eq!(standing[0], (queued, released.clone()));
    assert_eq!(standing[1], (Status::Grading, Some(Step::Started { attempt: 1 })));
    assert_eq!(standing[2], (queued, released));
    assert_eq!(standing[3], (queued, Some(Step::Queued { position: 4 })));

    assert_lost(store, &dead.lease, &all[0], 21).await;
    assert_lost(store, &expired.lease, &all[2], 21).await;
    store.renew(&alive.lease, at(21), LEASE).await.unwrap();
    assert_eq!(store.release_abandoned(&gone, at(22)).await.unwrap(), 0);
    let again = claim(store, "host-a/3", 20).await;
    assert_eq!((&again.submission, again.attempt), (&all[0], 1));
}

pub(super) async fn progress_is_kept_in_order(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let job = claim(store, "w", 10).await;
    let told = [
        vec![Step::Cell { cell: 1, of: 3 }],
        vec![],
        vec![
            Step::Cell { cell: 2, of: 3 },
            Step::Cell { cell: 3, of: 3 },
            Step::Question { name: "q1 \"ŷ\"".into(), score: points(0.1), max_score: points(0.3) },
        ],
    ];
    for (ms, steps) in (20..).zip(told.clone()) {
        store.progress(&job.lease, at(ms), steps).await.unwrap();
    }
    let events = events(store, &submission).await;
    let (kept, times): (Vec<_>, Vec<_>) = events[3..].iter().map(|e| (e.step.clone(), e.at)).unzip();
    assert_eq!(kept, told.concat());
    assert_eq!(times, [at(20), at(22), at(22), at(22)]);
}

pub(super) async fn a_finished_job_is_nobodys(store: &dyn Store) {
    let graded = accepted(store, "ada", "88e/1/lab01", 0).await;
    let job = claim(store, "w", 10).await;
    finish(store, &job, &report(1.0, 2.0), GradePolicy::Latest, 20).await;
    assert_lost(store, &job.lease, &graded, 30).await;

    let failed = accepted(store, "bob", "88e/1/lab01", 40).await;
    let job = claim(store, "w", 50).await;
    let fault = Fault::lasting("the autograder is broken");
    store.record_fault(&job.lease, grading(60), &fault, Retry::Never).await.unwrap();
    assert_lost(store, &job.lease, &failed, 70).await;

    assert_idle(store, 9 * LEASE_MS).await;
    assert_eq!(store.release_abandoned(&|_| true, at(80)).await.unwrap(), 0);
}
