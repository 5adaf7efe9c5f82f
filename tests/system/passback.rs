//! A submission's way into the gradebook of a real edX.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::{
    edx::Edx,
    notebooks::{lab01_beginning_with, submission},
    sample::sample,
    service::Service,
};

const SECRET: &str = "planted-consumer-secret";

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Starts edX with the block of the sample's `lab01`. `None` where the peers are not.
fn edx() -> Option<Edx> {
    let config = fs::read(sample("course").join("course-config.json")).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    let section = &config["data-101"]["fall26"];
    let course = format!("course-v1:{}", section["course_id"].as_str().unwrap());
    let block = section["assignments"]["lab01"].as_str().unwrap();
    wait(Edx::start(&["--course", &course, "--block", block, "--user", "ada", "--secret", SECRET]))
}

/// Waits until a delivery is no longer under way.
fn delivered(service: &Service, id: &str) -> Value {
    let began = Instant::now();
    loop {
        let delivery = service.get(&format!("api/v1/submissions/{id}"))["delivery"].clone();
        if !matches!(delivery["state"].as_str(), None | Some("pending" | "sending")) {
            return delivery;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{delivery}\n{}", service.log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_grade_reaches_edx_and_a_withheld_one_at_the_wish_of_staff() {
    let Some(edx) = edx() else { return };
    let dir = tempfile::tempdir().unwrap();
    let keys = dir.path().join("lti13.pem");
    let made = Command::new("openssl").args(["genrsa", "-out"]).arg(&keys).arg("2048").output();
    assert!(made.expect("this test needs the program openssl").status.success());
    let variables = |post_grade| {
        [
            ("EDX_URL", edx.site.clone()),
            ("POST_GRADE", post_grade),
            ("TEST_USER", "ada".into()),
            ("LTI_CONSUMER_KEY", "test-key".into()),
            ("LTI_CONSUMER_SECRET", SECRET.into()),
            ("LTI13_PRIVATE_KEY_PATH", keys.to_str().unwrap().into()),
            ("OTTER_SERVICE_PASSBACK_ALLOW_PRIVATE", "127.0.0.1".into()),
            ("OTTER_SERVICE_LOG_LEVEL", "trace".into()),
        ]
    };
    let start = |post_grade: &str| {
        let variables = variables(post_grade.to_owned());
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Service::start_with(&dir.path().join("data"), &sample("course"), &variables)
    };

    let service = start("False");
    let id = service.submit(&lab01_beginning_with("x = 1"));
    assert_eq!(service.ended(&id)["status"], "graded", "{}", service.log());
    assert_eq!(delivered(&service, &id)["state"], "withheld");
    assert_eq!(wait(edx.published()), []);
    let resend = format!("api/v1/submissions/{id}/resend");
    let (status, answer) = service.post_to(&resend, String::new());
    assert!(status < 300, "{status} {answer}");
    let delivery = delivered(&service, &id);
    assert_eq!(delivery["state"], "posted", "{delivery}");
    let first = wait(edx.published());
    assert_eq!(first.len(), 1);
    assert_eq!(service.get("lti/jwks")["keys"][0]["alg"], "RS256");
    let (status, log) = service.end_by(Signal::SIGTERM);
    assert!(status.success() && !log.contains(SECRET) && log.contains("grade posted"), "{log}");

    let service = start("True");
    // Without its code it has another grade, so there is something to post.
    let mut empty = submission("lab01-ada.ipynb");
    empty["cells"].as_array_mut().unwrap().retain(|cell| cell["cell_type"] != "code");
    let id = service.submit(&empty);
    let seen = service.ended(&id);
    assert_eq!(delivered(&service, &id)["state"], "posted", "{}", service.log());
    let published = wait(edx.published());
    assert_eq!(published.len(), 2);
    let part = seen["grade"]["score"].as_f64().unwrap() / seen["grade"]["max_score"].as_f64().unwrap();
    assert!((published[1].1 - part).abs() < 1e-8, "{published:?} {seen}");
    assert!((published[0].1 - published[1].1).abs() > 0.01, "{published:?}");
    let (status, log) = service.end_by(Signal::SIGTERM);
    assert!(status.success() && !log.contains(SECRET), "{log}");
}
