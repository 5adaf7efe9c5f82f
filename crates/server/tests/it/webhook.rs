//! Pushes that GitHub tells.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use hmac::{Hmac, KeyInit, Mac};
use server::testing::{Answer, Options, PREFIX, TestApp};
use sha2::Sha256;

const SECRET: &str = "planted-secret";

fn signature(body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    mac.finalize()
        .into_bytes()
        .iter()
        .fold("sha256=".to_owned(), |digits, byte| format!("{digits}{byte:02x}"))
}

async fn told(test: &TestApp, event: &str, signature: &str, body: &str) -> Answer {
    let request = Request::post(format!("{PREFIX}webhooks/github"))
        .header("x-github-event", event)
        .header("x-hub-signature-256", signature)
        .body(Body::from(body.to_owned()))
        .unwrap();
    test.send(request).await
}

#[tokio::test]
async fn only_signed_pushes_are_heard() {
    let test = TestApp::with(Options { webhook_secret: Some(SECRET), ..Options::default() }).await;
    let push = r#"{"repository": {"full_name": "edx-berkeley/88E-autograders"}}"#;
    for forged in ["", "sha256=00", &signature("{}")] {
        let answer = told(&test, "push", forged, push).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{forged}");
        assert!(!answer.text().contains(SECRET));
    }
    assert_eq!(told(&test, "ping", &signature("{}"), "{}").await.status, StatusCode::NO_CONTENT);
    assert_eq!(told(&test, "push", &signature("{}"), "{}").await.status, StatusCode::BAD_REQUEST);
    // Genuine, but this application has its materials from a folder.
    let answer = told(&test, "push", &signature(push), push).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    test.finish().await;
}

#[tokio::test]
async fn without_a_secret_there_is_no_webhook() {
    let test = TestApp::new().await;
    let answer = told(&test, "push", &signature("{}"), "{}").await;
    assert_eq!(answer.json()["type"], "urn:otter-service:problem:no-such-path");
    test.finish().await;
}
