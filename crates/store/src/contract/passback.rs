//! The outbox.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use model::{Step, Submission};

use super::kit::{
    DUE, LEASE, LEASE_MS, at, claim, entry, graded, grading, own, page, points, report, staff, steps, worker,
};
use crate::{
    error::LeaseError,
    records::{Delivery, Effects, PassbackJob, PassbackOutcome, PassbackRecord, PassbackState, Scope},
    store::Store,
};

pub(super) async fn next(store: &dyn Store, name: &str, ms: i64) -> Option<PassbackJob> {
    store.claim_passback(&worker(name), at(ms), LEASE).await.unwrap()
}

pub(super) async fn settle(store: &dyn Store, job: &PassbackJob, ms: i64, outcome: PassbackOutcome) {
    store.settle_passback(&job.lease, at(ms), outcome, Some("words")).await.unwrap();
}

pub(super) async fn of(store: &dyn Store, submission: &Submission) -> Vec<PassbackRecord> {
    store.passbacks(&own(submission), submission.id).await.unwrap()
}

pub(super) async fn states(store: &dyn Store, submissions: &[&Submission]) -> Vec<PassbackState> {
    let mut states = vec![];
    for submission in submissions {
        states.extend(of(store, submission).await.iter().map(|record| record.state));
    }
    states
}

pub(super) async fn a_new_grade_is_delivered_once(store: &dyn Store) {
    assert!(next(store, "s", 0).await.is_none());
    let submission = graded(store, "ada", 0, 3.0, DUE).await;
    let job = next(store, "s", 10).await.unwrap();
    let kept = &of(store, &submission).await[0];
    assert_eq!(job.passback, kept.passback);
    assert_eq!((job.attempt, kept.state, kept.attempts), (1, PassbackState::Sending, 1));
    assert_eq!((job.passback.score, job.passback.max_score, job.passback.seq), (points(3.0), points(4.0), 1));
    assert_eq!((&job.passback.user, &job.passback.key), (&submission.user, &submission.key));
    assert!(next(store, "s", 11).await.is_none());
    settle(store, &job, 12, PassbackOutcome::Posted).await;
    let kept = &of(store, &submission).await[0];
    assert_eq!(
        (kept.state, kept.words.as_deref(), kept.changed_at),
        (PassbackState::Posted, Some("words"), at(12))
    );
    assert_eq!(steps(store, &submission).await[5..], [Step::Sending { attempt: 1 }, Step::Posted]);
    assert!(next(store, "s", 9 * LEASE_MS).await.is_none());

    let nowhere = Effects { delivery: Delivery::Nowhere, ..DUE };
    let silent = graded(store, "bob", 20, 3.0, nowhere).await;
    assert_eq!(of(store, &silent).await, []);
    let others = Scope::Own("bob".parse().unwrap());
    assert_eq!(store.passbacks(&others, submission.id).await.unwrap(), [], "others see nothing");
    assert_eq!(store.passbacks(&staff(&submission), submission.id).await.unwrap().len(), 1);
}

pub(super) async fn only_the_newest_grade_is_sent(store: &dyn Store) {
    let first = graded(store, "ada", 0, 1.0, DUE).await;
    let second = graded(store, "ada", 10, 2.0, DUE).await;
    let third = graded(store, "ada", 20, 3.0, DUE).await;
    let job = next(store, "s", 30).await.unwrap();
    assert_eq!((job.passback.submission, job.passback.seq), (third.id, 3));
    settle(store, &job, 31, PassbackOutcome::Posted).await;
    assert!(next(store, "s", 9 * LEASE_MS).await.is_none());
    let expected = [PassbackState::Superseded, PassbackState::Superseded, PassbackState::Posted];
    assert_eq!(states(store, &[&first, &second, &third]).await, expected);
}

pub(super) async fn while_one_is_sent_the_newer_waits(store: &dyn Store) {
    let first = graded(store, "ada", 0, 1.0, DUE).await;
    let sending = next(store, "s1", 10).await.unwrap();
    let second = graded(store, "ada", 20, 2.0, DUE).await;
    assert!(next(store, "s2", 30).await.is_none(), "never two at once for one user and assignment");
    let other = graded(store, "bob", 31, 2.0, DUE).await;
    assert_eq!(next(store, "s2", 40).await.unwrap().passback.submission, other.id);
    settle(store, &sending, 50, PassbackOutcome::Posted).await;
    let newer = next(store, "s2", 60).await.unwrap();
    assert_eq!(newer.passback.submission, second.id);
    settle(store, &newer, 70, PassbackOutcome::Posted).await;
    assert_eq!(states(store, &[&first, &second]).await, [PassbackState::Posted; 2]);
}

pub(super) async fn a_failed_try_comes_again_unless_something_newer_waits(store: &dyn Store) {
    let first = graded(store, "ada", 0, 1.0, DUE).await;
    let job = next(store, "s", 10).await.unwrap();
    settle(store, &job, 20, PassbackOutcome::Again(at(1000))).await;
    assert!(next(store, "s", 999).await.is_none());
    assert_eq!(steps(store, &first).await.pop(), Some(Step::NotPosted { retry_at: at(1000) }));
    let again = next(store, "s", 1000).await.unwrap();
    assert_eq!((again.attempt, again.since), (2, job.since));
    let second = graded(store, "ada", 1001, 2.0, DUE).await;
    settle(store, &again, 1010, PassbackOutcome::Again(at(1011))).await;
    assert_eq!(states(store, &[&first, &second]).await, [PassbackState::Superseded, PassbackState::Pending]);
    let newer = next(store, "s", 1020).await.unwrap();
    assert_eq!(newer.passback.submission, second.id);
    settle(store, &newer, 1030, PassbackOutcome::GivenUp).await;
    assert_eq!(steps(store, &second).await.pop(), Some(Step::NotAccepted));
    assert!(next(store, "s", 9 * LEASE_MS).await.is_none());
}

pub(super) async fn a_lost_hold_on_a_delivery_settles_nothing(store: &dyn Store) {
    let first = graded(store, "ada", 0, 1.0, DUE).await;
    let old = next(store, "s1", 10).await.unwrap();
    assert!(next(store, "s2", 10 + LEASE_MS - 1).await.is_none());
    let new = next(store, "s2", 10 + LEASE_MS).await.unwrap();
    assert_eq!((new.attempt, new.passback.submission), (2, first.id));
    let lost = store.settle_passback(&old.lease, at(LEASE_MS), PassbackOutcome::Refused, None).await;
    assert!(matches!(lost, Err(LeaseError::Lost)), "{lost:?}");
    settle(store, &new, LEASE_MS + 20, PassbackOutcome::Posted).await;
    assert_eq!(states(store, &[&first]).await, [PassbackState::Posted]);

    // A holder that fell silent gives way to a newer grade at once when its time is over, and for good.
    let silent = graded(store, "bob", 100, 1.0, DUE).await;
    let lost = next(store, "s1", 200).await.unwrap();
    let newer = graded(store, "bob", 300, 2.0, DUE).await;
    let job = next(store, "s2", 200 + LEASE_MS).await.unwrap();
    assert_eq!(job.passback.submission, newer.id);
    let late = store.settle_passback(&lost.lease, at(300 + LEASE_MS), PassbackOutcome::Posted, None).await;
    assert!(matches!(late, Err(LeaseError::Lost)), "{late:?}");
    assert_eq!(states(store, &[&silent, &newer]).await, [PassbackState::Superseded, PassbackState::Sending]);
}

pub(super) async fn eight_senders_never_send_one_twice(store: &dyn Store) {
    let mut newest = BTreeSet::new();
    for user in 0..20 {
        for round in 0..3 {
            let submission = graded(store, &format!("user{user}"), user * 10 + round, 1.0, DUE).await;
            if round == 2 {
                newest.insert(submission.id);
            }
        }
    }
    let work = async |number: usize| {
        let mut done = vec![];
        while let Some(job) = next(store, &format!("s{number}"), 1000).await {
            done.push(job.passback.submission);
            settle(store, &job, 1001, PassbackOutcome::Posted).await;
        }
        done
    };
    let sent: Vec<_> = join_all((0..8).map(work)).await.into_iter().flatten().collect();
    assert_eq!(sent.len(), 20);
    assert_eq!(sent.into_iter().collect::<BTreeSet<_>>(), newest);
}

pub(super) async fn what_was_refused_given_up_or_withheld_is_sent_again_on_wish(store: &dyn Store) {
    let withheld = Effects { delivery: Delivery::Withheld, ..DUE };
    let first = graded(store, "ada", 0, 1.0, withheld).await;
    assert!(next(store, "s", 10).await.is_none());
    let kept = of(store, &first).await.pop().unwrap();
    assert_eq!(kept.state, PassbackState::Withheld);
    let id = kept.passback.grading;

    let elsewhere = Scope::Course("8x".parse().unwrap());
    assert!(!store.resend(&elsewhere, id, &entry("resend", &first, 20)).await.unwrap());
    assert!(store.resend(&staff(&first), id, &entry("resend", &first, 20)).await.unwrap());
    assert!(
        !store.resend(&staff(&first), id, &entry("resend", &first, 21)).await.unwrap(),
        "it waits already"
    );
    for (ms, outcome) in
        (30..).zip([PassbackOutcome::Refused, PassbackOutcome::GivenUp, PassbackOutcome::Posted])
    {
        let job = next(store, "s", ms * 10).await.unwrap();
        assert_eq!(job.attempt, 1, "each wish begins anew");
        settle(store, &job, ms * 10 + 1, outcome).await;
        assert!(store.resend(&staff(&first), id, &entry("resend", &first, ms * 10 + 2)).await.unwrap());
        let waits = store.passbacks(&staff(&first), first.id).await.unwrap().pop().unwrap();
        assert_eq!(waits.words, None, "what was said is said of the try before");
    }
    assert_eq!(store.audits(None, page(None, 10)).await.unwrap().len(), 4);

    // Never an old one after a newer one.
    let job = next(store, "s", 1000).await.unwrap();
    settle(store, &job, 1001, PassbackOutcome::Refused).await;
    let newer = graded(store, "ada", 2000, 2.0, withheld).await;
    assert_eq!(
        states(store, &[&first, &newer]).await,
        [PassbackState::Superseded, PassbackState::Withheld],
        "who looks for what is to be sent again does not meet it"
    );
    assert!(!store.resend(&staff(&first), id, &entry("resend", &first, 2010)).await.unwrap());
    let newest = graded(store, "ada", 3000, 3.0, DUE).await;
    assert_eq!(states(store, &[&newer, &newest]).await, [PassbackState::Superseded, PassbackState::Pending]);
}

pub(super) async fn a_grade_that_says_the_same_is_not_sent_again(store: &dyn Store) {
    let submission = graded(store, "ada", 0, 3.0, DUE).await;
    settle(store, &next(store, "s", 10).await.unwrap(), 11, PassbackOutcome::Posted).await;
    for (ms, score, sent) in [(20, 3.0, false), (40, 2.0, true)] {
        let wish = entry("regrade", &submission, ms);
        store.regrade(&staff(&submission), submission.id, &wish).await.unwrap();
        let job = claim(store, "w", ms + 1).await;
        store.record_report(&job.lease, grading(ms + 2), &report(score, 4.0), None, DUE).await.unwrap();
        let job = next(store, "s", ms + 3).await;
        assert_eq!(job.is_some(), sent, "a grade of {score}");
    }
}
