//! Launches by edX's own code, lti-consumer-xblock.

use std::{
    io::{self, BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
};

use model::ambient::SystemClock;
use oidc::{LtiLogin, LtiPlatform, LtiRole, LtiTool};
use outbound::{Outbound, Policy, Site, Url};
use serde_json::{Value, json};
use testbed::or_skip;

const LAUNCH: &str = "https://grade.example.org/lti/launch";
const CLIENT: &str = "otter-client";
const PLATFORM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/edx_platform.py");

struct Edx {
    process: Child,
    url: String,
    http: Outbound,
}

impl Edx {
    fn start() -> Option<Self> {
        let python = testbed::python("lti", &["lti-consumer-xblock==11.4.4", "cryptography"]);
        or_skip("a launch by edX's own code", python.and_then(Self::run))
    }

    fn run(python: PathBuf) -> io::Result<Self> {
        let mut process = Command::new(python)
            .args([PLATFORM, CLIENT, LAUNCH])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut url = String::new();
        BufReader::new(process.stdout.take().expect("it is piped")).read_line(&mut url)?;
        let url = url.trim().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "it did not come up: {url:?}");
        let site: Site = url.parse().unwrap();
        let policy = Policy::default().allow_private(site.host()).unwrap().allow(site);
        Ok(Self { process, url, http: Outbound::new(policy).unwrap() })
    }

    fn tool(&self) -> LtiTool {
        let at = |path: &str| format!("{}{path}", self.url).parse().unwrap();
        let platform = LtiPlatform {
            issuer: self.url.clone(),
            client_id: CLIENT.into(),
            deployment_ids: vec!["1".into()],
            auth_url: at("/authorize"),
            token_url: at("/token"),
            jwks_url: at("/jwks"),
            allow_private: true,
        };
        LtiTool::new(vec![platform], LAUNCH.parse().unwrap(), Arc::new(SystemClock)).unwrap()
    }

    async fn get(&self, url: &str) -> Value {
        let answer = self.http.get(url.parse().unwrap()).send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json(100_000).await.unwrap();
        assert!(status.is_success(), "{url}: {body}");
        body
    }

    /// What edX sends the browser with.
    async fn begin(&self, user: &str, role: &str) -> LtiLogin {
        let url = self.get(&format!("{}/begin?user={user}&role={role}", self.url)).await;
        let url: Url = url.as_str().unwrap().parse().unwrap();
        let pairs: serde_json::Map<_, _> =
            url.query_pairs().map(|(name, value)| (name.into_owned(), json!(value))).collect();
        serde_json::from_value(pairs.into()).unwrap()
    }
}

impl Drop for Edx {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[tokio::test]
async fn edx_launches() {
    let Some(edx) = Edx::start() else { return };
    let tool = edx.tool();
    for (user, role, is) in [
        ("ada", "student", LtiRole::Learner),
        ("grace", "staff", LtiRole::Staff),
        ("joan", "instructor", LtiRole::Staff),
        // Who helps in the forum is a student.
        ("eve", "Community%20TA", LtiRole::Learner),
    ] {
        let login = edx.begin(user, role).await;
        let url = tool.authorize_url(&login, "our-state", "our-nonce").unwrap();
        let posted = edx.get(&url).await;
        assert_eq!(posted["state"], "our-state");
        let id_token = posted["id_token"].as_str().unwrap();
        let launch = tool.verify(id_token, "our-nonce").await.unwrap();
        assert_eq!((launch.subject.as_str(), launch.role), (user, is), "{role}");
        assert_eq!(launch.custom["otter_assignment"], "88e/1/lab01");
        assert_eq!(launch.context_id.as_deref(), Some("course-v1:a+b+c"));
        assert_eq!(launch.resource_link_id, "block-v1:a+b+c+type@lti_consumer+block@1");
        let ags = launch.ags.unwrap();
        assert_eq!(ags.lineitem.unwrap().as_str(), format!("{}/lineitems/1", edx.url));
        assert!(ags.scopes.contains("https://purl.imsglobal.org/spec/lti-ags/scope/score"));
        assert!(tool.verify(id_token, "another-nonce").await.is_err());
    }
}
