//! A running `otter-service serve`.

use std::{
    fs::File,
    path::Path,
    process::{Child, ExitStatus},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use crate::{
    sample::{python, sample},
    support::program,
};

/// Numbers the logs of the services that a test starts.
static LOGS: AtomicU32 = AtomicU32::new(0);

/// A service on a free port. Killed when dropped.
pub(crate) struct Service {
    child: Child,
    address: String,
    log: std::path::PathBuf,
}

impl Service {
    /// Starts it on the sample course and waits until it is ready.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, &sample("course"), &[])
    }

    /// Starts it on other materials, with more variables.
    pub(crate) fn start_with(data: &Path, materials: &Path, variables: &[(&str, &str)]) -> Self {
        // What asks the service is an HTTP client, which wants to know who would do TLS.
        store::use_ring();
        let log = data.with_extension(format!("{}.log", LOGS.fetch_add(1, Ordering::Relaxed)));
        let child = program()
            .args(["serve", "--listen", "127.0.0.1:0", "--python", python()])
            .arg("--data")
            .arg(data)
            .arg("--materials")
            .arg(materials)
            .envs(variables.iter().copied())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut service = Self { child, address: String::new(), log };
        let began = Instant::now();
        while service.address.is_empty() {
            assert!(service.child.try_wait().unwrap().is_none(), "it ended at once:\n{}", service.log());
            assert!(began.elapsed() < Duration::from_mins(1), "it is not ready:\n{}", service.log());
            std::thread::sleep(Duration::from_millis(50));
            let log = service.log();
            let ready = log.lines().find(|line| line.contains("otter-service is ready"));
            let address = ready.and_then(|line| line.split("http://").nth(1)?.split('/').next());
            address.unwrap_or_default().clone_into(&mut service.address);
        }
        assert_eq!(service.get("readyz")["status"], "ready");
        service
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/services/otter_grade/{path}", self.address)
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap()
    }

    /// Submits a notebook and gives its id.
    pub(crate) fn submit(&self, notebook: &Value) -> String {
        let body = serde_json::json!({ "nb": notebook }).to_string();
        let (status, answer) = self.post(body);
        assert_eq!(status, 202, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn post(&self, body: String) -> (u16, Value) {
        self.post_to("", body)
    }

    pub(crate) fn post_to(&self, path: &str, body: String) -> (u16, Value) {
        let request =
            reqwest::Client::new().post(self.url(path)).header("accept", "application/json").body(body);
        wait(async {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.json().await.unwrap())
        })
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path)).unwrap()
    }

    pub(crate) fn text(&self, path: &str) -> String {
        let url = self.url(path);
        wait(async { reqwest::get(url).await.unwrap().text().await.unwrap() })
    }

    /// Waits until a submission is being graded.
    pub(crate) fn begins(&self, id: &str) {
        let began = Instant::now();
        while self.get(&format!("api/v1/submissions/{id}"))["status"] == "queued" {
            assert!(began.elapsed() < Duration::from_mins(1), "it is not graded:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until a submission is at its end, and gives what the API says of it.
    pub(crate) fn ended(&self, id: &str) -> Value {
        let began = Instant::now();
        loop {
            let seen = self.get(&format!("api/v1/submissions/{id}"));
            if !matches!(seen["status"].as_str(), Some("queued" | "grading")) {
                return seen;
            }
            assert!(began.elapsed() < Duration::from_mins(5), "it never ended: {seen}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Kills it as a loss of power would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal and waits for its end.
    pub(crate) fn end_by(mut self, signal: Signal) -> (ExitStatus, String) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
        let status = self.child.wait().unwrap();
        (status, self.log())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
