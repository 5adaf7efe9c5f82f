//! What the staff of a course sees and does.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use model::{Fault, SubmissionId};
use serde_json::{Value, json};
use server::{
    Heart,
    testing::{Act, Answer, PREFIX, TestApp, USER},
};
use store::{WorkerId, WorkerRecord};

use crate::{identity::browser::form_token, work::soon};

async fn post(test: &TestApp, path: &str) -> Answer {
    test.send(Request::post(format!("{PREFIX}{path}")).body(Body::empty()).unwrap()).await
}

/// A submission whose grading fails for good.
async fn failed(test: &TestApp, content: &str, why: &str) -> SubmissionId {
    test.engine.then(Act::Fault(Fault::lasting(why)));
    let id = test.submit(content).await;
    test.follow(id).await;
    assert_eq!(test.submission(id).await["status"], "failed");
    id
}

fn ids(list: &Value) -> Vec<&str> {
    list["submissions"].as_array().unwrap().iter().map(|line| line["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_failed_is_listed_with_its_reason_and_graded_again_at_the_wish_of_staff() {
    let mut test = TestApp::new().await;
    test.work();
    let why = "tests/q3.py: SyntaxError";
    let first = failed(&test, "x = 1", why).await;
    let second = failed(&test, "x = 2", why).await;
    let list = test.get("api/v1/courses/88e/failed").await.json();
    assert_eq!(ids(&list), [second.to_string(), first.to_string()]);
    assert_eq!(list["submissions"][0]["fault"], json!({"message": why, "retry": false}));
    let page = test.get("api/v1/courses/88e/failed?limit=1").await.json();
    let rest = test
        .get(&format!("api/v1/courses/88e/failed?before={}", page["next_before"].as_str().unwrap()))
        .await;
    assert_eq!(ids(&rest.json()), [first.to_string()]);

    let answer = post(&test, &format!("api/v1/submissions/{first}/regrade")).await;
    assert_eq!((answer.status, &answer.json()["id"]), (StatusCode::ACCEPTED, &json!(first.to_string())));
    let stream = test.follow(first).await;
    assert!(
        stream.starts_with("id: ") && stream.contains("event: regrade") && stream.contains("event: graded")
    );
    assert!(!stream.contains("event: failed"), "the old end is not told as one: {stream}");
    assert_eq!(test.submission(first).await["status"], "graded");
    assert_eq!(ids(&test.get("api/v1/courses/88e/failed").await.json()), [second.to_string()]);

    let history = test.get(&format!("api/v1/courses/88e/submissions/{first}/events")).await.json();
    let by = |kind: &str| {
        let events = history["events"].as_array().unwrap();
        events.iter().find(|event| event["event"] == kind).unwrap()["actor"].clone()
    };
    assert_eq!((by("failed"), by("regrade"), by("received")), (json!("test"), json!(USER), Value::Null));
    let trail = test.app.store.audits(None, store::Page { before: None, limit: 10 }).await.unwrap();
    assert_eq!((trail.len(), trail[0].action.as_str(), trail[0].submission), (1, "regrade", Some(first)));
    test.finish().await;
}

#[tokio::test]
async fn a_stream_does_not_end_at_the_old_end_and_goes_on_where_a_client_left_it() {
    let mut test = TestApp::new().await;
    test.work();
    let id = test.submit("x = 1").await;
    let old = test.follow(id).await;
    test.engine.then(Act::Wait);
    assert_eq!(post(&test, &format!("api/v1/submissions/{id}/regrade")).await.status, StatusCode::ACCEPTED);
    soon("the new grading", async || test.engine.begun() == 2).await;
    let again = post(&test, &format!("api/v1/submissions/{id}/regrade")).await;
    assert_eq!(
        (again.status, &again.json()["type"]),
        (StatusCode::CONFLICT, &json!("urn:otter-service:problem:not-finished"))
    );

    let last = old.lines().rev().find_map(|line| line.strip_prefix("id: ")).unwrap();
    let path = format!("{PREFIX}api/v1/submissions/{id}/events");
    let request = Request::get(&path).header("last-event-id", last).body(Body::empty()).unwrap();
    let going_on = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        test.engine.go_on();
    };
    let (fresh, resumed, ()) = tokio::join!(test.follow(id), test.send(request), going_on);
    for stream in [fresh.as_str(), resumed.text()] {
        let kinds: Vec<_> = stream.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
        assert_eq!((kinds[0], kinds.last()), ("regrade", Some(&"graded")), "{stream}");
        assert_eq!(stream.matches("event: graded").count(), 1, "{stream}");
    }
    test.finish().await;
}

#[tokio::test]
async fn an_assignment_is_graded_again_as_a_whole_or_where_it_failed() {
    let mut test = TestApp::new().await;
    test.work();
    let counts = test.submit("x = 1").await;
    test.follow(counts).await;
    let older = failed(&test, "x = 2", "broken").await;
    let newest = failed(&test, "x = 3", "broken").await;
    let path = "api/v1/courses/88e/assignments/1/lab01/regrade";

    let told = post(&test, path).await.json();
    assert_eq!(
        told,
        json!({"queued": 2, "unfinished": 0, "without_notebook": 0}),
        "the newest, and what counts"
    );
    for id in [newest, counts] {
        test.follow(id).await;
        assert_eq!(test.submission(id).await["status"], "graded");
    }
    assert_eq!(test.submission(older).await["status"], "failed");

    let told = post(&test, &format!("{path}?only=failed")).await.json();
    assert_eq!(told["queued"], 1);
    test.follow(older).await;
    assert_eq!(test.submission(older).await["status"], "graded");
    assert_eq!(post(&test, &format!("{path}?only=all")).await.status, StatusCode::BAD_REQUEST);
    test.finish().await;
}

#[tokio::test]
async fn nobody_is_staff_of_a_course_that_is_not_there_and_no_other_site_may_ask() {
    let mut test = TestApp::new().await;
    test.work();
    let id = test.submit("x = 1").await;
    test.follow(id).await;
    for path in ["api/v1/courses/8x/failed", "api/v1/courses/%2f/failed", "courses/8x/failed"] {
        assert_eq!(test.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let none = "01930000-0000-7000-8000-000000000000";
    for path in [
        format!("api/v1/submissions/{none}/regrade"),
        "api/v1/courses/88e/assignments/1/lab99/regrade".into(),
        "api/v1/courses/8x/assignments/1/lab01/regrade".into(),
    ] {
        assert_eq!(post(&test, &path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in [
        format!("api/v1/submissions/{id}/regrade"),
        format!("submissions/{id}/regrade"),
        "courses/88e/failed".into(),
    ] {
        let request = Request::post(format!("{PREFIX}{path}")).header("sec-fetch-site", "cross-site");
        let answer = test.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(test.engine.begun(), 1);
    test.finish().await;
}

#[tokio::test]
async fn staff_finds_the_failed_ones_on_a_page_with_a_button() {
    let mut test = TestApp::new().await;
    test.work();
    assert!(!test.get("").await.text().contains("have failed"));
    let id = failed(&test, "x = 1", "<b>the disk</b> is full").await;
    let home = test.get("").await;
    assert!(home.text().contains(&format!("{PREFIX}courses/88e/failed")), "{}", home.text());
    let page = test.get("courses/88e/failed").await;
    let shown = page.text();
    assert!(shown.contains("the disk") && !shown.contains("<b>"), "the reason, as a text: {shown}");
    assert!(shown.contains("<code>test</code>"), "which worker it was: {shown}");
    for inline in ["<style", "style=", "onclick", "onload", "javascript:"] {
        assert!(!shown.contains(inline), "{inline}");
    }
    let action = format!("{PREFIX}submissions/{id}/regrade");
    assert!(shown.contains(&format!("<form method=\"post\" action=\"{action}\">")), "{shown}");

    let button = |path: &str, token: &str| {
        let request = Request::post(path).header("sec-fetch-site", "same-origin");
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        request.body(Body::from(format!("token={token}"))).unwrap()
    };
    let token = form_token(shown);
    assert_eq!(test.send(button(&action, "")).await.status, StatusCode::FORBIDDEN);
    let answer = test.send(button(&action, token)).await;
    let back = format!("{PREFIX}courses/88e/failed");
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, back.as_str()));
    test.follow(id).await;
    assert_eq!(test.submission(id).await["status"], "graded");

    let others = [failed(&test, "x = 2", "a").await, failed(&test, "x = 3", "b").await];
    let answer = test.send(button(&format!("{PREFIX}courses/88e/failed"), token)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    for id in others {
        test.follow(id).await;
        assert_eq!(test.submission(id).await["status"], "graded");
    }
    assert!(test.get("courses/88e/failed").await.text().contains("Nothing here"));
    test.finish().await;
}

#[tokio::test]
async fn who_works_is_told_to_staff() {
    let test = TestApp::new().await;
    let now = test.app.clock.now();
    let record = |id: &str, jobs| WorkerRecord {
        id: WorkerId(id.into()),
        version: "1.2.3".into(),
        jobs,
        started_at: now,
        seen_at: now,
    };
    let heart = Heart::start(&test.app.workshop, record("host/1/a", 4));
    let seen = async || test.get("api/v1/workers").await.json()["workers"].clone();
    soon("a sign of life", async || seen().await.as_array().unwrap().len() == 1).await;
    let worker = seen().await[0].clone();
    assert_eq!(
        (&worker["id"], &worker["jobs"], &worker["version"]),
        (&json!("host/1/a"), &json!(4), &json!("1.2.3"))
    );
    heart.end().await;
    assert_eq!(seen().await, json!([]));
    test.finish().await;
}
