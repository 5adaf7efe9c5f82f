//! Which number counts.

use futures_util::future::join_all;
use model::{GradePolicy, Lateness, Report, ReportStatus, SubmissionId};

use super::kit::{accepted, at, claim, entry, finish, grade, grading, only, points, record, report, staff};
use crate::{
    records::{Job, Outcome},
    store::Store,
};

/// Three submissions of a user, with scores of 4 points, and the jobs to grade them.
async fn three(store: &dyn Store, user: &str, scores: [f64; 3]) -> Vec<(Job, Report)> {
    let mut jobs = vec![];
    for (ms, score) in (0..).zip(scores) {
        accepted(store, user, "88e/1/lab01", ms).await;
        jobs.push((claim(store, "w", 100).await, report(score, 4.0)));
    }
    jobs
}

/// Grades in each possible order, each for another user, and gives the number of the submission that counts.
async fn settle(store: &dyn Store, policy: GradePolicy, scores: [f64; 3]) -> Vec<usize> {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let mut counting = vec![];
    for (number, order) in orders.iter().enumerate() {
        let jobs = three(store, &format!("user{number}"), scores).await;
        for (ms, &which) in (200..).zip(order) {
            let (job, report) = &jobs[which];
            finish(store, job, report, policy, ms).await;
        }
        let grade = grade(store, &jobs[0].0.submission).await.unwrap();
        let is_it = |id: SubmissionId| move |(job, _): &(Job, Report)| job.submission.id == id;
        let which = jobs.iter().position(is_it(grade.submission)).unwrap();
        assert_eq!(grade.score, jobs[which].1.score);
        counting.push(which);
    }
    counting
}

pub(super) async fn the_latest_submission_counts_in_whatever_order_gradings_end(store: &dyn Store) {
    assert_eq!(settle(store, GradePolicy::Latest, [4.0, 3.0, 1.0]).await, [2; 6]);
}

pub(super) async fn the_best_submission_counts_in_whatever_order_gradings_end(store: &dyn Store) {
    // Of equals, the one received first.
    assert_eq!(settle(store, GradePolicy::Best, [1.0, 3.0, 3.0]).await, [1; 6]);
}

pub(super) async fn reports_recorded_at_once_settle_on_the_right_grade(store: &dyn Store) {
    for user in 0..10 {
        let jobs = three(store, &format!("user{user}"), [2.0, 4.0, 3.0]).await;
        let record = |(job, report): &(Job, Report)| {
            let (lease, report) = (job.lease.clone(), report.clone());
            async move { store.record_report(&lease, grading(200), &report, None, only(GradePolicy::Best)).await }
        };
        let results = join_all(jobs.iter().map(record)).await;
        assert!(results.iter().all(Result::is_ok), "{results:?}");
        let grade = grade(store, &jobs[0].0.submission).await.unwrap();
        assert_eq!((grade.submission, grade.score), (jobs[1].0.submission.id, points(4.0)));
    }
}

pub(super) async fn what_does_not_count_leaves_the_grade_alone(store: &dyn Store) {
    let mut jobs = three(store, "ada", [3.0, 4.0, 0.0]).await;
    jobs[1].1.status = ReportStatus::Rejected;
    jobs[2].1 = report(0.0, 0.0);
    for (ms, (job, report)) in (200..).zip(&jobs) {
        finish(store, job, report, GradePolicy::Latest, ms).await;
    }
    let grade = grade(store, &jobs[0].0.submission).await.unwrap();
    assert_eq!((grade.submission, grade.score), (jobs[0].0.submission.id, points(3.0)));
}

pub(super) async fn grades_of_users_and_assignments_are_apart(store: &dyn Store) {
    let places = [
        ("ada", "88e/1/lab01"),
        ("Ada", "88e/1/lab01"),
        ("ada", "88e/2/lab01"),
        ("ada", "88e/1/lab02"),
        ("ada", "8x/1/lab01"),
    ];
    let mut submissions = vec![];
    for (number, (user, key)) in places.iter().enumerate() {
        submissions.push(accepted(store, user, key, i64::try_from(number).unwrap()).await);
        let job = claim(store, "w", 100).await;
        let report = report(f64::from(u8::try_from(number).unwrap()), 10.0);
        finish(store, &job, &report, GradePolicy::Latest, 200).await;
    }
    for (number, submission) in (0_u8..).zip(&submissions) {
        let grade = grade(store, submission).await.unwrap();
        assert_eq!((grade.submission, grade.score), (submission.id, points(f64::from(number))));
        assert_eq!((&grade.user, &grade.key), (&submission.user, &submission.key));
    }
}

pub(super) async fn of_late_work_a_part_counts(store: &dyn Store) {
    let late = |score| Report { lateness: Some(Lateness { due: at(0), credit: 0.5 }), ..report(score, 4.0) };
    let best = GradePolicy::Best;
    let mut all = vec![];
    for (ms, report) in [(1, report(1.5, 4.0)), (2, late(4.0)), (3, late(2.0))] {
        all.push(accepted(store, "ada", "88e/1/lab01", ms).await);
        finish(store, &claim(store, "w", 10).await, &report, best, 20).await;
    }
    let settled = grade(store, &all[0]).await.unwrap();
    assert_eq!((settled.submission, settled.score, settled.max_score), (all[1].id, points(2.0), points(4.0)));

    // It is compared by what counts when the one that counted is graded again, too.
    let entry = entry("regrade", &all[1], 30);
    store.regrade(&staff(&all[1]), all[1].id, &entry).await.unwrap();
    finish(store, &claim(store, "w", 40).await, &late(1.0), best, 50).await;
    let settled = grade(store, &all[0]).await.unwrap();
    assert_eq!((settled.submission, settled.score), (all[0].id, points(1.5)));
    let Outcome::Report(kept) = record(store, &all[2]).await.grading.unwrap().outcome else {
        panic!("a report")
    };
    assert_eq!(*kept, late(2.0));
}
