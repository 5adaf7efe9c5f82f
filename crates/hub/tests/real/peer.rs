//! Starts a real JupyterHub, and ends it.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use hub::{Hub, HubOptions, HubSettings, Token};
use model::ambient::SystemClock;
use outbound::{Outbound, Policy};
use reqwest::{Method, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const PROBE: &str = "probe-0123456789abcdef";
/// Its ports, counted from its first: the proxy, its API, the services, the hub.
const PORTS: [u16; 5] = [0, 1, 2, 3, 81];

pub(crate) struct Peer {
    process: Child,
    folder: TempDir,
    pub(crate) port: u16,
}

/// Where hubs are installed, if they are or can be.
pub(crate) fn installed(version: &str) -> Option<PathBuf> {
    let at_home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/otter-peers"));
    let peers = std::env::var_os("PEERS").map(PathBuf::from).or(at_home)?;
    let hub = peers.join(version).join("bin/jupyterhub");
    let beside = root().join("..").join("shared/peers/setup.sh");
    if !hub.is_file() && beside.is_file() {
        // It may start twice at once, for two tests.
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            let status = Command::new("bash").arg(&beside).arg(&peers).status().unwrap();
            assert!(status.success(), "{} failed", beside.display());
        });
    }
    hub.is_file().then_some(peers)
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Leaves a test out, loudly; on CI that is a failure.
pub(crate) fn skip(what: &str, why: &str) {
    assert!(std::env::var_os("CI").is_none(), "on CI nothing is skipped: {what}: {why}");
    eprintln!("SKIPPED {what}: {why}");
    let list = root().join("target/skipped.txt");
    fs::create_dir_all(list.parent().unwrap()).unwrap();
    let before = fs::read_to_string(&list).unwrap_or_default();
    fs::write(list, format!("{before}SKIPPED {what}: {why}\n")).unwrap();
}

/// Ports that nobody has, below those that the system gives out by itself.
fn free_ports() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let seed = u16::try_from(std::process::id() % 90).unwrap();
    loop {
        let first = 20_000 + (seed + NEXT.fetch_add(1, Ordering::Relaxed)) % 100 * 100;
        if PORTS.iter().all(|port| TcpListener::bind(("127.0.0.1", first + port)).is_ok()) {
            return first;
        }
    }
}

impl Peer {
    /// Starts one of the installed hubs, with lines added to its configuration. `None` where none is installed.
    pub(crate) async fn start(version: &str, snippets: &[String]) -> Option<Self> {
        let Some(peers) = installed(version) else {
            skip(
                "JupyterHub",
                "there is none in $PEERS or ~/.cache/otter-peers (crates/hub/tests/real/main.rs)",
            );
            return None;
        };
        // Whoever makes a client first brings the cryptography for all of the process.
        Outbound::new(Policy::default()).unwrap();
        let (folder, port) = (tempfile::tempdir().unwrap(), free_ports());
        for (number, snippet) in snippets.iter().enumerate() {
            fs::write(folder.path().join(format!("{number}.snippet")), snippet).unwrap();
        }
        let here = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real"));
        let path = [peers.join(version).join("bin"), peers.join("npm/node_modules/.bin")].into_iter();
        let rest = std::env::var_os("PATH").unwrap();
        let path = std::env::join_paths(path.chain(std::env::split_paths(&rest))).unwrap();
        // The hub waits for a service of its that does not answer.
        let grading = tokio::net::TcpListener::bind(("127.0.0.1", port + 2)).await.unwrap();
        tokio::spawn(async move { axum::serve(grading, axum::Router::new()).await });
        let log = File::create(folder.path().join("hub.log")).unwrap();
        let process = Command::new(peers.join(version).join("bin/jupyterhub"))
            .arg("-f")
            .arg(here.join("jupyterhub_config.py"))
            .current_dir(folder.path())
            .env("PATH", path)
            .env("TEST_HUB_PORT", port.to_string())
            .env("TEST_HUB_STATE", folder.path())
            .env("TEST_HUB_PLACEHOLDER", here.join("placeholder.py"))
            .stdin(Stdio::null())
            .stderr(log.try_clone().unwrap())
            .stdout(log)
            .spawn()
            .unwrap();
        let mut peer = Self { process, folder, port };
        in_time("the hub", peer.wait_until_up()).await;
        Some(peer)
    }

    async fn wait_until_up(&mut self) {
        loop {
            let url = format!("http://127.0.0.1:{}/hub/api/", self.port);
            // With subdomains only the hub's own leads to it.
            let host = format!("hub.localhost:{}", self.port);
            let answer = reqwest::Client::new().get(url).header("host", host).send().await;
            if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
                return;
            }
            if let Some(status) = self.process.try_wait().unwrap() {
                panic!("the hub ended with {status}:\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("hub.log")).unwrap()
    }

    /// Asks its API as a service that may do much.
    pub(crate) async fn api(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("http://127.0.0.1:{}/hub/api/{path}", self.port + 81);
        let request = reqwest::Client::new().request(method, url).bearer_auth(PROBE);
        let answer = request.body(body.to_string()).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
    }

    /// A token of a user, and its id; with all scopes of the user's unless some are named.
    pub(crate) async fn token_of(&self, user: &str, scopes: Option<&[&str]>) -> (Token, String) {
        let made = self.api(Method::POST, &format!("users/{user}/tokens"), json!({"scopes": scopes})).await;
        (token(made["token"].as_str().unwrap()), made["id"].as_str().unwrap().to_owned())
    }

    /// What the hub told a server or managed service when it started it.
    pub(crate) async fn told(&self, name: &str) -> BTreeMap<String, String> {
        let file = self.folder.path().join(format!("{name}.json"));
        let written = async {
            while !file.exists() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        in_time(name, written).await;
        serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
    }

    /// The grading service as somebody sets it up who manages it without the hub. It remembers nothing, so that what
    /// changes at the hub shows at once.
    pub(crate) fn service(&self) -> Hub {
        let settings = HubSettings::from_environment(|name| match name {
            "JUPYTERHUB_API_URL" => Some(format!("http://127.0.0.1:{}/hub/api", self.port + 81)),
            "JUPYTERHUB_API_TOKEN" => Some("external-0123456789abcdef".into()),
            "JUPYTERHUB_SERVICE_NAME" => Some("otter_grade".into()),
            _ => None,
        });
        open(settings.unwrap().unwrap())
    }

    /// Asks it to end, and waits until it has ended what it started.
    pub(crate) fn stop(&mut self) {
        if self.process.try_wait().unwrap().is_none() {
            let id = i32::try_from(self.process.id()).unwrap();
            kill_process(Pid::from_raw(id).unwrap(), Signal::TERM).unwrap();
            self.process.wait().unwrap();
        }
    }
}

/// Fails instead of waiting for ever.
async fn in_time(what: &str, up: impl Future<Output = ()>) {
    let waited = tokio::time::timeout(Duration::from_mins(2), up).await;
    waited.unwrap_or_else(|_| panic!("{what} does not come up"));
}

pub(crate) fn open(settings: HubSettings) -> Hub {
    let (known, unknown, away) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let options = HubOptions { known, unknown, away, ..HubOptions::default() };
    Hub::open(settings, options, Arc::new(SystemClock)).unwrap()
}

pub(crate) fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop();
        if std::thread::panicking() {
            let log = self.log();
            let last: Vec<_> = log.lines().rev().take(40).collect();
            eprintln!("{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
    }
}
