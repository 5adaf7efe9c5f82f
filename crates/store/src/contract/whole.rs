//! Submissions with all that belongs to them: copying, and handing a user's data out.

use model::{Fault, GradePolicy, Step};

use super::kit::{
    DUE, accepted, at, by, claim, entry, finish_executed, grade, graded, grading, only, own, record, report,
    staff, worker,
};
use crate::{
    records::{Effects, JobState, PassbackOutcome, Retry, Status, Whole},
    store::Store,
};

/// Submissions in every state, each with what may belong to it.
async fn of_all_kinds(store: &dyn Store) {
    // The delivery of the worse one is named by the grading by which the better one gave way to it.
    let best = Effects { policy: GradePolicy::Best, ..DUE };
    let worse = graded(store, "fay", 6, 2.0, best).await;
    let better = graded(store, "fay", 7, 3.0, best).await;
    store.regrade(&staff(&better), better.id, &entry("regrade", &better, 8)).await.unwrap();
    let job = claim(store, "w", 8).await;
    store.record_report(&job.lease, grading(8), &report(1.0, 4.0), None, best).await.unwrap();
    let sent = store.claim_passback(&worker("w"), at(9), super::kit::LEASE).await.unwrap().unwrap();
    assert_eq!(sent.passback.submission, worse.id);
    store.settle_passback(&sent.lease, at(9), PassbackOutcome::Posted, None).await.unwrap();

    accepted(store, "ada", "88e/1/lab01", 0).await;
    finish_executed(store, &claim(store, "w", 10).await, b"{\"run\": true}", 20).await;

    let again = accepted(store, "ada", "88e/1/lab02", 1).await;
    let job = claim(store, "w", 30).await;
    store.record_report(&job.lease, grading(40), &report(1.0, 3.0), None, DUE).await.unwrap();
    let sent = store.claim_passback(&worker("w"), at(50), super::kit::LEASE).await.unwrap().unwrap();
    let words = Some("403 \"past due\"");
    store.settle_passback(&sent.lease, at(60), PassbackOutcome::Refused, words).await.unwrap();
    store.regrade(&staff(&again), again.id, &entry("regrade", &again, 70)).await.unwrap();

    accepted(store, "bob", "88e/1/lab01", 2).await;
    let job = claim(store, "w", 80).await;
    store.record_fault(&job.lease, grading(90), &Fault::lasting("broken"), Retry::Never).await.unwrap();

    let sending = accepted(store, "dan", "88e/1/lab01", 3).await;
    let job = claim(store, "w", 91).await;
    store.record_report(&job.lease, grading(92), &report(1.0, 3.0), None, DUE).await.unwrap();
    let sent = store.claim_passback(&worker("w"), at(93), super::kit::LEASE).await.unwrap().unwrap();
    assert_eq!(sent.passback.submission, sending.id);

    let skipped = by("eve", "88e/1/lab01", 4);
    store.accept(skipped).await.unwrap();
    let mut newer = by("eve", "88e/1/lab01", 5);
    newer.supersedes = true;
    store.accept(newer).await.unwrap();
    claim(store, "w", 100).await;
}

pub(super) async fn everything_reads_back_from_another_place(store: &dyn Store) {
    of_all_kinds(store).await;
    let all = store.wholes(None, None, 100).await.unwrap();
    let states: Vec<_> = all.iter().map(|one| one.job.state).collect();
    let expected = [
        JobState::Done,
        JobState::Queued,
        JobState::Failed,
        JobState::Done,
        JobState::Superseded,
        JobState::Leased,
        JobState::Done,
        JobState::Done,
    ];
    assert_eq!(states, expected);
    let counts =
        |one: &Whole| (one.gradings.len(), one.events.len(), one.grade.is_some(), one.passbacks.len());
    assert_eq!(
        all.iter().map(counts).collect::<Vec<_>>(),
        [
            (1, 5, true, 0),
            (1, 9, true, 1),
            (1, 4, false, 0),
            (1, 6, true, 1),
            (0, 3, false, 0),
            (0, 3, false, 0),
            (1, 7, true, 2),
            (2, 10, false, 1)
        ]
    );
    assert!(all.iter().all(|one| one.notebook.is_some()));
    let kept: Vec<_> = all[0].gradings.iter().map(|(_, executed)| executed.as_deref()).collect();
    assert_eq!(kept, [Some(&b"{\"run\": true}"[..])]);

    // Taken away and put back, each is what it was; only leases are not copied.
    let user = |name: &str| name.parse().unwrap();
    for name in ["ada", "bob", "dan", "eve", "fay"] {
        store.erase(&user(name), &entry("erase", &all[0].submission, 200)).await.unwrap();
    }
    assert_eq!(store.wholes(None, None, 100).await.unwrap(), []);
    for whole in &all {
        store.put_whole(whole).await.unwrap();
    }
    let mut expected = all;
    expected[5].job.state = JobState::Queued;
    expected[3].passbacks[0] = expected[3].passbacks[0].as_copied();
    assert_eq!(store.wholes(None, None, 100).await.unwrap(), expected);
    let first = &expected[0].submission;
    assert_eq!(record(store, first).await.status, Status::Graded);
    assert_eq!(grade(store, first).await, expected[0].grade);

    // And the work goes on where it was: live before regrades, numbers of events without gaps.
    let job = claim(store, "w2", 300).await;
    assert_eq!(job.submission, expected[5].submission);
    let job = claim(store, "w2", 300).await;
    assert_eq!(job.submission, expected[1].submission);
    let latest = only(GradePolicy::Latest);
    store.record_report(&job.lease, grading(310), &report(2.0, 3.0), None, latest).await.unwrap();
    assert!(matches!(super::kit::steps(store, &job.submission).await.pop(), Some(Step::Graded { .. })));
}

pub(super) async fn what_is_put_again_replaces_what_was_there(store: &dyn Store) {
    of_all_kinds(store).await;
    let all = store.wholes(None, None, 100).await.unwrap();
    for whole in &all[..3] {
        store.put_whole(whole).await.unwrap();
        store.put_whole(whole).await.unwrap();
    }
    assert_eq!(store.wholes(None, None, 100).await.unwrap(), all);
}

pub(super) async fn wholes_are_read_in_pages(store: &dyn Store) {
    let mut all = vec![];
    for ms in 0..7 {
        all.push(accepted(store, ["ada", "bob"][ms % 2], "88e/1/lab01", i64::try_from(ms).unwrap()).await);
    }
    let ids = |wholes: Vec<Whole>| wholes.iter().map(|one| one.submission.id).collect::<Vec<_>>();
    let expected: Vec<_> = all.iter().map(|one| one.id).collect();
    assert_eq!(ids(store.wholes(None, None, 3).await.unwrap()), expected[..3]);
    assert_eq!(ids(store.wholes(None, Some(expected[2]), 3).await.unwrap()), expected[3..6]);
    assert_eq!(ids(store.wholes(None, Some(expected[6]), 3).await.unwrap()), []);
    let bob = "bob".parse().unwrap();
    assert_eq!(
        ids(store.wholes(Some(&bob), None, 10).await.unwrap()),
        [expected[1], expected[3], expected[5]]
    );
    assert_eq!(ids(store.wholes(Some(&bob), Some(expected[3]), 10).await.unwrap()), [expected[5]]);
    assert!(store.notebook(&own(&all[0]), all[0].id).await.unwrap().is_some());
}
