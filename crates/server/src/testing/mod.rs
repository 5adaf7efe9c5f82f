//! An application to test against: real SQLite, real materials, an engine and a clock under the test's control.

mod clock;
mod engine;
mod hub;
mod issuer;
mod options;
mod outage;

use std::{collections::BTreeMap, fs, io::Write, path::Path, sync::Arc, time::Duration};

use ::hub::StateKey;
use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use grading::Engine;
use http_body_util::BodyExt;
use materials::{FolderMaterials, Materials};
use model::{GradePolicy, NotebookLimits, ReceiptKey, SubmissionId, ambient::SystemEntropy};
use serde_json::{Value, json};
use store::{Delivery, SqliteStore, Store, WorkerId};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub use self::{
    clock::ManualClock,
    engine::{Act, ScriptedEngine, full_marks},
    hub::TestHub,
    issuer::{CLIENT, TestIssuer},
    options::{Options, TestWay},
    outage::OutageStore,
};
use crate::{
    App, Door, Intake, Limits, Lti, Pressure, Rules, SessionKey, Settings, Turnstile, WayIn, WorkSettings,
    Workers, Workshop, router,
};

/// The path below which a test's application serves.
pub const PREFIX: &str = "/services/otter_grade/";
/// What sessions are sealed with.
const SECRET: &str = "a secret of the tests";
/// Whose submissions a test's are.
pub const USER: &str = "ada";

/// An application without a port: requests go straight to its router.
///
/// End every test with [`TestApp::finish`], which fails if jobs are left over; a test that forgets it fails, too.
pub struct TestApp {
    /// The application's parts.
    pub app: Arc<App>,
    /// What it grades with.
    pub engine: Arc<ScriptedEngine>,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    /// Its store, which the test may take away.
    pub store: Arc<OutageStore>,
    router: Router,
    workers: Option<Workers>,
    folder: TempDir,
    finished: bool,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("a JSON answer")
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a text answer")
    }

    /// A header as text; empty if it is missing.
    #[must_use]
    pub fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a plain header"))
    }
}

impl TestApp {
    /// A new application in a folder of its own, with nobody working yet.
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    /// A new application that is set up differently.
    pub async fn with(options: Options) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write_materials(&folder.path().join("materials"));
        let sqlite = SqliteStore::open(&folder.path().join("test.sqlite")).await.expect("a database");
        let store = Arc::new(OutageStore::new(Arc::new(sqlite)));
        let clock = Arc::new(ManualClock::default());
        let materials = FolderMaterials::open(folder.path().join("materials"), folder.path().join("cache"));
        let materials = Arc::new(Materials::of_folder(materials.expect("the materials just written")));
        let shared_store = Arc::clone(&store) as Arc<dyn Store>;
        let rules =
            Rules { policy: GradePolicy::Latest, delivery: Delivery::Nowhere, courses: BTreeMap::new() };
        let workshop =
            Workshop::new(shared_store, materials, rules, Arc::clone(&clock) as _, Arc::new(SystemEntropy));
        let (key, states) = (SessionKey::of(&SECRET.into()), StateKey::of(&SECRET.into()));
        let way_in = match options.way {
            TestWay::SingleUser => WayIn::SingleUser(USER.parse().expect("a user name")),
            TestWay::Hub(at) => WayIn::Hub(Arc::new(TestHub::service(at, Arc::clone(&clock) as _))),
            TestWay::Oidc(at) => WayIn::Oidc(Arc::new(TestIssuer::provider(at, Arc::clone(&clock) as _))),
            TestWay::Tokens => WayIn::Tokens,
        };
        let launch = issuer::public("lti/launch").parse().expect("a plain URL");
        let lti = (!options.lti.is_empty()).then(|| {
            Lti::new(options.lti, launch, Arc::clone(&clock) as _).expect("platforms that can work")
        });
        let door = Door {
            roles: options.roles,
            proxies: options.proxies.parse().expect("addresses"),
            trust_client_header: options.trust_client_header,
            is_secure: options.is_secure,
            lti,
            limits: Limits::per_minute(options.per_minute.0, options.per_minute.1),
            ..Door::new(way_in, key, states)
        };
        let app = Arc::new(App {
            workshop: Arc::new(workshop),
            receipt_key: ReceiptKey::generate(&SystemEntropy),
            intake: Intake::new(options.intake.0, options.intake.1),
            pressure: Pressure::new(options.max_waiting),
            door,
            tool_keys: None,
            turnstile: Turnstile::default(),
            closing: CancellationToken::new(),
            settings: Settings {
                prefix: PREFIX.into(),
                max_submission_bytes: options.max_submission_bytes,
                notebook_limits: NotebookLimits::default(),
                frame_ancestors: options.frame_ancestors,
                skip_superseded: options.skip_superseded,
                webhook_secret: options.webhook_secret.map(Into::into),
            },
        });
        let engine = Arc::new(ScriptedEngine::default());
        let router = router(Arc::clone(&app));
        Self { app, engine, clock, store, router, workers: None, folder, finished: false }
    }

    /// Starts two workers.
    pub fn work(&mut self) {
        let settings = WorkSettings {
            jobs: 2,
            lease: Duration::from_secs(30),
            drain: Duration::from_millis(50),
            scratch: self.folder.path().to_owned(),
        };
        let engine = Arc::clone(&self.engine) as Arc<dyn Engine>;
        self.workers = Some(Workers::start(&self.app.workshop, &engine, &WorkerId("test".into()), &settings));
    }

    /// The materials' folder.
    #[must_use]
    pub fn materials(&self) -> std::path::PathBuf {
        self.folder.path().join("materials")
    }

    /// Says more about `lab01` in the materials' `course-config.json`.
    pub fn set(&self, settings: &Value) {
        let path = self.materials().join("course-config.json");
        let text = fs::read(&path).expect("the materials");
        let mut config: Value = serde_json::from_slice(&text).expect("what a test wrote");
        config["88e"]["1"]["settings"] = json!({ "lab01": settings });
        fs::write(path, config.to_string()).expect("a temporary folder");
    }

    /// Sends a request and reads the answer to its end.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("the router never fails");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body that can be read").to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// `GET`s a path below the prefix.
    pub async fn get(&self, path: &str) -> Answer {
        let request = Request::get(format!("{PREFIX}{path}")).body(Body::empty());
        self.send(request.expect("a plain request")).await
    }

    /// `POST`s a body as a program that wants JSON does.
    pub async fn post(&self, body: impl Into<Body>) -> Answer {
        let request = Request::post(PREFIX)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(body.into());
        self.send(request.expect("a plain request")).await
    }

    /// Submits a notebook for `lab01` that says `content`.
    pub async fn submit(&self, content: &str) -> SubmissionId {
        let answer =
            self.post(serde_json::to_vec(&json!({ "nb": notebook(content) })).expect("plain JSON")).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text());
        answer.json()["id"].as_str().and_then(|id| id.parse().ok()).expect("an id")
    }

    /// Waits until a submission has reached its last step, and gives the whole stream of its events.
    pub async fn follow(&self, id: SubmissionId) -> String {
        let answer = self.get(&format!("api/v1/submissions/{id}/events")).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.text().to_owned()
    }

    /// A submission as the API shows it.
    pub async fn submission(&self, id: SubmissionId) -> Value {
        self.get(&format!("api/v1/submissions/{id}")).await.json()
    }

    /// Stops the workers; running gradings get the short time that tests give.
    pub async fn stop(&mut self) {
        self.app.stopping.cancel();
        if let Some(workers) = self.workers.take() {
            workers.ended().await;
        }
        self.app.closing.cancel();
    }

    /// Stops everything and checks that no job is left over.
    pub async fn finish(self) {
        self.finish_leaving(0).await;
    }

    /// Stops everything and checks that just so many jobs wait.
    pub async fn finish_leaving(mut self, waiting: u64) {
        self.stop().await;
        self.finished = true;
        let left = self.store.queue(self.app.clock.now()).await.expect("a store that answers");
        assert_eq!((left.waiting, left.working), (waiting, 0), "jobs left over (waiting, being graded)");
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let is_well = self.finished || std::thread::panicking();
        assert!(is_well, "a test must end with TestApp::finish, which looks for jobs that are left over");
    }
}

/// A notebook for `lab01` of the test's course, with one cell.
#[must_use]
pub fn notebook(content: &str) -> Value {
    json!({
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"otter_service": {"course": "88e", "section": "1", "assignment": "lab01"}},
        "cells": [{"cell_type": "code", "id": "a1", "metadata": {}, "source": content, "outputs": [], "execution_count": null}],
    })
}

fn write_materials(root: &Path) {
    let config = json!({"88e": {"1": {
        "course_id": "BerkeleyX+Data88E+1T2026",
        "subpath_to_zips": "zips",
        "assignments": {"lab01": "c09d043b662b4b4b96fceacb1f4aa1c9", "lab02": "a1"},
    }}});
    fs::create_dir_all(root.join("zips")).expect("a temporary folder");
    fs::write(root.join("course-config.json"), config.to_string()).expect("a temporary folder");
    let file = fs::File::create(root.join("zips/lab01-autograder.zip")).expect("a temporary folder");
    let mut zip = zip::ZipWriter::new(file);
    zip.start_file("tests/q1.py", zip::write::SimpleFileOptions::default()).expect("a new zip");
    zip.write_all(b"OK_FORMAT = True\n").expect("a new zip");
    zip.finish().expect("a new zip");
}
