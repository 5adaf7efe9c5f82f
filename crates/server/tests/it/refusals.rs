//! What is not accepted, and how that is said.

use axum::{
    body::{Body, Bytes},
    http::{Method, Request, StatusCode, header},
};
use proptest::prelude::*;
use serde_json::{Value, json};
use server::testing::{Answer, PREFIX, TestApp, notebook};

/// A submission whose notebook has the value at `pointer` replaced, or removed when `to` is null.
fn with(pointer: &str, to: Value) -> String {
    let mut notebook = notebook("x = 1");
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = notebook.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if to.is_null() {
        parent.remove(key)
    } else {
        parent.insert(key.into(), to)
    };
    json!({ "nb": notebook }).to_string()
}

fn is_problem(answer: &Answer) -> bool {
    let problem = answer.json();
    let texts = ["type", "title", "detail", "advice"];
    answer.header(header::CONTENT_TYPE) == "application/problem+json"
        && problem["status"] == answer.status.as_u16()
        && texts.iter().all(|text| problem[text].as_str().is_some_and(|text| !text.is_empty()))
}

#[tokio::test]
async fn every_refusal_is_a_typed_problem_that_says_what_to_do() {
    let test = TestApp::new().await;
    let names = "/metadata/otter_service";
    let table = [
        ("nothing", String::new()),
        ("not JSON", "nb=1".into()),
        ("broken off", "{\"nb\": {\"cells\": [".into()),
        ("no nb", "{\"notebook\": {}}".into()),
        ("not an object", "[1, 2]".into()),
        ("nb is text", "{\"nb\": \"lab01.ipynb\"}".into()),
        (
            "an array of the right values",
            "[[4, {\"otter_service\": [\"88e\", \"1\", \"lab01\"]}, []]]".into(),
        ),
        ("no cells", with("/cells", Value::Null)),
        ("a minor version that is none", with("/nbformat_minor", json!("x"))),
        ("outputs that are none", with("/cells/0/outputs", json!(5))),
        ("format 3", with("/nbformat", json!(3))),
        ("a cell without source", with("/cells", json!([{"cell_type": "code"}]))),
        ("no metadata", with("/metadata", Value::Null)),
        ("no otter_service", with("/metadata/otter_service", Value::Null)),
        ("two names missing", with(names, json!({"course": "88e"}))),
        ("a name with a slash", with(&format!("{names}/assignment"), json!("../../etc/passwd"))),
        ("a name that is a number", with(&format!("{names}/section"), json!(1))),
        ("unknown course", with(&format!("{names}/course"), json!("8x"))),
        ("unknown section", with(&format!("{names}/section"), json!("2"))),
        ("unknown assignment", with(&format!("{names}/assignment"), json!("lab99"))),
        ("too deep", format!("{{\"nb\": {}{}}}", "[".repeat(200), "]".repeat(200))),
        (
            "too large",
            with("/cells", json!([{"cell_type": "raw", "metadata": {}, "source": "x".repeat(2 << 20)}])),
        ),
    ];
    let mut said = Vec::new();
    for (case, body) in table {
        let answer = test.post(body).await;
        assert!(is_problem(&answer), "{case}: {}", answer.text());
        said.push(json!({ "case": case, "problem": answer.json() }));
    }
    insta::assert_json_snapshot!(said);
    assert_eq!(
        test.get("api/v1/submissions").await.json()["submissions"],
        json!([]),
        "nothing refused was kept"
    );
    test.finish().await;
}

#[tokio::test]
async fn a_body_of_unknown_length_is_stopped_at_the_limit() {
    let test = TestApp::new().await;
    let chunks = (0..3).map(|_| Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 1 << 20])));
    let answer = test.post(Body::from_stream(futures_util::stream::iter(chunks))).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    test.finish().await;
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_kept() {
    let test = TestApp::new().await;
    let chunks = [Ok(Bytes::from("{\"nb\":")), Err(std::io::Error::other("the connection broke"))];
    let answer = test.post(Body::from_stream(futures_util::stream::iter(chunks))).await;
    assert_eq!((answer.status, is_problem(&answer)), (StatusCode::BAD_REQUEST, true));
    test.finish().await;
}

#[tokio::test]
async fn a_page_of_another_site_cannot_submit() {
    let test = TestApp::new().await;
    let body = json!({ "nb": notebook("x = 1") }).to_string();
    let request =
        Request::post(PREFIX).header("sec-fetch-site", "cross-site").body(Body::from(body)).unwrap();
    let answer = test.send(request).await;
    assert_eq!((answer.status, is_problem(&answer)), (StatusCode::FORBIDDEN, true));
    test.finish().await;
}

#[tokio::test]
async fn unknown_paths_methods_ids_and_queries_are_problems_too() {
    let test = TestApp::new().await;
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let table = [
        (get("/nowhere"), StatusCode::NOT_FOUND),
        (get("/services/otter_grade/nowhere"), StatusCode::NOT_FOUND),
        (get("/api/v1/submissions/1"), StatusCode::NOT_FOUND),
        (get("/api/v1/submissions/..%2f..%2fetc"), StatusCode::NOT_FOUND),
        (get("/api/v1/submissions/%ff"), StatusCode::NOT_FOUND),
        (get("/api/v1/submissions/01930000-0000-7000-8000-000000000000"), StatusCode::NOT_FOUND),
        (get("/api/v1/submissions/01930000-0000-7000-8000-000000000000/events"), StatusCode::NOT_FOUND),
        (get("/api/v1/submissions/01930000-0000-7000-8000-000000000000/notebook"), StatusCode::NOT_FOUND),
        (get("/api/v1/submissions/01930000-0000-7000-8000-000000000000/executed"), StatusCode::NOT_FOUND),
        (get("/api/v1/submissions?before=now"), StatusCode::BAD_REQUEST),
        (get("/api/v1/submissions?limit=-1"), StatusCode::BAD_REQUEST),
        (Request::delete(PREFIX).body(Body::empty()).unwrap(), StatusCode::METHOD_NOT_ALLOWED),
        (Request::post("/healthz").body(Body::empty()).unwrap(), StatusCode::METHOD_NOT_ALLOWED),
    ];
    for (request, status) in table {
        let asked = format!("{} {}", request.method(), request.uri());
        let answer = test.send(request).await;
        assert_eq!((answer.status, is_problem(&answer)), (status, true), "{asked}: {}", answer.text());
    }
    test.finish().await;
}

#[tokio::test]
async fn a_store_that_is_away_is_said_honestly_and_come_back_to() {
    let test = TestApp::new().await;
    let body = json!({ "nb": notebook("x = 1") }).to_string();
    test.store.set_away(true);
    let answer = test.post(body.clone()).await;
    assert_eq!((answer.status, is_problem(&answer)), (StatusCode::SERVICE_UNAVAILABLE, true));
    assert_eq!(answer.header(header::RETRY_AFTER), "10");
    assert_eq!(test.get("readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(test.get("").await.status, StatusCode::SERVICE_UNAVAILABLE);
    test.store.set_away(false);
    assert_eq!(test.post(body).await.status, StatusCode::ACCEPTED);
    assert_eq!(test.get("readyz").await.json()["status"], "ready");
    test.finish_leaving(1).await;
}

/// A request's body: anything, or a good one with some bytes changed.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let good = json!({ "nb": notebook("x = 1") }).to_string().into_bytes();
    let damage = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4);
    let damaged = damage.prop_map(move |damage| {
        let mut body = good.clone();
        for (at, byte) in damage {
            let at = at.index(body.len());
            body[at] = byte;
        }
        body
    });
    prop_oneof![proptest::collection::vec(any::<u8>(), 0..400), damaged]
}

#[test]
fn no_bytes_make_a_server_error() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let test = runtime.block_on(TestApp::new());
    proptest!(ProptestConfig::with_cases(600), |(body in bodies(), kind in "[ -~]{0,40}", method in 0..3_u8)| {
        let method = [Method::POST, Method::PUT, Method::PATCH][usize::from(method)].clone();
        let request = Request::builder().method(method).uri(PREFIX).header(header::CONTENT_TYPE, kind);
        let answer = runtime.block_on(test.send(request.body(Body::from(body)).unwrap()));
        prop_assert!(!answer.status.is_server_error(), "{}: {}", answer.status, answer.text());
        prop_assert!(answer.status == StatusCode::ACCEPTED || is_problem(&answer), "{}", answer.text());
    });
    // A few damaged bodies are still good submissions; they wait here ungraded.
    let waiting = runtime.block_on(test.app.store.queue(test.app.clock.now())).unwrap().waiting;
    runtime.block_on(test.finish_leaving(waiting));
}
