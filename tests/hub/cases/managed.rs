//! The service that the hub starts and stops.

use std::{thread::sleep, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    http::{self, Answer},
    notebooks,
    stage::{MANAGED, Stage},
};

fn ask(stage: &Stage, method: Method, path: &str, body: String) -> Answer {
    let (token, _) = stage.token_of("ada", None);
    let request = http::request(method, &format!("{}{MANAGED}{path}", stage.site())).bearer_auth(token);
    http::send(request.header("accept", "application/json").body(body))
}

fn submissions(stage: &Stage) -> Value {
    ask(stage, Method::GET, "api/v1/submissions", String::new()).expect(200).json()["submissions"].clone()
}

/// A hub ends if a service that it starts does not answer within some ten seconds. Ours needs longer until it can do
/// its work the first time, and answers nevertheless.
pub(crate) fn begins(stage: &Stage) {
    let ready = || stage.hub.log().find("otter-service is ready");
    for _ in 0..600 {
        if ready().is_some() {
            break;
        }
        sleep(Duration::from_millis(200));
    }
    let running = stage.hub.log().find("JupyterHub is now running");
    assert!(running.is_some() && running < ready(), "{}", stage.hub.log());
}

/// All that it knows, it knows from the hub. It is at work until it ends.
pub(crate) fn submits(stage: &Stage) {
    let slow = notebooks::lab01_beginning_with("import time; time.sleep(5)");
    ask(stage, Method::POST, "", json!({ "nb": slow }).to_string()).expect(202);
    let seen = submissions(stage);
    let is_open = matches!(seen[0]["status"].as_str(), Some("queued" | "grading"));
    assert!(seen[0]["user"] == "ada" && is_open, "{seen}");
}

/// The hub ends it by SIGINT.
pub(crate) fn ends(stage: &mut Stage) {
    stage.hub.stop();
    let log = stage.hub.log();
    assert_eq!(log.matches("otter-service is ready").count(), 1, "it was started once:\n{log}");
    let ours: Vec<_> = log.lines().filter(|line| line.contains("stopped") && line.contains("INFO")).collect();
    assert!(!ours.is_empty(), "it ended in order:\n{log}");
    assert!(!log.contains("panicked"), "{log}");
    let port = stage.hub.port() + 3;
    assert!(std::net::TcpListener::bind(("127.0.0.1", port)).is_ok(), "nothing listens there any more");
}

/// What it had taken is graded after the next start of the hub.
pub(crate) fn goes_on(stage: &Stage) {
    for _ in 0..600 {
        let seen = submissions(stage);
        if !matches!(seen[0]["status"].as_str(), Some("queued" | "grading")) {
            assert_eq!((&seen[0]["status"], &seen[0]["score"]), (&json!("graded"), &json!(14.0)), "{seen}");
            return;
        }
        sleep(Duration::from_millis(200));
    }
    panic!("it is not graded:\n{}", stage.hub.log());
}
