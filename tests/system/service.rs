//! A running `otter-service serve`.

use std::{
    fs::File,
    path::Path,
    process::{Child, ExitStatus},
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

/// A service on a free port. Killed when dropped.
pub(crate) struct Service {
    child: Child,
    port: u16,
    log: std::path::PathBuf,
}

impl Service {
    /// Starts it on the sample course and waits until it is ready.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, &sample("course"), &[])
    }

    /// Starts it on other materials, with more variables.
    pub(crate) fn start_with(data: &Path, materials: &Path, variables: &[(&str, &str)]) -> Self {
        let port = free_port();
        let log = data.with_extension(format!("{port}.log"));
        let child = program()
            .args(["serve", "--listen", &format!("127.0.0.1:{port}"), "--python", python()])
            .arg("--data")
            .arg(data)
            .arg("--materials")
            .arg(materials)
            .envs(variables.iter().copied())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut service = Self { child, port, log };
        let began = Instant::now();
        while service.try_get("readyz").is_none() {
            assert!(service.child.try_wait().unwrap().is_none(), "it ended at once:\n{}", service.log());
            assert!(began.elapsed() < Duration::from_mins(1), "it is not ready:\n{}", service.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        service
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/services/otter_grade/{path}", self.port)
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
        let request =
            reqwest::Client::new().post(self.url("")).header("accept", "application/json").body(body);
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

    fn try_get(&self, path: &str) -> Option<()> {
        let url = self.url(path);
        wait(async { reqwest::get(url).await.ok().filter(|answer| answer.status().is_success()).map(|_| ()) })
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

/// A port that was free a moment ago.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
