//! Grading again at the wish of staff.

use model::{Fault, GradePolicy, Step, Submission};

use super::kit::{
    accepted, assert_idle, at, by, claim, entry, finish, grade, grading, gradings, own, page, points, report,
    staff, status, steps,
};
use crate::{
    records::{Filter, Lane, Regrade, Retention, Retry, Status},
    store::Store,
};

async fn again(store: &dyn Store, submission: &Submission, ms: i64) -> Regrade {
    store.regrade(&staff(submission), submission.id, &entry("regrade", submission, ms)).await.unwrap()
}

pub(super) async fn a_finished_job_is_graded_again_on_wish(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    finish(store, &claim(store, "w", 10).await, &report(1.0, 4.0), GradePolicy::Latest, 20).await;
    assert_eq!(again(store, &submission, 30).await, Regrade::Queued);
    assert_eq!(status(store, &submission).await, Status::Queued);
    assert_eq!(grade(store, &submission).await.unwrap().score, points(1.0), "the grade stays until then");
    assert_eq!(
        steps(store, &submission).await[5..],
        [Step::Regrade, Step::Queued { position: 1 }],
        "after received, queued, started, question, graded"
    );

    let job = claim(store, "w", 40).await;
    assert_eq!((job.attempt, job.claims, job.lane), (1, 1, Lane::Regrade));
    finish(store, &job, &report(3.0, 4.0), GradePolicy::Latest, 50).await;
    assert_eq!(grade(store, &submission).await.unwrap().score, points(3.0));
    assert_eq!(gradings(store, &submission).await.len(), 2, "both gradings are kept");
    let trail = store.audits(Some(&submission.key.course), page(None, 10)).await.unwrap();
    assert_eq!((trail.len(), &*trail[0].action, &*trail[0].actor), (1, "regrade", "grace"));
}

pub(super) async fn a_job_set_aside_is_graded_again_on_wish(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let (job, fault) = (claim(store, "w", 10).await, Fault::passing("no memory"));
    store.record_fault(&job.lease, grading(20), &fault, Retry::At(at(30))).await.unwrap();
    let job = claim(store, "w", 30).await;
    let fault = Fault::lasting("the autograder is broken");
    store.record_fault(&job.lease, grading(40), &fault, Retry::Never).await.unwrap();
    let failed = store.submissions(&staff(&submission), &Filter::Failed, page(None, 10)).await.unwrap();
    let listed: Vec<_> = failed.iter().map(|one| (&one.submission, one.fault.as_ref())).collect();
    assert_eq!(listed, [(&submission, Some(&fault))]);

    assert_eq!(again(store, &submission, 50).await, Regrade::Queued);
    assert_eq!(store.submissions(&staff(&submission), &Filter::Failed, page(None, 10)).await.unwrap(), []);
    let job = claim(store, "w", 60).await;
    assert_eq!((job.attempt, job.claims), (1, 1), "it begins anew");
    finish(store, &job, &report(4.0, 4.0), GradePolicy::Latest, 70).await;
    assert_eq!(status(store, &submission).await, Status::Graded);
}

pub(super) async fn what_is_not_finished_or_not_there_is_not_graded_again(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    assert_eq!(again(store, &submission, 1).await, Regrade::Unfinished);
    let job = claim(store, "w", 10).await;
    assert_eq!(again(store, &submission, 11).await, Regrade::Unfinished);
    finish(store, &job, &report(1.0, 4.0), GradePolicy::Latest, 20).await;

    let other = by("bob", "8x/1/lab01", 0).submission;
    let entry = entry("regrade", &other, 30);
    assert_eq!(store.regrade(&staff(&other), submission.id, &entry).await.unwrap(), Regrade::Unknown);
    assert_eq!(store.regrade(&staff(&other), other.id, &entry).await.unwrap(), Regrade::Unknown);
    assert_eq!(steps(store, &submission).await.len(), 5);

    let all = Retention { notebooks_before: Some(at(9_000_000)), events_before: None };
    store.expire(all, 10).await.unwrap();
    assert_eq!(again(store, &submission, 40).await, Regrade::NoNotebook);
    assert_idle(store, 50).await;
    assert_eq!(
        store.audits(None, page(None, 10)).await.unwrap(),
        [],
        "what was not done is not in the trail"
    );
}

pub(super) async fn under_latest_an_old_submission_graded_again_changes_nothing(store: &dyn Store) {
    let old = accepted(store, "ada", "88e/1/lab01", 0).await;
    let new = accepted(store, "ada", "88e/1/lab01", 1).await;
    finish(store, &claim(store, "w", 10).await, &report(1.0, 4.0), GradePolicy::Latest, 20).await;
    finish(store, &claim(store, "w", 10).await, &report(2.0, 4.0), GradePolicy::Latest, 21).await;
    again(store, &old, 30).await;
    finish(store, &claim(store, "w", 40).await, &report(4.0, 4.0), GradePolicy::Latest, 50).await;
    let grade = grade(store, &new).await.unwrap();
    assert_eq!((grade.submission, grade.score), (new.id, points(2.0)));
}

pub(super) async fn under_best_a_lower_second_report_gives_way_to_the_best_submission(store: &dyn Store) {
    let mut all = vec![];
    for (ms, score) in [(0, 2.0), (1, 4.0), (2, 3.0), (3, 3.0)] {
        all.push(accepted(store, "ada", "88e/1/lab01", ms).await);
        finish(store, &claim(store, "w", 10).await, &report(score, 4.0), GradePolicy::Best, 20).await;
    }
    // Another user's, and one that was graded lower meanwhile, do not come in.
    accepted(store, "bob", "88e/1/lab01", 4).await;
    finish(store, &claim(store, "w", 10).await, &report(4.0, 4.0), GradePolicy::Best, 20).await;
    assert_eq!(grade(store, &all[0]).await.unwrap().submission, all[1].id);

    again(store, &all[1], 30).await;
    finish(store, &claim(store, "w", 40).await, &report(1.0, 4.0), GradePolicy::Best, 50).await;
    let settled = grade(store, &all[0]).await.unwrap();
    assert_eq!((settled.submission, settled.score), (all[2].id, points(3.0)));
    assert_eq!(settled.graded_at, at(50));

    // And back up.
    again(store, &all[0], 60).await;
    finish(store, &claim(store, "w", 70).await, &report(3.5, 4.0), GradePolicy::Best, 80).await;
    assert_eq!(grade(store, &all[0]).await.unwrap().submission, all[0].id);
    assert!(store.submission(&own(&all[0]), all[1].id).await.unwrap().is_some());
}
