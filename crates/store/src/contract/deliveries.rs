//! The outbox as it is listed, and what platforms and breakers need of it.

use jiff::Timestamp;
use model::{GradingId, Step};
use tokio::join;

use super::{
    kit::{DUE, LEASE_MS, at, entry, graded, own, page, staff, steps},
    passback::{next, of, settle, states},
};
use crate::{
    records::{
        Delivery, Effects, Outbox, PassbackJob, PassbackOutcome, PassbackRecord, PassbackState, Scope,
    },
    store::Store,
};

/// Deliveries in every state, for a user each: the newest last, as listed.
async fn of_all_states(store: &dyn Store) -> Vec<PassbackRecord> {
    let withheld = Effects { delivery: Delivery::Withheld, ..DUE };
    let mut submissions = vec![];
    for (ms, name, outcome) in [
        (0, "posted", Some(PassbackOutcome::Posted)),
        (100, "refused", Some(PassbackOutcome::Refused)),
        (200, "given_up", Some(PassbackOutcome::GivenUp)),
        (300, "sending", None),
    ] {
        submissions.push(graded(store, name, ms, 1.0, DUE).await);
        let job = next(store, "s", ms + 10).await.unwrap();
        if let Some(outcome) = outcome {
            settle(store, &job, ms + 20, outcome).await;
        }
    }
    submissions.push(graded(store, "pending", 400, 1.0, DUE).await);
    submissions.push(graded(store, "pending", 500, 2.0, DUE).await);
    submissions.push(graded(store, "withheld", 600, 1.0, withheld).await);
    let mut all = vec![];
    for submission in &submissions {
        all.extend(of(store, submission).await);
    }
    all.reverse();
    all
}

pub(super) async fn deliveries_are_listed_by_state_newest_first(store: &dyn Store) {
    let all = of_all_states(store).await;
    let found: Vec<_> = all.iter().map(|record| record.state).collect();
    let expected = [
        PassbackState::Withheld,
        PassbackState::Pending,
        PassbackState::Superseded,
        PassbackState::Sending,
        PassbackState::GivenUp,
        PassbackState::Refused,
        PassbackState::Posted,
    ];
    assert_eq!(found, expected);
    let course = Scope::Course("88e".parse().unwrap());
    let list = async |scope: &Scope, states: &[PassbackState], before: Option<GradingId>, limit| {
        store.deliveries(scope, states, page(before, limit)).await.unwrap()
    };
    assert_eq!(list(&course, &[], None, 100).await, all);
    let first = list(&course, &[], None, 3).await;
    assert_eq!(first, all[..3]);
    assert_eq!(list(&course, &[], Some(first[2].passback.grading), 3).await, all[3..6]);
    assert_eq!(list(&course, &[], None, 0).await, []);
    for record in &all {
        assert_eq!(list(&course, &[record.state], None, 100).await, std::slice::from_ref(record));
        let own = Scope::Own(record.passback.user.clone());
        assert_eq!(list(&own, &[record.state], None, 100).await, std::slice::from_ref(record));
    }
    let failed = [PassbackState::Refused, PassbackState::GivenUp];
    assert_eq!(list(&course, &failed, None, 100).await, all[4..6]);
    assert_eq!(list(&course, &failed, Some(all[4].passback.grading), 1).await, all[5..6]);
    assert_eq!(list(&Scope::Own("pending".parse().unwrap()), &[], None, 100).await, all[1..3]);
    for nobodys in [Scope::Course("8x".parse().unwrap()), Scope::Own("eve".parse().unwrap())] {
        assert_eq!(list(&nobodys, &[], None, 100).await, []);
    }
    let expected = Outbox { pending: 1, sending: 1, refused: 1, given_up: 1 };
    assert_eq!(store.outbox().await.unwrap(), expected);
}

pub(super) async fn stamps_grow_whatever_the_clocks_say(store: &dyn Store) {
    let stamp = |job: &PassbackJob| job.stamp;
    let first = graded(store, "ada", 0, 1.0, DUE).await;
    let job = next(store, "s1", 1000).await.unwrap();
    assert_eq!(stamp(&job), at(1000));
    assert_eq!(of(store, &first).await[0].stamp, Some(at(1000)));
    settle(store, &job, 1001, PassbackOutcome::Again(Timestamp::UNIX_EPOCH)).await;
    // A machine whose clock is behind, and one that tries again in the same millisecond.
    let job = next(store, "s2", 500).await.unwrap();
    assert_eq!(stamp(&job), at(1001));
    settle(store, &job, 501, PassbackOutcome::Posted).await;
    graded(store, "ada", 502, 2.0, DUE).await;
    let newer = next(store, "s2", 1001).await.unwrap();
    assert_eq!(stamp(&newer), at(1002), "a newer delivery for the same assignment");
    settle(store, &newer, 1002, PassbackOutcome::Refused).await;
    graded(store, "bob", 503, 2.0, DUE).await;
    let others = next(store, "s2", 900).await.unwrap();
    assert_eq!(stamp(&others), at(900), "others are apart");
    settle(store, &others, 901, PassbackOutcome::Posted).await;

    // What is copied goes on from there.
    for whole in store.wholes(None, None, 10).await.unwrap() {
        store.put_whole(&whole).await.unwrap();
    }
    let wish = entry("resend", &first, 800);
    assert!(store.resend(&staff(&first), newer.passback.grading, &wish).await.unwrap());
    assert_eq!(stamp(&next(store, "s", 900).await.unwrap()), at(1003));
}

pub(super) async fn a_try_that_was_postponed_does_not_count(store: &dyn Store) {
    let submission = graded(store, "ada", 0, 1.0, DUE).await;
    let job = next(store, "s", 10).await.unwrap();
    settle(store, &job, 11, PassbackOutcome::Again(at(20))).await;
    let told = steps(store, &submission).await;
    let sending = |attempt| Step::Sending { attempt };
    for ms in [20, 40, 60] {
        let job = next(store, "s", ms).await.unwrap();
        assert_eq!((job.attempt, job.since), (2, at(1)));
        let postponed = PassbackOutcome::Postponed(at(ms + 20));
        store.settle_passback(&job.lease, at(ms + 1), postponed, Some("the breaker is open")).await.unwrap();
        let kept = &of(store, &submission).await[0];
        assert_eq!(
            (kept.state, kept.attempts, kept.due_at, kept.words.as_deref()),
            (PassbackState::Pending, 1, at(ms + 20), Some("words"))
        );
        assert!(next(store, "s", ms + 19).await.is_none());
        assert_eq!(steps(store, &submission).await, [&told[..], &[sending(2)]].concat(), "told once");
    }
    // A try whose sender fell silent counts, and so is told.
    next(store, "s", 80).await.unwrap();
    let job = next(store, "s", 80 + LEASE_MS).await.unwrap();
    assert_eq!(job.attempt, 3);
    settle(store, &job, 81 + LEASE_MS, PassbackOutcome::Posted).await;
    let events = steps(store, &submission).await;
    assert_eq!(events[told.len()..], [sending(2), sending(3), Step::Posted]);

    // At the wish of staff it begins anew.
    let wish = entry("resend", &submission, LEASE_MS + 100);
    assert!(store.resend(&staff(&submission), job.passback.grading, &wish).await.unwrap());
    next(store, "s", LEASE_MS + 110).await.unwrap();
    assert_eq!(steps(store, &submission).await.pop(), Some(sending(1)));
}

pub(super) async fn a_try_that_was_postponed_gives_way_to_a_newer_grade(store: &dyn Store) {
    let first = graded(store, "ada", 0, 1.0, DUE).await;
    let job = next(store, "s", 10).await.unwrap();
    let second = graded(store, "ada", 20, 2.0, DUE).await;
    settle(store, &job, 30, PassbackOutcome::Postponed(at(30))).await;
    assert_eq!(states(store, &[&first, &second]).await, [PassbackState::Superseded, PassbackState::Pending]);
    assert_eq!(next(store, "s", 40).await.unwrap().passback.submission, second.id);
    let listed = store.deliveries(&own(&first), &[], page(None, 10)).await.unwrap();
    assert_eq!(listed.len(), 2);
}

/// The machine that grades may be ahead of the one where staff press the button.
pub(super) async fn a_wish_counts_as_later_than_its_grade_whatever_the_clocks_say(store: &dyn Store) {
    let withheld = Effects { delivery: Delivery::Withheld, ..DUE };
    let submission = graded(store, "ada", 500, 1.0, withheld).await;
    let kept = of(store, &submission).await.pop().unwrap().passback;
    assert!(
        store.resend(&staff(&submission), kept.grading, &entry("resend", &submission, 100)).await.unwrap()
    );
    let job = next(store, "s", 600).await.unwrap();
    assert!(job.since > kept.graded_at, "{} {}", job.since, kept.graded_at);
}

pub(super) async fn a_wish_and_a_new_grade_at_once_end_with_the_new_one(store: &dyn Store) {
    for round in 0..8 {
        let (user, ms) = (format!("user{round}"), round * 1000);
        let old = graded(store, &user, ms, 1.0, DUE).await;
        let job = next(store, "s", ms + 10).await.unwrap();
        settle(store, &job, ms + 11, PassbackOutcome::Posted).await;
        let wish = entry("resend", &old, ms + 20);
        let scope = staff(&old);
        let (_, new) = join!(
            async { store.resend(&scope, job.passback.grading, &wish).await.unwrap() },
            graded(store, &user, ms + 20, 2.0, DUE),
        );
        let mut sent = vec![];
        while let Some(job) = next(store, "s", ms + 30).await {
            sent.push(job.passback.submission);
            settle(store, &job, ms + 31, PassbackOutcome::Posted).await;
        }
        assert_eq!(sent, [new.id], "never an old one after a newer one");
    }
}
