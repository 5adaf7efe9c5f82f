//! Starts edX's code, and ends it.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use outbound::{Outbound, OutboundError, Policy, Url};
use serde_json::Value;
use tempfile::TempDir;
use testbed::{free_port, python};

/// Where the shared peers are.
#[expect(clippy::print_stderr, reason = "whoever runs the tests is to see what is skipped")]
pub(crate) fn shared() -> Option<PathBuf> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let named = std::env::var_os("SHARED").map(PathBuf::from);
    let edx = named.unwrap_or_else(|| root.join("../shared")).join("peers/edx");
    if edx.join("edx_peer.py").is_file() {
        return Some(edx);
    }
    let why = "there are no peers in $SHARED or ../shared";
    eprintln!("SKIPPED edX: {why}");
    let list = root.join("target/skipped.txt");
    fs::create_dir_all(list.parent().unwrap()).unwrap();
    let before = fs::read_to_string(&list).unwrap_or_default();
    fs::write(list, format!("{before}SKIPPED edX: {why}\n")).unwrap();
    None
}

/// The Python that edX's code runs in. It does not say that it needs `cryptography`.
pub(crate) fn edx_python() -> PathBuf {
    python("lti", &["lti-consumer-xblock==11.4.4", "cryptography"]).unwrap()
}

pub(crate) struct Edx {
    process: Child,
    folder: TempDir,
    pub(crate) site: String,
}

impl Edx {
    /// Starts it with more arguments. `None` where the peers are not.
    pub(crate) async fn start(arguments: &[&str]) -> Option<Self> {
        let edx = shared()?.join("edx_peer.py");
        Some(Self::run(&edx, arguments).await)
    }

    /// Starts it, or a script that does more, with more arguments.
    pub(crate) async fn run(script: &Path, arguments: &[&str]) -> Self {
        let python = edx_python();
        let (folder, port) = (tempfile::tempdir().unwrap(), free_port().unwrap());
        let log = File::create(folder.path().join("log")).unwrap();
        let process = Command::new(python)
            .arg(script)
            .args(["--port", &port.to_string()])
            .args(arguments)
            // Where it keeps its database.
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stderr(log.try_clone().unwrap())
            .stdout(log)
            .spawn()
            .unwrap();
        let mut peer = Self { process, folder, site: format!("http://127.0.0.1:{port}") };
        let up = tokio::time::timeout(Duration::from_mins(2), peer.wait_until_up()).await;
        up.unwrap_or_else(|_| panic!("edX does not come up"));
        peer
    }

    async fn wait_until_up(&mut self) {
        while self.ask("state").await.is_err() {
            if let Some(status) = self.process.try_wait().unwrap() {
                panic!("edX ended with {status}:\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// What it has recorded, and under what names it goes.
    pub(crate) async fn state(&self) -> Value {
        self.ask("state").await.unwrap()
    }

    /// One of the answers that it has for tests only.
    pub(crate) async fn ask(&self, what: &str) -> Result<Value, OutboundError> {
        let policy = Policy::default().allow(self.site.parse().unwrap()).allow_private("127.0.0.1").unwrap();
        let url = Url::parse(&format!("{}/_peer/{what}", self.site)).unwrap();
        Outbound::new(policy).unwrap().get(url).send().await?.json(1_000_000).await
    }

    /// The grades that it has published, in order: user and part of the whole.
    pub(crate) async fn published(&self) -> Vec<(u64, f64)> {
        let state = self.state().await;
        let events = state["events"].as_array().unwrap().iter();
        let grades = events.filter(|event| event["publish"] == "grade");
        grades
            .map(|event| {
                let part = event["value"].as_f64().unwrap() / event["max_value"].as_f64().unwrap();
                (event["user_id"].as_u64().unwrap(), part)
            })
            .collect()
    }
}

impl Drop for Edx {
    #[expect(clippy::print_stderr, reason = "a failed test shows what the other side says")]
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if std::thread::panicking() {
            let log = self.log();
            let last: Vec<_> = log.lines().rev().take(40).collect();
            eprintln!("{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
    }
}
