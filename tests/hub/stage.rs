//! A hub with the program as a service behind it, once started by the hub and once not.

use std::{fs, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use testbed::{
    jupyterhub::{JupyterHub, TlsProxy},
    or_skip,
    peers::{HubVersion, Peers},
};

use crate::{
    browser::Browser,
    course,
    edx::{self, Edx},
    http::{self, Answer},
    running::Running,
    support::{PROGRAM, program, root},
};

/// The service's own token, as the hub's configuration of these tests has it.
pub(crate) const SERVICE_TOKEN: &str = "external-0123456789abcdef";
/// The path of the service that the hub does not start; it grades.
pub(crate) const EXTERNAL: &str = "/services/otter_grade/";
/// The path of the service that the hub starts.
pub(crate) const MANAGED: &str = "/services/otter_managed/";

pub(crate) struct Stage {
    pub(crate) hub: JupyterHub,
    service: Option<Running>,
    tls: Option<TlsProxy>,
}

/// What there is on a stage.
struct Setup {
    /// Lines that are added to the hub's configuration.
    lines: Vec<String>,
    /// How the service grades that the hub does not start; without it there is none.
    external: Option<&'static str>,
    /// Whether the service that the hub starts need not find out anything before it can do its work.
    is_known: bool,
}

impl Stage {
    /// With the roles that the documentation tells operators to add.
    pub(crate) fn with_documented_roles(version: HubVersion) -> Option<Self> {
        // A warm Python takes some seconds to begin with; worth it where much is graded.
        let setup = Setup { lines: documented(), external: Some("warm"), is_known: false };
        Some(Self::prepare(version, &setup)?.start(&setup))
    }

    /// As an operator has it who has not read about roles.
    pub(crate) fn with_stock_roles(version: HubVersion) -> Option<Self> {
        let setup = Setup { lines: Vec::new(), external: Some("otter"), is_known: true };
        Some(Self::prepare(version, &setup)?.start(&setup))
    }

    /// Where users and services have hosts of their own.
    pub(crate) fn with_subdomains(version: HubVersion) -> Option<Self> {
        let lines = "c.JupyterHub.subdomain_host = f'http://hub.localhost:{PORT}'\nc.JupyterHub.load_roles = [\n\
                     {\"name\": \"user\", \"scopes\": [\"self\", \"access:services!service=otter_managed\"]}]\n";
        let setup = Setup { lines: vec![lines.to_owned()], external: None, is_known: true };
        Some(Self::prepare(version, &setup)?.start(&setup))
    }

    /// Where browsers come by https to a proxy before the hub's.
    pub(crate) fn with_tls(version: HubVersion) -> Option<Self> {
        let setup = Setup { lines: documented(), external: Some("otter"), is_known: true };
        let mut stage = Self::prepare(version, &setup)?.start(&setup);
        stage.tls = Some(TlsProxy::before(&stage.hub).unwrap());
        Some(stage)
    }

    /// Where people come from edX, and their grades go there.
    pub(crate) fn with_launches(version: HubVersion) -> Option<(Self, Edx)> {
        let setup = Setup { lines: documented(), external: Some("otter"), is_known: true };
        let mut stage = Self::prepare(version, &setup)?;
        let edx = Edx::start(stage.hub.port())?;
        stage.hub.variable("TEST_HUB_LTI", &format!("{}:{}", edx::KEY, edx::SECRET));
        course::posts_to(&stage.hub.folder().join("external"), &edx.site);
        Some((stage.start(&setup), edx))
    }

    /// Writes what is configured.
    fn prepare(version: HubVersion, setup: &Setup) -> Option<Self> {
        let peers = or_skip("JupyterHub", Peers::get())?;
        let config = root().join("tests/hub/jupyterhub_config.py");
        let mut hub = JupyterHub::new(&peers, version, &config).unwrap();
        let (external, managed) = (hub.folder().join("external"), hub.folder().join("managed"));
        course::write(&external, setup.external.unwrap_or("otter"));
        course::write(&managed, "otter");
        course::is_known(&external);
        if setup.is_known {
            course::is_known(&managed);
        }
        hub.variable("TEST_HUB_PROGRAM", PROGRAM);
        hub.variable("TEST_HUB_PAGES", if setup.lines.len() > 1 { "lab" } else { "none" });
        let stage = Self { hub, service: None, tls: None };
        for (number, lines) in setup.lines.iter().enumerate() {
            stage.add_lines(number, lines);
        }
        Some(stage)
    }

    fn start(mut self, setup: &Setup) -> Self {
        // The hub waits for its services, and they for it.
        self.service = setup.external.map(|_| self.external());
        self.hub.start().unwrap();
        if let Some(service) = &mut self.service {
            service.says("otter-service is ready", Duration::from_mins(2));
        }
        self
    }

    /// Adds lines to the hub's configuration, for its next start.
    pub(crate) fn add_lines(&self, number: usize, lines: &str) {
        fs::write(self.hub.folder().join(format!("{number}.snippet")), lines).unwrap();
    }

    fn external(&self) -> Running {
        let port = self.hub.port();
        let folder = self.hub.folder().join("external");
        let mut command = program();
        command
            .args(["serve", "--listen", &format!("127.0.0.1:{}", port + 2), "--config"])
            .arg(folder.join("otter-service.toml"))
            .env("JUPYTERHUB_SERVICE_NAME", "otter_grade")
            .env("JUPYTERHUB_API_URL", format!("http://127.0.0.1:{}/hub/api", port + 81))
            .env("JUPYTERHUB_API_TOKEN", SERVICE_TOKEN)
            .env("LTI_CONSUMER_KEY", edx::KEY)
            .env("LTI_CONSUMER_SECRET", edx::SECRET);
        Running::start(&mut command, &folder.join("data"))
    }

    /// Where browsers find the hub.
    pub(crate) fn site(&self) -> String {
        self.tls.as_ref().map_or_else(|| format!("http://127.0.0.1:{}", self.hub.port()), TlsProxy::site)
    }

    /// Whether they come by https.
    pub(crate) fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    /// A URL of the service that the hub does not start, through the hub's proxy.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{EXTERNAL}{path}", self.site())
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(&self.site())
    }

    /// Asks the hub's API as a service that may do much.
    pub(crate) fn api(&self, method: Method, path: &str, body: &Value) -> Value {
        let url = format!("http://127.0.0.1:{}/hub/api/{path}", self.hub.port() + 81);
        let request = http::request(method, &url).bearer_auth(JupyterHub::PROBE).body(body.to_string());
        let answer = http::send(request);
        assert!((200..300).contains(&answer.status), "{path}: {} {}", answer.status, answer.text);
        serde_json::from_str(&answer.text).unwrap_or_default()
    }

    /// A new token of a user, and its id; with all scopes of the user's unless some are named.
    pub(crate) fn token_of(&self, user: &str, scopes: Option<&[&str]>) -> (String, String) {
        let url = format!("http://127.0.0.1:{}/hub/api/users/{user}", self.hub.port() + 81);
        // Users are there already, or are made.
        http::send(http::request(Method::POST, &url).bearer_auth(JupyterHub::PROBE));
        let made = self.api(Method::POST, &format!("users/{user}/tokens"), &json!({ "scopes": scopes }));
        (made["token"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
    }

    /// Asks the service as the owner of a token.
    pub(crate) fn ask(&self, method: Method, path: &str, token: &str, body: &str) -> Answer {
        let request = http::request(method, &self.url(path)).bearer_auth(token);
        http::send(request.header("accept", "application/json").body(body.to_owned()))
    }

    /// What the service says of who the owner of a token is.
    pub(crate) fn me(&self, token: &str) -> Answer {
        self.ask(Method::GET, "api/v1/me", token, "")
    }

    /// What the service that the hub does not start has said.
    pub(crate) fn log(&self) -> String {
        self.service.as_ref().map_or_else(String::new, Running::log)
    }

    /// For the message of a failed test.
    pub(crate) fn last_words(&self) -> String {
        let last = |log: &str| {
            let lines: Vec<_> = log.lines().rev().take(40).collect();
            lines.into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        format!("the hub:\n{}\n\nthe service:\n{}", last(&self.hub.log()), last(&self.log()))
    }
}

/// The roles in `docs/how-to/run-behind-jupyterhub.md`.
fn documented() -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/how-to/run-behind-jupyterhub.md")).unwrap();
    let blocks = page.split("```python\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let roles: Vec<_> = blocks.filter(|block| block.contains("load_roles")).map(str::to_owned).collect();
    assert_eq!(roles.len(), 2, "roles for users and servers, and for staff");
    roles
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Before the folder goes that they write into.
        (self.service, self.tls) = (None, None);
    }
}
