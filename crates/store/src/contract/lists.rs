//! Lists and their parts.

use model::{GradePolicy, Report, ReportStatus, Step, Submission};

use super::kit::{accepted, at, claim, events, finish, grading, own, page, record, report, staff};
use crate::{
    records::{Filter, Retry, Scope, Status, SubmissionRecord},
    store::Store,
};

/// Reads page after page until one is not full.
async fn all_pages(store: &dyn Store, scope: &Scope, limit: u32) -> Vec<Submission> {
    let (mut all, mut before) = (vec![], None);
    loop {
        let part = store.submissions(scope, &Filter::All, page(before, limit)).await.unwrap();
        assert!(part.len() <= limit as usize);
        let is_older = |record: &SubmissionRecord| before.is_none_or(|before| record.submission.id < before);
        assert!(part.iter().all(is_older), "a page begins after the one before it");
        let is_last = part.len() < limit as usize;
        all.extend(part.into_iter().map(|record| record.submission));
        before = all.last().map(|submission| submission.id);
        if is_last {
            return all;
        }
    }
}

pub(super) async fn pages_go_from_the_newest_to_the_oldest(store: &dyn Store) {
    let mut submissions = vec![];
    for ms in 0..24 {
        let (user, course) = (["ada", "bob"][ms % 2], ["88e", "8x", "c"][ms % 3]);
        let ms = i64::try_from(ms).unwrap();
        submissions.push(accepted(store, user, &format!("{course}/1/lab01"), ms).await);
    }
    submissions.reverse();
    let of = |keep: fn(&Submission) -> bool| -> Vec<_> {
        submissions.iter().filter(|submission| keep(submission)).cloned().collect()
    };
    let ada = Scope::Own("ada".parse().unwrap());
    let course = Scope::Course("8x".parse().unwrap());
    // Pages that end in the middle of the list, at its end, and after it.
    for limit in [1, 5, 12, 8, 100] {
        assert_eq!(all_pages(store, &ada, limit).await, of(|s| s.user.as_str() == "ada"));
        assert_eq!(all_pages(store, &course, limit).await, of(|s| s.key.course.as_str() == "8x"));
    }
    assert_eq!(store.submissions(&ada, &Filter::All, page(None, 0)).await.unwrap(), []);
    // Where a page begins need not be in the list.
    let others = of(|s| s.user.as_str() == "bob")[3].id;
    let part = store.submissions(&ada, &Filter::All, page(Some(others), 100)).await.unwrap();
    let listed = part.into_iter().map(|record| record.submission);
    let mut expected = of(|s| s.user.as_str() == "ada");
    expected.retain(|submission| submission.id < others);
    assert_eq!(listed.collect::<Vec<_>>(), expected);
}

pub(super) async fn a_list_says_where_each_submission_stands(store: &dyn Store) {
    let mut submissions = vec![];
    for ms in 0..5 {
        submissions.push(accepted(store, "ada", "88e/1/lab01", ms).await);
    }
    let rejected = Report { status: ReportStatus::Rejected, ..report(0.0, 1.0) };
    finish(store, &claim(store, "w", 10).await, &report(1.0, 1.0), GradePolicy::Latest, 20).await;
    finish(store, &claim(store, "w", 10).await, &rejected, GradePolicy::Latest, 20).await;
    let (lease, fault) = (claim(store, "w", 10).await.lease, model::Fault::lasting("broken"));
    store.record_fault(&lease, grading(20), &fault, Retry::Never).await.unwrap();
    claim(store, "w", 10).await;

    for scope in [own(&submissions[0]), staff(&submissions[0])] {
        let list = store.submissions(&scope, &Filter::All, page(None, 10)).await.unwrap();
        let standing: Vec<_> = list.iter().map(|record| (record.status, record.grading.is_some())).collect();
        let expected = [
            (Status::Queued, false),
            (Status::Grading, false),
            (Status::Failed, false),
            (Status::Rejected, true),
            (Status::Graded, true),
        ];
        assert_eq!(standing, expected);
        for (listed, submission) in list.iter().zip(submissions.iter().rev()) {
            assert_eq!(*listed, record(store, submission).await);
        }
    }
}

pub(super) async fn events_are_read_from_a_place_on(store: &dyn Store) {
    let submission = accepted(store, "ada", "88e/1/lab01", 0).await;
    let job = claim(store, "w", 10).await;
    let cells = (1..=20).map(|cell| Step::Cell { cell, of: 20 }).collect();
    store.progress(&job.lease, at(20), cells).await.unwrap();
    let all = events(store, &submission).await;
    assert_eq!(all.len(), 23);
    for after in [0, 1, 3, 22, 23, 24, u64::MAX] {
        let part = store.events(&own(&submission), submission.id, after).await.unwrap();
        let from = usize::try_from(after).unwrap().min(all.len());
        assert_eq!(part, all[from..], "after {after}");
    }
}
