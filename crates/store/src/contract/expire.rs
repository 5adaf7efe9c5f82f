//! What is removed: by age, and at a user's wish.

use model::{Fault, GradePolicy};

use super::kit::{
    accepted, assert_idle, assert_queue, at, claim, entry, events, finish_executed, grade, grading, gradings,
    own, page, record, report, staff, worker,
};
use crate::{
    error::LeaseError,
    records::{Delivery, Effects, Expired, Filter, Retention, Retry, Scope, Status},
    store::Store,
};

pub(super) async fn old_notebooks_and_events_go_and_grades_stay(store: &dyn Store) {
    let mut all = vec![];
    for ms in [0, 1, 2, 5000] {
        let submission = accepted(store, &format!("user{ms}"), "88e/1/lab01", ms).await;
        finish_executed(store, &claim(store, "w", 10_000).await, b"{\"run\": 1}", 20_000).await;
        all.push(submission);
    }
    let before = Retention { notebooks_before: Some(at(2)), events_before: None };
    assert_eq!(store.expire(before, 1).await.unwrap(), Expired { notebooks: 1, events: 0 });
    assert_eq!(store.expire(before, 10).await.unwrap(), Expired { notebooks: 1, events: 0 });
    assert_eq!(store.expire(before, 10).await.unwrap(), Expired::default());
    for (submission, is_kept) in all.iter().zip([false, false, true, true]) {
        let (own, id) = (own(submission), submission.id);
        assert_eq!(store.notebook(&own, id).await.unwrap().is_some(), is_kept);
        assert_eq!(store.executed(&own, id).await.unwrap().is_some(), is_kept);
        assert_eq!(gradings(store, submission).await[0].has_executed, is_kept);
        assert_eq!(events(store, submission).await.len(), 5);
        assert_eq!(record(store, submission).await.status, Status::Graded);
        assert_eq!(grade(store, submission).await.unwrap().submission, id);
    }
    let both = Retention { notebooks_before: Some(at(3)), events_before: Some(at(5000)) };
    assert_eq!(store.expire(both, 10).await.unwrap(), Expired { notebooks: 1, events: 3 });
    let left: Vec<_> = futures_util::future::join_all(all.iter().map(|one| events(store, one))).await;
    assert!(left.iter().map(Vec::len).eq([0, 0, 0, 5]), "{left:?}");
    assert!(grade(store, &all[0]).await.is_some());
    assert_eq!(store.expire(Retention::default(), 10).await.unwrap(), Expired::default());
}

pub(super) async fn what_is_not_finished_is_kept(store: &dyn Store) {
    let waiting = accepted(store, "ada", "88e/1/lab01", 1).await;
    let running = accepted(store, "bob", "88e/1/lab01", 0).await;
    claim(store, "w", 10).await;
    let all = Retention { notebooks_before: Some(at(9_000_000)), events_before: Some(at(9_000_000)) };
    assert_eq!(store.expire(all, 10).await.unwrap(), Expired::default());
    for submission in [&waiting, &running] {
        assert!(store.notebook(&own(submission), submission.id).await.unwrap().is_some());
    }
    // One that is set aside is finished.
    let job = claim(store, "w", 20).await;
    store.record_fault(&job.lease, grading(30), &Fault::lasting("x"), Retry::Never).await.unwrap();
    assert_eq!(store.expire(all, 10).await.unwrap(), Expired { notebooks: 1, events: 1 });
}

pub(super) async fn a_users_data_go_as_a_whole_and_the_trail_stays(store: &dyn Store) {
    let mut ada = vec![];
    for (ms, key) in [(0, "88e/1/lab01"), (1, "88e/1/lab02"), (2, "8x/1/lab01")] {
        ada.push(accepted(store, "ada", key, ms).await);
    }
    let bob = accepted(store, "bob", "88e/1/lab01", 3).await;
    let effects = Effects { policy: GradePolicy::Latest, delivery: Delivery::Due };
    for _ in 0..4 {
        let job = claim(store, "w", 10).await;
        let report = report(1.0, 1.0);
        let done = store.record_report(&job.lease, grading(20), &report, Some(b"{}"), effects);
        done.await.unwrap();
    }
    ada.push(accepted(store, "ada", "88e/1/lab01", 30).await);

    let erased = entry("erase", &ada[0], 40);
    assert_eq!(store.erase(&ada[0].user, &erased).await.unwrap(), 4);
    for submission in &ada {
        for scope in [own(submission), staff(submission)] {
            assert_eq!(store.submission(&scope, submission.id).await.unwrap(), None);
            assert_eq!(store.notebook(&scope, submission.id).await.unwrap(), None);
            assert_eq!(store.events(&scope, submission.id, 0).await.unwrap(), []);
            assert_eq!(store.passbacks(&scope, submission.id).await.unwrap(), []);
        }
        assert_eq!(grade(store, submission).await, None);
    }
    assert_eq!(store.wholes(Some(&ada[0].user), None, 10).await.unwrap(), []);
    let others = store
        .submissions(&Scope::Course("88e".parse().unwrap()), &Filter::All, page(None, 10))
        .await
        .unwrap();
    assert_eq!(others.len(), 1, "what is not the user's stays");
    assert_eq!(grade(store, &bob).await.unwrap().submission, bob.id);
    assert_eq!(store.audits(None, page(None, 10)).await.unwrap(), std::slice::from_ref(&erased));
    assert_queue(store, 50, 0, 0).await;
    let sent = store.claim_passback(&worker("w"), at(60), super::kit::LEASE).await.unwrap().unwrap();
    assert_eq!(sent.passback.user, bob.user);
    assert!(store.claim_passback(&worker("w"), at(60), super::kit::LEASE).await.unwrap().is_none());
    assert_eq!(store.erase(&ada[0].user, &erased).await.unwrap(), 0, "again is nothing more");
}

pub(super) async fn a_job_that_is_erased_while_it_is_graded_is_lost(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let job = claim(store, "w", 10).await;
    store.erase(&submission.user, &entry("erase", &submission, 20)).await.unwrap();
    let effects = Effects { policy: GradePolicy::Latest, delivery: Delivery::Due };
    let done = store.record_report(&job.lease, grading(30), &report(1.0, 1.0), None, effects).await;
    assert!(matches!(done, Err(LeaseError::Lost)), "{done:?}");
    assert_eq!(grade(store, &submission).await, None);
    assert_idle(store, 40).await;
}
