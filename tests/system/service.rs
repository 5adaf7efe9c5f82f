//! A running `otter-service serve`.

use std::{
    path::Path,
    process::ExitStatus,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::{
    running::Running,
    sample::{python, sample},
    support::program,
};

/// A service on a free port. Killed when dropped.
pub(crate) struct Service {
    running: Running,
    address: String,
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
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0", "--python", python()]).arg("--data").arg(data);
        command.arg("--materials").arg(materials).envs(variables.iter().copied());
        let mut running = Running::start(&mut command, data);
        let ready = running.says("otter-service is ready", Duration::from_mins(1));
        let address =
            ready.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
        let service = Self { running, address };
        assert_eq!(service.get("readyz")["status"], "ready");
        service
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/services/otter_grade/{path}", self.address)
    }

    pub(crate) fn log(&self) -> String {
        self.running.log()
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

    /// What somebody with a token gets.
    pub(crate) fn get_as(&self, token: &str, path: &str) -> Value {
        let request = reqwest::Client::new().get(self.url(path)).bearer_auth(token);
        wait(async { request.send().await.unwrap().json().await.unwrap() })
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
    pub(crate) fn kill(self) {
        self.running.kill();
    }

    /// Sends a signal and waits for its end.
    pub(crate) fn end_by(self, signal: Signal) -> (ExitStatus, String) {
        self.running.end_by(signal)
    }
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
