//! Whose turn it is.

use model::{GradePolicy, Submission};

use super::kit::{accepted, at, claim, entry, finish, own, report, staff};
use crate::{records::Regrade, store::Store};

/// Whose jobs are handed out, in order, until none is left.
async fn served(store: &dyn Store) -> Vec<String> {
    let mut served = vec![];
    while let Some(job) = store.claim(&super::kit::worker("w"), at(10_000), super::kit::LEASE).await.unwrap()
    {
        served.push(job.submission.user.to_string());
        finish(store, &job, &report(1.0, 1.0), GradePolicy::Latest, 20_000).await;
    }
    served
}

pub(super) async fn fifty_of_one_student_do_not_hold_up_a_class(store: &dyn Store) {
    for ms in 0..50 {
        accepted(store, "greedy", "88e/1/lab01", ms).await;
    }
    for ms in 50..80 {
        accepted(store, &format!("student{ms}"), "88e/1/lab01", ms).await;
    }
    let served = served(store).await;
    assert_eq!(served.len(), 80);
    let last_of_class = served.iter().rposition(|user| user != "greedy").unwrap();
    let greedy_before = served[..last_of_class].iter().filter(|user| *user == "greedy").count();
    // One turn for each eight of the course: the thirty are done within the first ten of the fifty.
    assert!(greedy_before <= 11, "{greedy_before} of one student's went first: {served:?}");
}

pub(super) async fn a_large_course_does_not_hold_up_a_small_one(store: &dyn Store) {
    for ms in 0..120 {
        accepted(store, &format!("large{ms}"), "large/1/lab01", ms).await;
    }
    for ms in 120..123 {
        accepted(store, &format!("small{ms}"), "small/1/lab01", ms).await;
    }
    let served = served(store).await;
    let last_of_small = served.iter().rposition(|user| user.starts_with("small")).unwrap();
    assert!(last_of_small <= 11, "{served:?}");
}

pub(super) async fn live_work_goes_before_regrades(store: &dyn Store) {
    let mut old = vec![];
    for ms in 0..3 {
        old.push(accepted(store, &format!("old{ms}"), "88e/1/lab01", ms).await);
    }
    assert_eq!(served(store).await.len(), 3);
    for submission in &old {
        let entry = entry("regrade", submission, 100);
        assert_eq!(store.regrade(&staff(submission), submission.id, &entry).await.unwrap(), Regrade::Queued);
    }
    for ms in 200..203 {
        accepted(store, &format!("new{ms}"), "88e/1/lab01", ms).await;
    }
    assert_eq!(served(store).await, ["new200", "new201", "new202", "old0", "old1", "old2"]);
}

pub(super) async fn places_follow_the_turns(store: &dyn Store) {
    let mut waiting: Vec<Submission> = vec![];
    for ms in 0..3 {
        waiting.push(accepted(store, "greedy", "88e/1/lab01", ms).await);
    }
    waiting.push(accepted(store, "student", "88e/1/lab01", 3).await);
    let mut places = vec![];
    for submission in &waiting {
        places.push(store.position(&own(submission), submission.id).await.unwrap().unwrap());
    }
    assert_eq!(places, [1, 3, 4, 2]);
    let claimed = [claim(store, "w", 10).await, claim(store, "w", 10).await];
    assert_eq!(claimed.map(|job| job.submission.user.to_string()), ["greedy", "student"]);
}

pub(super) async fn nobody_who_waits_is_overtaken_for_ever(store: &dyn Store) {
    for ms in 0..4 {
        accepted(store, "patient", "88e/1/lab01", ms).await;
    }
    // Others come as fast as jobs are done, one each second, more than there is room for.
    let mut served = vec![];
    for second in 1..60 {
        for number in 0..2 {
            accepted(store, &format!("other{second}-{number}"), "88e/1/lab01", 1000 * second).await;
        }
        let job = claim(store, "w", 1000 * second).await;
        finish(store, &job, &report(1.0, 1.0), GradePolicy::Latest, 1000 * second + 500).await;
        served.push(job.submission.user.to_string());
    }
    let patient = served.iter().filter(|user| *user == "patient").count();
    assert!(patient > 1, "{served:?}");
}
