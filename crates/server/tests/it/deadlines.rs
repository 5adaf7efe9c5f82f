//! Due dates, late work, and attempts, as `course-config.json` says.

use std::time::Duration;

use axum::http::StatusCode;
use model::Fault;
use serde_json::json;
use server::testing::{Act, Answer, Options, TestApp, notebook};

const DAY: Duration = Duration::from_hours(24);

async fn post(test: &TestApp) -> Answer {
    test.post(json!({ "nb": notebook("x = 1") }).to_string()).await
}

#[tokio::test]
async fn what_comes_after_the_due_date_is_refused_by_the_services_clock() {
    let test = TestApp::new().await;
    test.set(&json!({"due": "2026-01-02T00:00:00Z"}));
    test.clock.advance(Duration::from_mins(24 * 60 - 1));
    assert_eq!(post(&test).await.status, StatusCode::ACCEPTED);
    test.clock.advance(Duration::from_mins(1));
    let refused = post(&test).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.json()["type"], "urn:otter-service:problem:too-late");
    assert_eq!(refused.json()["detail"], "This assignment was due on 2 January 2026, 00:00 UTC.");
    test.set(&json!({"due": "2026-01-03T00:00:00Z"}));
    assert_eq!(post(&test).await.status, StatusCode::ACCEPTED, "the staff gave more time");
    test.finish_leaving(2).await;
}

#[tokio::test]
async fn late_work_counts_in_part_until_its_end() {
    let mut test = TestApp::new().await;
    test.set(&json!({"due": "2026-01-01T00:00:00Z", "late": {"days": 2, "credit": 0.25}}));
    test.clock.advance(DAY);
    let id = test.submit("x = 1").await;
    test.work();
    test.follow(id).await;
    let seen = test.submission(id).await;
    assert_eq!(seen["grading"]["report"]["score"], json!(2.0), "what it earned");
    assert_eq!((&seen["grade"]["score"], &seen["grade"]["max_score"]), (&json!(0.5), &json!(2.0)));
    assert_eq!(seen["grading"]["report"]["lateness"], json!({"due": "2026-01-01T00:00:00Z", "credit": 0.25}));
    let page = test.get(&format!("submissions/{id}")).await;
    assert!(
        page.text().contains("25 % of its points count, which is <strong>0.5</strong>"),
        "{}",
        page.text()
    );

    test.clock.advance(DAY);
    let refused = post(&test).await.json();
    let detail = "This assignment was due on 1 January 2026, 00:00 UTC, and late work was taken until 3 January 2026, 00:00 UTC.";
    assert_eq!(refused["detail"], detail);
    test.finish().await;
}

#[tokio::test]
async fn attempts_are_what_was_judged_or_will_be() {
    let mut test = TestApp::with(Options { skip_superseded: true, ..Options::default() }).await;
    test.set(&json!({"attempts": 2}));
    // Skipped because of a newer one.
    test.submit("x = 1").await;
    test.engine.then(Act::Fault(Fault::lasting("a broken autograder")));
    let failed = test.submit("x = 2").await;
    test.work();
    test.follow(failed).await;
    assert_eq!(test.submission(failed).await["status"], "failed");
    for content in ["x = 3", "x = 4"] {
        test.follow(test.submit(content).await).await;
    }
    let refused = post(&test).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.json()["detail"], "You have used all 2 of your attempts at this assignment.");
    test.finish().await;
}

#[tokio::test]
async fn many_at_once_get_no_more_attempts_than_there_are() {
    let test = TestApp::new().await;
    test.set(&json!({"attempts": 3}));
    let answers = futures_util::future::join_all((0..10).map(|_| post(&test))).await;
    let accepted = answers.iter().filter(|answer| answer.status == StatusCode::ACCEPTED).count();
    assert_eq!(accepted, 3);
    test.finish_leaving(3).await;
}
