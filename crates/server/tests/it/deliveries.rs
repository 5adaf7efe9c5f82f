//! Grades on their way to the learning platform, as staff and students see them.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use model::{GradePolicy, GradingId, SubmissionId, UserName};
use serde_json::{Value, json};
use server::{
    RoleRules,
    testing::{Answer, Options, PREFIX, TestApp, USER, full_marks},
};
use store::{Delivery, Effects, NewGrading, Page, PassbackOutcome, WorkerId};

use crate::identity::{behind_a_hub, browser::form_token, get, submit, token};

const A_MINUTE: Duration = Duration::from_mins(1);

async fn post(test: &TestApp, path: &str) -> Answer {
    test.send(Request::post(format!("{PREFIX}{path}")).body(Body::empty()).unwrap()).await
}

/// Grades the submission that waits, with all points, whose grade is to be delivered or is held back.
async fn grade(test: &TestApp, delivery: Delivery) {
    let (app, worker) = (&test.app, WorkerId("w".into()));
    let now = app.clock.now();
    let job = app.store.claim(&worker, now, A_MINUTE).await.unwrap().unwrap();
    let grading = NewGrading {
        id: GradingId::new(&*app.clock, &*app.entropy),
        revision: "r1".into(),
        started_at: now,
        finished_at: now,
    };
    let effects = Effects { policy: GradePolicy::Latest, delivery };
    app.store.record_report(&job.lease, grading, &full_marks(), None, effects).await.unwrap();
}

/// Hands the next delivery out and says what came of it.
async fn send(test: &TestApp, outcome: PassbackOutcome, words: &str) {
    let (app, worker) = (&test.app, WorkerId("w".into()));
    let now = app.clock.now();
    let job = app.store.claim_passback(&worker, now, A_MINUTE).await.unwrap().unwrap();
    app.store.settle_passback(&job.lease, now, outcome, Some(words)).await.unwrap();
}

/// A submission of the one user's, whose grade waits to be sent.
async fn graded(test: &TestApp, content: &str) -> SubmissionId {
    let id = test.submit(content).await;
    grade(test, Delivery::Due).await;
    id
}

fn ids(list: &Value) -> Vec<&str> {
    list["deliveries"].as_array().unwrap().iter().map(|line| line["submission"].as_str().unwrap()).collect()
}

fn kind(answer: &Answer) -> String {
    answer.json()["type"].as_str().unwrap().rsplit(':').next().unwrap().to_owned()
}

#[tokio::test]
async fn staff_see_what_the_platform_did_not_take_and_have_it_sent_again() {
    let test = TestApp::new().await;
    let id = graded(&test, "x = 1").await;
    let path = "api/v1/courses/88e/deliveries";
    let waiting = test.get(&format!("{path}?state=pending")).await.json();
    assert_eq!(ids(&waiting), [id.to_string()]);
    assert_eq!(kind(&post(&test, &format!("api/v1/submissions/{id}/resend")).await), "not-sendable");

    send(&test, PassbackOutcome::Refused, "404: no such line item").await;
    assert_eq!(ids(&test.get(&format!("{path}?state=pending,sending")).await.json()), [""; 0]);
    let refused = test.get(&format!("{path}?state=refused,given_up")).await.json();
    let line = &refused["deliveries"][0];
    for (member, value) in [
        ("user", json!(USER)),
        ("assignment", json!("lab01")),
        ("score", json!(2.0)),
        ("max_score", json!(2.0)),
        ("state", json!("refused")),
        ("attempts", json!(1)),
        ("words", json!("404: no such line item")),
        ("retry_at", Value::Null),
    ] {
        assert_eq!(line[member], value, "{member}");
    }
    assert_eq!(test.submission(id).await["delivery"]["state"], "refused");

    let answer = post(&test, &format!("api/v1/submissions/{id}/resend")).await;
    assert_eq!((answer.status, &answer.json()["grading"]), (StatusCode::ACCEPTED, &line["grading"]));
    assert_eq!(test.submission(id).await["delivery"].get("words"), None, "that was the last time");
    send(&test, PassbackOutcome::Again(test.app.clock.now() + A_MINUTE), "503").await;
    let delivery = &test.submission(id).await["delivery"];
    assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("pending"), &json!(1)), "it began anew");
    assert!(delivery["retry_at"].is_string(), "{delivery}");
    let trail = test.app.store.audits(None, Page { before: None, limit: 10 }).await.unwrap();
    assert_eq!((trail.len(), trail[0].action.as_str(), trail[0].submission), (1, "resend", Some(id)));
    test.finish().await;
}

#[tokio::test]
async fn all_of_a_course_is_sent_again_at_once_and_pages_go_on() {
    let test = TestApp::new().await;
    // Of one student and assignment, only the newest is ever to be sent.
    let old = graded(&test, "x = 1").await;
    send(&test, PassbackOutcome::Refused, "no").await;
    let new = test.submit("x = 2").await;
    grade(&test, Delivery::Withheld).await;
    let list = test.get("api/v1/courses/88e/deliveries").await.json();
    assert_eq!(ids(&list), [new.to_string(), old.to_string()]);
    assert_eq!(
        (&list["deliveries"][0]["state"], &list["deliveries"][1]["state"]),
        (&json!("withheld"), &json!("superseded"))
    );
    let first = test.get("api/v1/courses/88e/deliveries?limit=1").await.json();
    assert_eq!(ids(&first), [new.to_string()]);
    let before = first["next_before"].as_str().unwrap();
    let rest = test.get(&format!("api/v1/courses/88e/deliveries?before={before}")).await.json();
    assert_eq!((ids(&rest), &rest["next_before"]), (vec![&*old.to_string()], &Value::Null));

    let told = post(&test, "api/v1/courses/88e/resend").await;
    assert_eq!((told.status, told.json()), (StatusCode::ACCEPTED, json!({"sent_again": 0, "left_alone": 0})));
    assert_eq!(kind(&post(&test, &format!("api/v1/submissions/{old}/resend")).await), "not-sendable");
    let told = post(&test, "api/v1/courses/88e/resend?state=withheld").await.json();
    assert_eq!(told, json!({"sent_again": 1, "left_alone": 0}));
    send(&test, PassbackOutcome::GivenUp, "timeout").await;
    assert_eq!(post(&test, "api/v1/courses/88e/resend").await.json()["sent_again"], 1);
    assert_eq!(test.app.store.outbox().await.unwrap().pending, 1);
    test.finish().await;
}

#[tokio::test]
async fn what_is_not_there_or_makes_no_sense_is_told() {
    let test = TestApp::new().await;
    let id = test.submit("x = 1").await;
    grade(&test, Delivery::Nowhere).await;
    assert_eq!(test.submission(id).await.get("delivery"), None);
    let answer = post(&test, &format!("api/v1/submissions/{id}/resend")).await;
    assert_eq!((answer.status, kind(&answer)), (StatusCode::NOT_FOUND, "not-found".into()));
    let answer = test.get("api/v1/courses/88e/deliveries?state=lost").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("\"lost\"") && detail.contains("given_up"), "{detail}");
    for path in [
        "api/v1/courses/8x/deliveries",
        "api/v1/courses/8x/audit",
        "courses/8x/deliveries",
        "courses/8x/audit",
    ] {
        assert_eq!(test.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(post(&test, "api/v1/courses/8x/resend").await.status, StatusCode::NOT_FOUND);
    test.finish().await;
}

#[tokio::test]
async fn students_see_where_their_grade_is_and_nothing_of_others() {
    let rules = RoleRules { administrators: vec!["root".parse().unwrap()], ..RoleRules::default() };
    let (test, hub) = behind_a_hub(Options { roles: rules, ..Options::default() }).await;
    hub.knows(&token("root"), "root", &json!({}));
    let id = submit(&test, "ada", "x = 1").await["id"].as_str().unwrap().to_owned();
    grade(&test, Delivery::Due).await;
    let of = async |who: &str, path: &str| get(&test, who, path).await;
    let one = format!("api/v1/submissions/{id}");
    send(&test, PassbackOutcome::Posted, "Score for ada is now 1.0").await;
    let delivery = &of("ada", &one).await.json()["delivery"];
    assert_eq!((&delivery["state"], delivery.get("words")), (&json!("posted"), None), "it may tell points");
    assert_eq!(of("root", &one).await.json()["delivery"]["words"], "Score for ada is now 1.0");
    for path in [
        "api/v1/courses/88e/deliveries",
        "api/v1/courses/88e/audit",
        "courses/88e/deliveries",
        "courses/88e/audit",
    ] {
        assert_eq!(of("ada", path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(of("root", path).await.status, StatusCode::OK, "{path}");
    }
    let asked = |who: &str, path: &str| {
        let request = Request::post(format!("{PREFIX}{path}"));
        request.header(header::AUTHORIZATION, format!("Bearer {}", token(who))).body(Body::empty()).unwrap()
    };
    for path in [format!("{one}/resend"), "api/v1/courses/88e/resend".into()] {
        assert_eq!(test.send(asked("ada", &path)).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(test.send(asked("root", &path)).await.status, StatusCode::ACCEPTED, "{path}");
    }
    send(&test, PassbackOutcome::Refused, "past due").await;
    let page = format!("submissions/{id}");
    assert!(of("ada", &page).await.text().contains("The course staff sees this too"));
    assert!(of("root", &page).await.text().contains("See all such grades"), "where staff finds the button");
    let user: UserName = "ada".parse().unwrap();
    let entries = of("root", "api/v1/courses/88e/audit").await.json();
    let entries = entries["entries"].as_array().unwrap();
    let first = entries.iter().find(|entry| entry["action"] == "resend").unwrap();
    assert_eq!(
        (&first["actor"], &first["action"], &first["user"]),
        (&json!("root"), &json!("resend"), &json!(user))
    );
    test.finish().await;
}

#[tokio::test]
async fn the_list_has_a_button_for_each_and_one_for_all() {
    let test = TestApp::new().await;
    let id = graded(&test, "x = 1").await;
    assert!(test.get("courses/88e/deliveries").await.text().contains("Nothing here."));
    assert!(!test.get("").await.text().contains("did not reach"));
    send(&test, PassbackOutcome::Refused, "<b>past due</b>").await;
    assert!(test.get("").await.text().contains("did not reach the learning platform"));
    let own = test.get(&format!("submissions/{id}")).await;
    for part in ["The learning platform did not take this grade.", "past due", "can send the grade again"] {
        assert!(own.text().contains(part), "{part} is not in {}", own.text());
    }
    let page = test.get("courses/88e/deliveries").await;
    let shown = page.text();
    assert!(shown.contains("past due") && !shown.contains("<b>"), "the words as a text: {shown}");
    for inline in ["<style", "style=", "onclick", "javascript:"] {
        assert!(!shown.contains(inline), "{inline}");
    }

    let press = async |path: &str, body: String| {
        let request = Request::post(format!("{PREFIX}{path}")).header("sec-fetch-site", "same-origin");
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        test.send(request.body(Body::from(body)).unwrap()).await
    };
    let token = form_token(shown);
    let one = format!("submissions/{id}/resend");
    assert_eq!(press(&one, String::new()).await.status, StatusCode::FORBIDDEN);
    let answer = press(&one, format!("token={token}&state=refused,given_up")).await;
    let back = format!("{PREFIX}courses/88e/deliveries?state=refused,given_up");
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, &*back));
    let answer = press(&one, format!("token={token}")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text().contains("on its way already"), "{}", answer.text());

    send(&test, PassbackOutcome::GivenUp, "timeout").await;
    let all = "courses/88e/deliveries";
    let answer = press(all, format!("token={token}&state=https://evil.example")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let answer = press(all, format!("token={token}&state=refused,given_up")).await;
    assert_eq!((answer.status, answer.header(header::LOCATION)), (StatusCode::SEE_OTHER, &*back));
    assert!(
        test.get("courses/88e/deliveries?state=pending,sending").await.text().contains("waits to be sent")
    );
    test.finish().await;
}

#[tokio::test]
async fn the_trail_is_a_page() {
    let test = TestApp::new().await;
    assert!(test.get("courses/88e/audit").await.text().contains("Nothing here."));
    let id = graded(&test, "x = 1").await;
    for _ in 0..51 {
        send(&test, PassbackOutcome::Refused, "no").await;
        assert_eq!(
            post(&test, &format!("api/v1/submissions/{id}/resend")).await.status,
            StatusCode::ACCEPTED
        );
    }
    let page = test.get("courses/88e/audit").await;
    assert_eq!(page.text().matches("sent again the grade of").count(), 50);
    let entries = test.get("api/v1/courses/88e/audit?limit=50").await.json();
    let before = entries["next_before"].as_str().unwrap();
    assert!(page.text().contains(&format!("audit?before={before}")), "{}", page.text());
    let rest = test.get(&format!("courses/88e/audit?before={before}")).await;
    assert_eq!(rest.text().matches("sent again the grade of").count(), 1);
    assert!(rest.text().contains(&format!("submissions/{id}")), "{}", rest.text());
    assert_eq!(test.get("courses/88e/audit?before=x").await.status, StatusCode::BAD_REQUEST);
    test.finish().await;
}
