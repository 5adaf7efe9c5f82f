//! A queue that is full, a store that is away, and submissions that are skipped.

use std::time::Duration;

use axum::http::{StatusCode, header};
use serde_json::{Value, json};
use server::testing::{Act, Options, TestApp, notebook};

use crate::work::soon;

fn body(content: &str) -> String {
    json!({ "nb": notebook(content) }).to_string()
}

#[tokio::test]
async fn a_full_queue_takes_nothing_more_and_says_when_to_come_back() {
    let mut test = TestApp::with(Options { max_waiting: 3, ..Options::default() }).await;
    for number in 0..3 {
        // What is refused for another reason takes no room.
        assert_eq!(test.post("{}").await.status, StatusCode::BAD_REQUEST);
        test.submit(&format!("x = {number}")).await;
    }
    let refused = test.post(body("x = 4")).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.text());
    assert_eq!(refused.json()["type"], "urn:otter-service:problem:queue-full");
    let after: u64 = refused.header(header::RETRY_AFTER).parse().unwrap();
    assert!((5..=300).contains(&after), "{after}");
    let kept = test.get("api/v1/submissions").await.json();
    assert_eq!(kept["submissions"].as_array().unwrap().len(), 3, "nothing of it was kept");

    test.work();
    soon("there is room again", async || test.post(body("x = 5")).await.status == StatusCode::ACCEPTED).await;
    soon("all are graded", async || {
        test.get("readyz").await.json()["queue"] == json!({"waiting": 0, "grading": 0})
    })
    .await;
    test.finish().await;
}

#[tokio::test]
async fn many_at_once_do_not_go_beyond_the_limit() {
    let test = TestApp::with(Options { max_waiting: 20, ..Options::default() }).await;
    let posts = (0..60).map(|number| test.post(body(&format!("x = {number}"))));
    let answers = futures_util::future::join_all(posts).await;
    let accepted = answers.iter().filter(|answer| answer.status == StatusCode::ACCEPTED).count();
    assert_eq!(accepted, 20);
    test.finish_leaving(20).await;
}

#[tokio::test]
async fn workers_come_back_after_an_outage() {
    let mut test = TestApp::new().await;
    test.store.set_away(true);
    test.work();
    tokio::time::sleep(Duration::from_millis(600)).await;
    let tries = test.store.refused();
    assert!((1..=10).contains(&tries), "two workers have asked {tries} times in 0.6 s");
    test.store.set_away(false);
    let id = test.submit("x = 1").await;
    test.follow(id).await;
    assert_eq!(test.submission(id).await["status"], "graded");
    test.finish().await;
}

#[tokio::test]
async fn a_notebook_that_cannot_be_read_for_a_while_is_no_fault() {
    let mut test = TestApp::new().await;
    test.store.take_away_after_claim();
    test.work();
    let id = test.submit("x = 1").await;
    soon("the outage", async || test.store.refused() > 0).await;
    test.store.set_away(false);
    let events = test.follow(id).await;
    assert_eq!(events.matches("event: started").count(), 1, "{events}");
    assert!(events.contains("event: graded") && !events.contains("event: delayed"), "{events}");
    test.finish().await;
}

#[tokio::test]
async fn a_newer_submission_skips_those_that_wait_and_their_pages_say_so() {
    let mut test = TestApp::with(Options { skip_superseded: true, ..Options::default() }).await;
    test.engine.then(Act::Wait);
    test.work();
    let running = test.submit("x = 1").await;
    soon("the first has begun", async || test.engine.begun() == 1).await;
    test.stop().await;
    // Stopped: the first one is given back, and was taken once, so that it is not skipped.
    let (skipped, newest) = (test.submit("x = 2").await, test.submit("x = 3").await);
    let seen = test.submission(skipped).await;
    assert_eq!((&seen["status"], &seen["superseded_by"]), (&json!("superseded"), &json!(newest.to_string())));
    let page = test.get(&format!("submissions/{skipped}")).await;
    assert!(page.text().contains("submitted the same assignment again before its turn"), "{}", page.text());
    assert!(page.text().contains(&format!("submissions/{newest}\"")), "a link to the newer one");
    assert!(!page.text().contains("data-events"), "nothing more is to come");
    let events = test.follow(skipped).await;
    assert!(events.trim_end().lines().any(|line| line == "event: superseded"), "{events}");
    assert_eq!(test.submission(running).await["status"], "queued");
    assert_eq!(test.submission(newest).await["superseded_by"], Value::Null);
    test.finish_leaving(2).await;
}
