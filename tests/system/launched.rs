//! From a link in edX to the grade in its gradebook, without a hub (LTI 1.3). The test is the browser, and the proxy that
//! gives the service its public address.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use outbound::Url;
use reqwest::{RequestBuilder, header, redirect};
use serde_json::{Value, json};

use crate::{
    edx::{Edx, shared},
    notebooks::submission,
    sample::sample,
    service::Service,
    support::root,
};

/// The service as browsers and edX see it.
const TOOL: &str = "https://grade.example.org/services/otter_grade/";

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// Starts edX with a block of LTI 1.3 that leads to the tool, for `lab01`. `None` where the peers are not.
fn edx() -> Option<Edx> {
    let peer = shared()?.join("edx_peer.py");
    let script = root().join("tests/system/edx_launches.py");
    let link = ["--tool", TOOL, "--assignment", "data-101/fall26/lab01", "--user", "ada", "--user", "bob"];
    let arguments = [&["--peer", peer.to_str().unwrap()][..], &link].concat();
    Some(wait(Edx::run(&script, &arguments)))
}

/// The service's configuration, with what Studio shows.
fn configuration(edx: &Edx) -> String {
    let studio = wait(edx.ask("studio")).unwrap();
    let shown = |name: &str| studio[name].as_str().unwrap();
    format!(
        "[server]\npublic_url = \"https://grade.example.org\"\n[identity]\nmode = \"tokens\"\n\
         [passback]\npost_grade = true\n[lti.edx]\nissuer = \"{}\"\nclient_id = \"{}\"\ndeployment_ids = \"{}\"\n\
         auth_url = \"{}\"\ntoken_url = \"{}\"\njwks_url = \"{}\"\ncourses = \"data-101\"\nallow_private = \"yes\"\n",
        edx.site,
        shown("client_id"),
        shown("deployment_id"),
        shown("oidc_callback"),
        shown("token_url"),
        shown("keyset_url"),
    )
}

fn start(dir: &Path, edx: &Edx) -> Service {
    let (config, key) = (dir.join("otter-service.toml"), dir.join("lti13.pem"));
    fs::write(&config, configuration(edx)).unwrap();
    let made = Command::new("openssl").args(["genrsa", "-out"]).arg(&key).arg("2048").output();
    assert!(made.expect("this test needs the program openssl").status.success());
    let variables = [
        ("OTTER_SERVICE_CONFIG", config.to_str().unwrap()),
        ("LTI13_PRIVATE_KEY_PATH", key.to_str().unwrap()),
        ("OTTER_SERVICE_LOG_LEVEL", "trace"),
    ];
    let service = Service::start_with(&dir.join("data"), &sample("course"), &variables);
    wait(edx.ask(&format!("keys?url={}", service.url("lti/jwks")))).unwrap();
    service
}

/// A browser with the cookies of the service.
struct Browser<'a> {
    service: &'a Service,
    cookies: RefCell<BTreeMap<String, String>>,
}

struct Answer {
    status: u16,
    location: String,
    text: String,
}

impl<'a> Browser<'a> {
    fn new(service: &'a Service) -> Self {
        Self { service, cookies: RefCell::default() }
    }

    /// Follows a link.
    fn goes(&self, url: &str) -> Answer {
        self.send(url, "none", |client, url| client.get(url).header("accept", "text/html"))
    }

    /// What a script of the service's own pages gets.
    fn fetches(&self, path: &str) -> (u16, Value) {
        let answer = self.send(&format!("{TOOL}{path}"), "same-origin", reqwest::Client::get);
        (answer.status, serde_json::from_str(&answer.text).unwrap())
    }

    /// Submits a notebook, as the extension does from a page of this site or another one.
    fn submits(&self, notebook: &Value, site: &str) -> (u16, Value) {
        let body = json!({ "nb": notebook });
        let answer = self.send(TOOL, site, |client, url| {
            client.post(url).header("accept", "application/json").json(&body)
        });
        (answer.status, serde_json::from_str(&answer.text).unwrap())
    }

    /// Sends a request, with the cookies that a browser sends along with one from there.
    fn send(
        &self,
        url: &str,
        site: &str,
        request: impl FnOnce(&reqwest::Client, String) -> RequestBuilder,
    ) -> Answer {
        let client = reqwest::Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        let Some(path) = url.strip_prefix(TOOL) else {
            return self.answer(request(&client, url.into()), false);
        };
        let held = self.cookies.borrow();
        let sent = held.iter().filter(|(_, cookie)| site != "cross-site" || cookie.contains("SameSite=None"));
        let pairs: Vec<_> = sent.map(|(_, cookie)| cookie.split(';').next().unwrap()).collect();
        let request = request(&client, self.service.url(path)).header("sec-fetch-site", site);
        let request = request.header(header::COOKIE, pairs.join("; "));
        drop(held);
        self.answer(request, true)
    }

    fn answer(&self, request: RequestBuilder, is_kept: bool) -> Answer {
        wait(async {
            let answer = request.send().await.unwrap();
            let text = |value: &header::HeaderValue| value.to_str().unwrap().to_owned();
            for cookie in answer.headers().get_all(header::SET_COOKIE).iter().map(text).filter(|_| is_kept) {
                assert!(cookie.contains("; HttpOnly") && cookie.contains("; Secure"), "{cookie}");
                let name = cookie.split_once('=').unwrap().0.to_owned();
                let mut held = self.cookies.borrow_mut();
                let is_gone = cookie.contains("; Max-Age=0;");
                if is_gone {
                    held.remove(&name)
                } else {
                    held.insert(name, cookie)
                };
            }
            let status = answer.status().as_u16();
            let location = answer.headers().get(header::LOCATION).map(text).unwrap_or_default();
            Answer { status, location, text: answer.text().await.unwrap() }
        })
    }

    /// Presses the block's button in edX, and gives the ID token that edX makes.
    fn launches(&self, edx: &Edx, user: &str) -> String {
        let button = self.goes(&format!("{}/_peer/open?user={user}", edx.site));
        assert!(button.location.starts_with(&format!("{TOOL}lti/login?")), "{}", button.location);
        let login = self.goes(&button.location);
        assert_eq!(login.status, 302, "{}", login.text);
        let form = self.goes(&login.location);
        assert!(form.text.contains(&format!("action=\"{TOOL}lti/launch\"")), "{}", form.text);
        let field = |name: &str| {
            let input = format!("<input name=\"{name}\" value=\"");
            form.text.split(&input).nth(1).and_then(|rest| rest.split('"').next()).unwrap()
        };
        let fields = [("state", field("state")), ("id_token", field("id_token"))];
        let body =
            Url::parse_with_params("http://form.invalid/", fields).unwrap().query().unwrap().to_owned();
        let launched = self.send(&format!("{TOOL}lti/launch"), "cross-site", |client, url| {
            let form = client.post(url).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
            form.header(header::ORIGIN, &edx.site).body(body)
        });
        assert_eq!(launched.status, 303, "{}\n{}", launched.text, self.service.log());
        let page = self.goes(&format!("https://grade.example.org{}", launched.location));
        assert_eq!(page.status, 200, "{}", page.text);
        field("id_token").to_owned()
    }

    /// Waits until a submission is graded and its grade is no longer under way.
    fn delivered(&self, id: &str) -> Value {
        let began = Instant::now();
        loop {
            let (status, seen) = self.fetches(&format!("api/v1/submissions/{id}"));
            assert_eq!(status, 200, "{seen}");
            if !matches!(seen["delivery"]["state"].as_str(), None | Some("pending" | "sending")) {
                return seen;
            }
            assert!(began.elapsed() < Duration::from_mins(5), "{seen}\n{}", self.service.log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

#[test]
fn who_is_launched_by_edx_submits_and_edx_has_the_grade() {
    let Some(edx) = edx() else { return };
    let dir = tempfile::tempdir().unwrap();
    let service = start(dir.path(), &edx);
    let sub = wait(edx.state())["external_ids"]["bob"].as_str().unwrap().to_owned();
    let (ada, bob) = (Browser::new(&service), Browser::new(&service));
    assert_eq!(bob.submits(&submission("lab01-bruno.ipynb"), "same-origin").0, 401, "not launched yet");
    ada.launches(&edx, "ada");
    let id_token = bob.launches(&edx, "bob");
    assert!(bob.cookies.borrow().keys().eq(["otter-session"]), "that of the launch is removed");
    let (_, me) = bob.fetches("api/v1/me");
    assert_eq!((&me["user"], &me["way"]), (&json!(format!("edx:{sub}")), &json!("lti_session")));

    assert_eq!(bob.submits(&submission("lab01-bruno.ipynb"), "cross-site").0, 403, "another site's page");
    let mut last = String::new();
    for (name, score, posted) in [("lab01-bruno.ipynb", 12.0, 1), ("lab01-ada.ipynb", 14.0, 2)] {
        let (status, accepted) = bob.submits(&submission(name), "same-origin");
        assert_eq!(status, 202, "{accepted}");
        let id = accepted["id"].as_str().unwrap();
        let seen = bob.delivered(id);
        assert_eq!(seen["delivery"]["state"], "posted", "{seen}\n{}", service.log());
        assert_eq!((&seen["grade"]["score"], &seen["user"]), (&json!(score), &me["user"]), "{seen}");
        assert_eq!(ada.fetches(&format!("api/v1/submissions/{id}")).0, 404, "it is another's");

        // One column, one learner: what edX has is this grade, and it was told of it once.
        let scores = wait(edx.state())["lti13"]["scores"].clone();
        assert_eq!(scores.as_array().unwrap().len(), 1, "{scores}");
        let expected = [json!(score), json!(14.0), json!("FullyGraded"), json!(sub)];
        assert_eq!(scores[0].as_array().unwrap()[1..], expected);
        let published = wait(edx.published());
        assert_eq!((published.len(), published[posted - 1]), (posted, (2, score / 14.0)));
        id.clone_into(&mut last);
    }
    let (status, again) = bob.fetches("api/v1/submissions");
    assert_eq!((status, &again["submissions"][0]["id"]), (200, &json!(last)), "{again}");

    let session = bob.cookies.borrow()["otter-session"].clone();
    let session = session.split(['=', ';']).nth(1).unwrap();
    let (status, log) = service.end_by(Signal::SIGTERM);
    assert!(status.success() && log.matches("grade posted").count() == 2, "{log}");
    assert_eq!(wait(edx.published()).len(), 2);
    assert!(!log.contains(&id_token) && !log.contains(session), "{log}");
}
