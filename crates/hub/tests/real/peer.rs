//! Starts a real JupyterHub, and ends it.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Duration};

use hub::{Hub, HubOptions, HubSettings, Token};
use model::ambient::SystemClock;
use outbound::{Outbound, Policy};
use reqwest::Method;
use serde_json::{Value, json};
use testbed::{
    jupyterhub::JupyterHub,
    or_skip,
    peers::{HubVersion, Peers},
};

pub(crate) struct Peer {
    hub: JupyterHub,
    pub(crate) port: u16,
}

impl Peer {
    /// Starts a hub, with lines added to its configuration. `None` where none is installed and none can be.
    pub(crate) async fn start(version: HubVersion, snippets: &[String]) -> Option<Self> {
        let peers = or_skip("JupyterHub", Peers::get())?;
        // Whoever makes a client first brings the cryptography for all of the process.
        Outbound::new(Policy::default()).unwrap();
        let here = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real"));
        let mut hub = JupyterHub::new(&peers, version, &here.join("jupyterhub_config.py")).unwrap();
        for (number, snippet) in snippets.iter().enumerate() {
            fs::write(hub.folder().join(format!("{number}.snippet")), snippet).unwrap();
        }
        hub.variable("TEST_HUB_PLACEHOLDER", here.join("placeholder.py").to_str().unwrap());
        let port = hub.port();
        // The hub waits for a service of its that does not answer.
        let grading = tokio::net::TcpListener::bind(("127.0.0.1", port + 2)).await.unwrap();
        tokio::spawn(async move { axum::serve(grading, axum::Router::new()).await });
        let hub = tokio::task::spawn_blocking(move || hub.start().map(|()| hub)).await.unwrap().unwrap();
        Some(Self { hub, port })
    }

    /// Asks its API as a service that may do much.
    pub(crate) async fn api(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("http://127.0.0.1:{}/hub/api/{path}", self.port + 81);
        let request = reqwest::Client::new().request(method, url).bearer_auth(JupyterHub::PROBE);
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
        let file = self.hub.folder().join(format!("{name}.json"));
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
        self.hub.stop();
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
            let log = self.hub.log();
            let last: Vec<_> = log.lines().rev().take(40).collect();
            eprintln!("{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
        }
    }
}
