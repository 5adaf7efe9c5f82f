//! Calls whose future is dropped half-way, as happens when a client goes away.

use std::time::{Duration, Instant};

use model::{GradePolicy, Step};
use store::{NewSubmission, Status, Store, contract::kit::*};
use tokio::time::timeout;

use super::open;

/// How long to wait before giving up: so that every part of a call that takes `whole` is met, and last its end.
fn patience(whole: Duration) -> impl Iterator<Item = Duration> {
    (0..60).map(move |step| whole * step / 40).chain([Duration::from_mins(1)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_accept_happened_as_a_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let new = |ms| notebook_of("ada", "88e/1/lab01", ms, noise(20_000));
    let start = Instant::now();
    store.accept(new(0)).await.unwrap();
    let (mut kept, mut interrupted) = (1, 0);
    for (ms, patience) in (1..).zip(patience(start.elapsed())) {
        let new = new(ms);
        let told = timeout(patience, store.accept(new.clone())).await;
        let NewSubmission { submission, notebook, .. } = new;
        // Whatever became of it, the next write gets through, after it.
        store.ready().await.unwrap();
        let found = store.submission(&own(&submission), submission.id).await.unwrap();
        assert!(found.is_some() || told.is_err());
        interrupted += u32::from(told.is_err());
        if found.is_some() {
            kept += 1;
            assert_eq!(store.notebook(&own(&submission), submission.id).await.unwrap(), Some(notebook));
            assert_eq!(steps(&store, &submission).await, [Step::Received, Step::Queued { position: kept }]);
        }
    }
    assert_queue(&store, 0, kept, 0).await;
    assert!(interrupted > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_report_happened_as_a_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let (report, executed) = (report(1.0, 2.0), noise(20_000));
    accepted(&store, "ada", "88e/1/lab01", 0).await;
    let job = claim(&store, "w", 0).await;
    let start = Instant::now();
    finish(&store, &job, &report, GradePolicy::Latest, 0).await;
    let mut interrupted = 0;
    for (ms, patience) in (1..).zip(patience(start.elapsed())) {
        let submission = accepted(&store, &format!("user{ms}"), "88e/1/lab01", ms).await;
        let job = claim(&store, "w", 100).await;
        let call = store.record_report(
            &job.lease,
            grading(200),
            &report,
            Some(&executed),
            only(GradePolicy::Latest),
        );
        let told = timeout(patience, call).await;
        store.ready().await.unwrap();
        interrupted += u32::from(told.is_err());
        if status(&store, &submission).await == Status::Graded {
            assert_eq!(grade(&store, &submission).await.unwrap().score, points(1.0));
            assert_eq!(steps(&store, &submission).await.len(), 5);
            let kept = store.executed(&own(&submission), submission.id).await.unwrap();
            assert!(kept.as_ref() == Some(&executed));
            assert_lost(&store, &job.lease, &submission, 300).await;
        } else {
            assert!(told.is_err());
            assert_eq!(grade(&store, &submission).await, None);
            assert_eq!(gradings(&store, &submission).await, []);
            finish(&store, &job, &report, GradePolicy::Latest, 300).await;
        }
    }
    assert!(interrupted > 0);
}
