//! Notebooks that are odd (attack 48): taken or refused, and never more than that.

use axum::http::StatusCode;
use serde_json::{Value, json};
use server::testing::{Options, TestApp, notebook};

/// A submission with `from` in its text replaced.
fn text(notebook: &Value, from: &str, to: &str) -> String {
    let body = json!({ "nb": notebook }).to_string();
    assert!(body.contains(from), "{body}");
    body.replacen(from, to, 1)
}

#[tokio::test]
async fn hundreds_of_thousands_of_cells_and_huge_texts_are_taken() {
    let test = TestApp::with(Options { max_submission_bytes: 64 << 20, ..Options::default() }).await;
    let mut many = notebook("x = 1");
    let cell = json!({"cell_type": "raw", "metadata": {}, "source": ""});
    many["cells"] = Value::Array(vec![cell; 200_000]);
    let huge = notebook(&"é".repeat(4 << 20));
    for notebook in [many, huge] {
        let body = json!({ "nb": notebook }).to_string();
        let sent = notebook.to_string();
        let accepted = test.post(body).await;
        assert_eq!(accepted.status, StatusCode::ACCEPTED, "{}", accepted.text());
        let id = accepted.json()["id"].as_str().unwrap().to_owned();
        assert!(test.get(&format!("api/v1/submissions/{id}/notebook")).await.text() == sent);
    }
    test.finish_leaving(2).await;
}

#[tokio::test]
async fn what_two_readers_might_read_differently_is_refused() {
    let test = TestApp::new().await;
    let plain = notebook("x = 1");
    let twice = [
        (r#""source":"x = 1""#, r#""source":"x = 1","source":"x = 2""#, "not-a-notebook"),
        (r#""cells":"#, r#""cells":[],"cells":"#, "not-a-notebook"),
        (r#""metadata":{"otter"#, r#""metadata":{},"metadata":{"otter"#, "not-a-notebook"),
        (r#""course":"88e""#, r#""course":"8x","course":"88e""#, "no-metadata"),
        (r#"{"nb":"#, r#"{"nb":{},"nb":"#, "no-notebook"),
    ];
    let odd = [
        (r#""execution_count":null"#, r#""execution_count":NaN"#, "not-json"),
        (r#""execution_count":null"#, r#""execution_count":Infinity"#, "not-json"),
        (r#""source":"x = 1""#, r#""source":"\ud800""#, "not-a-notebook"),
        (r#""source":"x = 1""#, r#""source":["x","\udc00\ud800"]"#, "not-a-notebook"),
        (r#""course":"88e""#, r#""course":"\ud800""#, "bad-name"),
    ];
    for (from, to, slug) in twice.into_iter().chain(odd) {
        let answer = test.post(text(&plain, from, to)).await;
        assert!(answer.status.is_client_error(), "{to}: {}", answer.text());
        let kind = answer.json()["type"].as_str().unwrap().to_owned();
        assert_eq!(kind, format!("urn:otter-service:problem:{slug}"), "{to}");
    }
    // Where nothing of ours reads it, it is kept as it was sent.
    let kept = text(&plain, r#""outputs":[]"#, r#""outputs":[{"text":"\ud800","text":1e999}]"#);
    let answer = test.post(kept.clone()).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let stored = test.get(&format!("api/v1/submissions/{id}/notebook")).await;
    assert_eq!(format!(r#"{{"nb":{}}}"#, stored.text()), kept);
    test.finish_leaving(1).await;
}
