//! From an accepted submission to its end.

use std::time::Duration;

use axum::http::{StatusCode, header};
use model::{Fault, Points, Report, ReportStatus};
use serde_json::json;
use server::testing::{Act, PREFIX, TestApp, USER, full_marks};

/// Waits until `happened`, which must be soon.
pub(crate) async fn soon(what: &str, happened: impl AsyncFn() -> bool) {
    for _ in 0..2000 {
        if happened().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never happened: {what}");
}

#[tokio::test]
async fn a_submission_is_graded_and_its_student_sees_no_hidden_case() {
    let mut test = TestApp::new().await;
    test.work();
    let id = test.submit("x = 1").await;
    test.follow(id).await;
    let seen = test.submission(id).await;
    assert_eq!(seen["status"], "graded");
    assert_eq!((&seen["grade"]["score"], &seen["grade"]["max_score"]), (&json!(2.0), &json!(2.0)));
    let grading = &seen["grading"];
    assert!(grading["revision"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(grading["report"]["questions"][0]["cases"][1], json!({"name": "q1 - 2", "hidden": true}));
    assert!(!seen.to_string().contains("message of q1 - 2"));
    let kept = test.get(&format!("api/v1/submissions/{id}/notebook")).await;
    assert_eq!(test.engine.seen(), [kept.body.to_vec()], "graded byte for byte as submitted");
    test.finish().await;
}

#[tokio::test]
async fn a_notebook_can_be_had_as_it_was_run() {
    let mut test = TestApp::new().await;
    let executed = br#"{"cells": [{"outputs": [{"text": "<script>alert(1)</script>"}]}]}"#;
    test.engine.then(Act::Executed(executed.to_vec()));
    let id = test.submit("x = 1").await;
    let path = format!("api/v1/submissions/{id}/executed");
    assert_eq!(test.get(&path).await.json()["type"], "urn:otter-service:problem:not-executed");
    test.work();
    test.follow(id).await;
    let answer = test.get(&path).await;
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &executed[..]));
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/x-ipynb+json");
    assert_eq!(answer.header(header::CONTENT_DISPOSITION), "attachment; filename=\"lab01-executed.ipynb\"");
    assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    let url = format!("{PREFIX}{path}");
    assert_eq!(test.submission(id).await["grading"]["executed_url"], url);
    assert!(test.get(&format!("submissions/{id}")).await.text().contains(&format!("href=\"{url}\"")));
    test.finish().await;
}

#[tokio::test]
async fn where_a_notebook_as_it_was_run_was_not_kept_that_is_said() {
    let mut test = TestApp::new().await;
    test.work();
    let id = test.submit("x = 1").await;
    test.follow(id).await;
    let answer = test.get(&format!("api/v1/submissions/{id}/executed")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    insta::assert_json_snapshot!(answer.json());
    assert!(test.submission(id).await["grading"].get("executed_url").is_none());
    assert!(!test.get(&format!("submissions/{id}")).await.text().contains("/executed"));
    test.finish().await;
}

#[tokio::test]
async fn a_fault_is_retried_three_times_and_is_never_a_grade() {
    let mut test = TestApp::new().await;
    for _ in 0..4 {
        test.engine.then(Act::Fault(Fault::passing("the disk is full")));
    }
    test.work();
    let id = test.submit("x = 1").await;
    for attempt in 1..=4 {
        soon("the next attempt", async || test.engine.begun() == attempt).await;
        soon("its end", async || test.submission(id).await["status"] != "grading").await;
        test.clock.advance(Duration::from_mins(2));
    }
    let events = test.follow(id).await;
    assert_eq!(events.matches("event: started").count(), 4);
    assert_eq!(events.matches("event: delayed").count(), 3);
    assert_eq!(events.matches("event: failed").count(), 1);
    let seen = test.submission(id).await;
    assert_eq!(seen["status"], "failed");
    assert!(seen.get("grade").is_none() && seen.get("grading").is_none());
    assert!(
        !events.contains("disk") && !seen.to_string().contains("disk"),
        "a fault's reason is for the operator"
    );
    test.finish().await;
}

#[tokio::test]
async fn a_retry_waits_for_its_time() {
    let mut test = TestApp::new().await;
    test.engine.then(Act::Fault(Fault::passing("once")));
    test.work();
    let id = test.submit("x = 1").await;
    soon("the fault", async || test.submission(id).await["status"] == "queued").await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(
        test.engine.begun(),
        1,
        "two seconds and some more must pass by the clock, which stands still"
    );
    test.clock.advance(Duration::from_secs(3));
    test.follow(id).await;
    assert_eq!(test.submission(id).await["status"], "graded");
    test.finish().await;
}

#[tokio::test]
async fn a_lasting_fault_is_not_retried_and_a_panic_is_a_fault() {
    let mut test = TestApp::new().await;
    test.engine.then(Act::Fault(Fault::lasting("the autograder is broken")));
    test.work();
    let id = test.submit("x = 1").await;
    test.follow(id).await;
    assert_eq!((test.submission(id).await["status"].clone(), test.engine.begun()), (json!("failed"), 1));

    test.engine.then(Act::Panic);
    let id = test.submit("x = 2").await;
    soon("the fault", async || test.engine.begun() == 2 && test.submission(id).await["status"] == "queued")
        .await;
    test.clock.advance(Duration::from_mins(2));
    test.follow(id).await;
    assert_eq!(test.submission(id).await["status"], "graded");
    test.finish().await;
}

#[tokio::test]
async fn a_missing_autograder_is_a_fault_not_a_refusal() {
    let mut test = TestApp::new().await;
    let zip = test.materials().join("zips/lab01-autograder.zip");
    let content = std::fs::read(&zip).unwrap();
    std::fs::remove_file(&zip).unwrap();
    test.work();
    let id = test.submit("x = 1").await;
    soon("the fault", async || {
        let events = test.app.store.events(&store::Scope::Own(USER.parse().unwrap()), id, 0).await.unwrap();
        events.iter().any(|event| matches!(event.step, model::Step::Delayed { .. }))
    })
    .await;
    std::fs::write(&zip, content).unwrap();
    for _ in 0..3 {
        test.clock.advance(Duration::from_mins(2));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    test.follow(id).await;
    assert_eq!(test.submission(id).await["status"], "graded");
    test.finish().await;
}

#[tokio::test]
async fn a_rejected_notebook_leaves_the_grade_alone() {
    let mut test = TestApp::new().await;
    let why = "This notebook is for another assignment.";
    let rejected = Report { status: ReportStatus::Rejected, message: Some(why.into()), ..full_marks() };
    test.work();
    let good = test.submit("x = 1").await;
    test.follow(good).await;
    test.engine.then(Act::Report(Box::new(rejected)));
    let bad = test.submit("x = 2").await;
    test.follow(bad).await;
    let seen = test.submission(bad).await;
    assert_eq!(
        (seen["status"].as_str(), seen["grading"]["report"]["message"].as_str()),
        (Some("rejected"), Some(why))
    );
    assert_eq!(seen["grade"]["submission"], good.to_string());
    test.finish().await;
}

#[tokio::test]
async fn of_two_at_once_the_one_received_last_counts_though_it_is_graded_first() {
    let mut test = TestApp::new().await;
    let half = Report { score: Points::new(1.0).unwrap(), ..full_marks() };
    test.engine.then(Act::Wait);
    test.engine.then(Act::Report(Box::new(half)));
    test.work();
    let early = test.submit("x = 1").await;
    soon("the first has begun", async || test.engine.begun() == 1).await;
    let late = test.submit("x = 2").await;
    test.follow(late).await;
    test.engine.go_on();
    test.follow(early).await;
    let grade = &test.submission(early).await["grade"];
    assert_eq!(
        (grade["submission"].as_str(), &grade["score"]),
        (Some(late.to_string().as_str()), &json!(1.0))
    );
    test.finish().await;
}

#[tokio::test]
async fn an_outcome_waits_for_a_store_that_is_away() {
    let mut test = TestApp::new().await;
    test.engine.then(Act::Wait);
    test.work();
    let id = test.submit("x = 1").await;
    soon("it has begun", async || test.engine.begun() == 1).await;
    test.store.set_away(true);
    test.engine.go_on();
    tokio::time::sleep(Duration::from_millis(300)).await;
    test.store.set_away(false);
    test.follow(id).await;
    assert_eq!((test.submission(id).await["status"].clone(), test.engine.begun()), (json!("graded"), 1));
    test.finish().await;
}

#[tokio::test]
async fn a_stop_gives_unfinished_work_back() {
    let mut test = TestApp::new().await;
    test.engine.then(Act::Wait);
    test.work();
    let id = test.submit("x = 1").await;
    soon("it has begun", async || test.engine.begun() == 1).await;
    test.stop().await;
    let seen = test.submission(id).await;
    assert_eq!((seen["status"].as_str(), &seen["position"]), (Some("queued"), &json!(1)));
    assert_eq!(test.get("readyz").await.json()["status"], "stopping");
    test.submit("x = 2").await;
    test.finish_leaving(2).await;
}
