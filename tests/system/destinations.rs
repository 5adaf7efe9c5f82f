//! Where grades go that go to no learning platform: files, and a program's address.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Router, body::Bytes, http::HeaderMap, routing::post};
use serde_json::Value;

use crate::{notebooks::submission, sample::sample, service::Service};

/// Starts the service with its grades going somewhere.
fn start(data: &Path, variables: &[(&str, &str)]) -> Service {
    let all: Vec<_> =
        [("POST_GRADE", "true"), ("TEST_USER", "ada")].iter().chain(variables).copied().collect();
    Service::start_with(data, &sample("course"), &all)
}

/// Submits a notebook, and waits until its grade has arrived.
fn posted(service: &Service) -> String {
    let id = service.submit(&submission("lab01-ada.ipynb"));
    let began = Instant::now();
    loop {
        let seen = service.ended(&id);
        if seen["delivery"]["state"] == "posted" {
            return id;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{seen}\n{}", service.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_grade_goes_into_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let grades = dir.path().join("grades");
    let variables =
        [("OTTER_SERVICE_PASSBACK_TO", "csv"), ("OTTER_SERVICE_PASSBACK_CSV_DIR", grades.to_str().unwrap())];
    let service = start(&dir.path().join("data"), &variables);
    let id = posted(&service);
    let text = fs::read_to_string(grades.join("data-101/fall26/lab01.csv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("user,score,max_score,graded_at,submission,grading,stamp"));
    let row = lines.next().unwrap();
    assert!(row.starts_with("ada,14,14,") && row.contains(&id), "{text}");
    assert_eq!(lines.next(), None);
}

#[test]
fn a_grade_goes_to_an_address_with_a_signature() {
    type Asked = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;
    let asked = Asked::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/grades", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    let seen = Arc::clone(&asked);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.spawn(async move {
        let note = async move |headers: HeaderMap, body: Bytes| seen.lock().unwrap().push((headers, body));
        let app = Router::new().route("/grades", post(note));
        axum::serve(tokio::net::TcpListener::from_std(listener).unwrap(), app).await
    });
    let dir = tempfile::tempdir().unwrap();
    let variables = [
        ("OTTER_SERVICE_PASSBACK_TO", "webhook"),
        ("OTTER_SERVICE_PASSBACK_WEBHOOK_URL", url.as_str()),
        ("OTTER_SERVICE_PASSBACK_ALLOW_PRIVATE", "127.0.0.1"),
        ("PASSBACK_WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ];
    let service = start(&dir.path().join("data"), &variables);
    let id = posted(&service);
    let asked = asked.lock().unwrap();
    let [(headers, body)] = &asked[..] else { panic!("once: {}", asked.len()) };
    let told: Value = serde_json::from_slice(body).unwrap();
    assert!(told.to_string().contains(&id) && told.to_string().contains("\"ada\""), "{told}");
    let header = |name: &str| headers[name].to_str().unwrap();
    assert!(header("webhook-signature").starts_with("v1,") && !header("webhook-id").is_empty());
    assert!(header("webhook-timestamp").parse::<i64>().is_ok());
    assert!(!service.log().contains("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    runtime.shutdown_background();
}
