//! Calls whose future is dropped half-way, as happens when a client goes away.

use std::time::Duration;

use model::{GradePolicy, Step};
use store::{NewSubmission, Status, Store, contract::kit::*};
use tokio::time::timeout;

use super::open;

/// Longer than a whole call takes on any machine that these tests run on; steps short enough to meet each part of it.
fn patience() -> impl Iterator<Item = Duration> {
    (0..60).map(|step| Duration::from_micros(step * 40)).chain([Duration::from_mins(1)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_accept_happened_as_a_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    let mut kept = 0;
    for (ms, patience) in (0..).zip(patience()) {
        let new = notebook_of("ada", "88e/1/lab01", ms, noise(20_000));
        let told = timeout(patience, store.accept(new.clone())).await;
        let NewSubmission { submission, notebook } = new;
        // Whatever became of it, the next one gets through.
        store.ready().await.unwrap();
        let found = store.submission(&own(&submission), submission.id).await.unwrap();
        assert!(found.is_some() || told.is_err());
        if found.is_some() {
            kept += 1;
            assert_eq!(store.notebook(&own(&submission), submission.id).await.unwrap(), Some(notebook));
            assert_eq!(steps(&store, &submission).await, [Step::Received, Step::Queued { position: kept }]);
        }
    }
    assert_eq!(store.queue(at(0)).await.unwrap(), (kept, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_report_happened_as_a_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder).await;
    for (ms, patience) in (0..).zip(patience()) {
        let submission = accepted(&store, &format!("user{ms}"), "88e/1/lab01", ms).await;
        let job = claim(&store, "w", 100).await;
        let report = report(1.0, 2.0);
        let call = store.record_report(&job.lease, grading(200), &report, GradePolicy::Latest);
        let told = timeout(patience, call).await;
        store.ready().await.unwrap();
        if status(&store, &submission).await == Status::Graded {
            assert_eq!(grade(&store, &submission).await.unwrap().score, points(1.0));
            assert_eq!(steps(&store, &submission).await.len(), 5);
            assert_lost(&store, &job.lease, &submission, 300).await;
        } else {
            assert!(told.is_err());
            assert_eq!(grade(&store, &submission).await, None);
            assert_eq!(gradings(&store, &submission).await, []);
            finish(&store, &job, &report, GradePolicy::Latest, 300).await;
        }
    }
}
