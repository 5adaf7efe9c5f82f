//! Submissions that are accepted.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use model::ReceiptVerifier;
use serde_json::json;
use server::testing::{Options, PREFIX, TestApp, USER, notebook};

#[tokio::test]
async fn a_program_gets_json_with_a_receipt_that_verifies() {
    let test = TestApp::new().await;
    let sent = serde_json::to_string(&notebook("x = 1")).unwrap();
    let answer = test.post(format!("{{\"nb\": {sent} }}")).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let accepted = answer.json();
    assert_eq!(answer.header(header::LOCATION), accepted["status_url"]);

    let key = ReceiptVerifier::from_pem(test.get("api/v1/receipt-key").await.text()).unwrap();
    let submission = key.verify(accepted["receipt"].as_str().unwrap()).unwrap();
    assert_eq!(submission.id.to_string(), accepted["id"]);
    assert_eq!(submission.user.as_str(), USER);
    assert_eq!(submission.sha256, model::NotebookHash::of(sent.as_bytes()));

    let kept = test.get(&format!("api/v1/submissions/{}/notebook", submission.id)).await;
    assert_eq!(kept.text(), sent, "byte for byte as it was sent");
    test.finish_leaving(1).await;
}

#[tokio::test]
async fn the_published_client_gets_the_python_services_sentence() {
    let test = TestApp::new().await;
    // What otter-submit 0.1.17 sends, and what a browser adds.
    let request = Request::post(PREFIX)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "*/*")
        .header("x-otter-user", "mallory")
        .header("x-otter-notebook-path", "lab01.ipynb")
        .header("referer", "http://127.0.0.1/user/mallory/lab")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(json!({ "nb": notebook("x = 1") }).to_string()))
        .unwrap();
    let answer = test.send(request).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert!(answer.text().starts_with("Your submission is being graded"), "{}", answer.text());
    assert!(answer.header(header::CONTENT_TYPE).starts_with("text/plain"));

    let seen = test.send(Request::get(answer.header(header::LOCATION)).body(Body::empty()).unwrap()).await;
    assert_eq!(seen.json()["user"], USER, "no header says who it is");
    test.finish_leaving(1).await;
}

#[tokio::test]
async fn the_prefix_works_without_its_slash_and_the_api_at_the_root() {
    let test = TestApp::new().await;
    let body = || Body::from(json!({ "nb": notebook("x = 1") }).to_string());
    for path in ["/services/otter_grade", "/services/otter_grade/", "/api/v1/submissions"] {
        let answer = test.send(Request::post(path).body(body()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{path}");
    }
    let list = test.send(Request::get("/api/v1/submissions").body(Body::empty()).unwrap()).await.json();
    assert_eq!(list["submissions"].as_array().unwrap().len(), 3);
    let home = test.send(Request::get("/").body(Body::empty()).unwrap()).await;
    assert_eq!((home.status, home.header(header::LOCATION)), (StatusCode::TEMPORARY_REDIRECT, PREFIX));
    test.finish_leaving(3).await;
}

#[tokio::test]
async fn two_at_once_are_both_kept() {
    let test = TestApp::new().await;
    let (first, second) = tokio::join!(test.submit("x = 1"), test.submit("x = 2"));
    assert_ne!(first, second);
    assert_eq!(test.get("api/v1/submissions").await.json()["submissions"].as_array().unwrap().len(), 2);
    test.finish_leaving(2).await;
}

#[tokio::test]
async fn an_assignment_is_known_as_soon_as_the_file_says_so() {
    let test = TestApp::new().await;
    let mut late = notebook("x = 1");
    late["metadata"]["otter_service"]["assignment"] = "lab03".into();
    let body = json!({ "nb": late }).to_string();
    assert_eq!(test.post(body.clone()).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let path = test.materials().join("course-config.json");
    let config = std::fs::read_to_string(&path).unwrap().replace("\"lab02\"", "\"lab03\"");
    std::fs::write(&path, config).unwrap();
    assert_eq!(test.post(body).await.status, StatusCode::ACCEPTED);
    test.finish_leaving(1).await;
}

#[tokio::test]
async fn an_older_page_of_the_list_follows_the_newer() {
    let test = TestApp::new().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(test.submit(&format!("x = {number}")).await.to_string());
    }
    ids.reverse();
    let page = test.get("api/v1/submissions?limit=3").await.json();
    let listed = |page: &serde_json::Value| -> Vec<String> {
        page["submissions"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed(&page), ids[..3]);
    let before = page["next_before"].as_str().unwrap();
    let rest = test.get(&format!("api/v1/submissions?limit=3&before={before}")).await.json();
    assert_eq!(listed(&rest), ids[3..]);
    assert!(rest.get("next_before").is_none());
    test.finish_leaving(5).await;
}

#[tokio::test]
async fn a_large_notebook_with_nested_outputs_comes_back_whole() {
    // What Firestore refuses, and the Python service then lost: arrays in arrays, and more than a mebibyte.
    let test = TestApp::with(Options { max_submission_bytes: 4 << 20, ..Options::default() }).await;
    let mut nested = notebook("x = 1");
    nested["cells"][0]["outputs"] = json!([{"output_type": "display_data", "metadata": {}, "data": {
        "application/json": [[[1.5e300, -0.0, "\u{1F9A6}"], []], [[null]]],
        "text/plain": "x".repeat(1_500_000),
    }}]);
    let sent = serde_json::to_string(&nested).unwrap();
    let answer = test.post(format!("{{\"nb\":{sent}}}")).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
    let kept =
        test.get(&format!("api/v1/submissions/{}/notebook", answer.json()["id"].as_str().unwrap())).await;
    assert!(kept.text() == sent, "byte for byte as it was sent");
    test.finish_leaving(1).await;
}
