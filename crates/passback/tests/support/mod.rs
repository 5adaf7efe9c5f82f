//! What all tests here need: a platform that answers as it is told, grades, and keys.

use std::{
    collections::BTreeMap,
    process::Command,
    sync::{Arc, LazyLock, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Method, Response, Uri},
};
use jiff::Timestamp;
use model::{
    AssignmentKey, GradingId, Points, SubmissionId,
    ambient::{Clock, SystemClock, SystemEntropy},
};
use outbound::{Outbound, Policy, Url};
use passback::{Caller, GradeToSend};
use tokio::net::TcpListener;

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query, letter by letter.
    pub(crate) uri: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn is_to(&self, part: &str) -> bool {
        self.uri.contains(part)
    }

    /// A field of a form.
    pub(crate) fn field(&self, name: &str) -> String {
        let url = Url::parse(&format!("http://form/?{}", self.body)).unwrap();
        url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned()
    }
}

/// An answer.
pub(crate) struct Says(u16, pub(crate) Vec<(&'static str, String)>, String);

pub(crate) fn says(status: u16, kind: &str, body: impl Into<String>) -> Says {
    Says(status, vec![("content-type", kind.to_owned())], body.into())
}

/// A platform that answers by a rule and notes what it was asked.
pub(crate) struct StandIn {
    pub(crate) site: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl StandIn {
    pub(crate) async fn start(rule: impl Fn(&Asked) -> Says + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (notes, rule) = (Arc::clone(&asked), Arc::new(rule));
        let app =
            Router::new().fallback(async move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
                let text = |name: &str| headers[name].to_str().unwrap().to_owned();
                let asked = Asked {
                    method: method.to_string(),
                    uri: uri.to_string(),
                    headers: headers.keys().map(|name| (name.to_string(), text(name.as_str()))).collect(),
                    body: String::from_utf8(body.to_vec()).unwrap(),
                };
                let Says(status, headers, body) = rule(&asked);
                notes.lock().unwrap().push(asked);
                let mut response = Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                response.body(Body::from(body)).unwrap()
            });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { site, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.site)).unwrap()
    }
}

/// A client for one platform on this machine.
pub(crate) fn caller(site: &str, clock: Arc<dyn Clock>) -> Caller {
    let policy = Policy::default().allow(site.parse().unwrap()).allow_private("127.0.0.1").unwrap();
    Caller::new(Outbound::new(policy).unwrap(), clock, Arc::new(SystemEntropy))
}

pub(crate) fn grade(score: f64, max: f64, stamp: Timestamp) -> GradeToSend {
    let name = |text: &str| text.parse().unwrap();
    GradeToSend {
        grading: GradingId::new(&SystemClock, &SystemEntropy),
        submission: SubmissionId::new(&SystemClock, &SystemEntropy),
        user: "ada".parse().unwrap(),
        key: AssignmentKey { course: name("88e"), section: name("1"), assignment: name("lab01") },
        score: Points::new(score).unwrap(),
        max_score: Points::new(max).unwrap(),
        graded_at: "2026-11-23T11:00:00Z".parse().unwrap(),
        stamp,
        page: Some("https://hub.example/services/otter_grade/submissions/1".parse().unwrap()),
    }
}

/// Keys in PEM, made for this run, one in each form that there is.
pub(crate) static KEYS: LazyLock<[String; 2]> = LazyLock::new(|| {
    let make = |arguments: &[&str]| {
        let made = Command::new("openssl").args(arguments).output();
        let made = made.expect("this test needs the program openssl");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).unwrap()
    };
    [make(&["genrsa", "2048"]), make(&["genrsa", "-traditional", "2048"])]
});
