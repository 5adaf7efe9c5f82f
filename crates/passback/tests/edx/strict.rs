//! A verifier of OAuth 1 that is stricter than edX: oauthlib's.

use std::{
    io::Write,
    process::{Command, Stdio},
    sync::Arc,
};

use model::ambient::{Clock, SystemClock};
use passback::{Consumer, Destination, OutcomePlace, Outcomes};
use serde_json::json;

use crate::{
    peer::{edx_python, shared},
    support::{StandIn, caller, grade, says},
};

/// Verifies each request it reads; all again at the end, which are replays then.
const PROGRAM: &str = "import json, sys
sys.path.insert(0, sys.argv[1])
from oauth_strict import V, verify
asked = json.load(sys.stdin)
strict = V('test-key', 's3cret & more')
def check(asked): return verify(strict, asked['url'], asked['headers'], asked['body'])[0]
print(json.dumps([[check(one) for one in asked], [check(one) for one in asked]]))";

#[tokio::test]
async fn a_strict_platform_accepts_our_requests_once() {
    let Some(edx) = shared() else { return };
    let platform = StandIn::start(|_| says(200, "application/xml", "")).await;
    let consumer = Arc::new(Consumer::new("test-key", "s3cret & more").unwrap());
    let composed = OutcomePlace::compose(&platform.site, "A+B+C", "1", "zoë & <b>").unwrap();
    let url = platform.url("/mod/lti/service.php?a=1%202&b=x+y&a=%C3%A9&c");
    let launched = OutcomePlace::given(url.as_str(), "{\"data\":{\"instanceid\":\"4\"}}").unwrap();
    for place in [composed.clone(), composed, launched] {
        let caller = caller(&platform.site, Arc::new(SystemClock));
        let outcomes = Outcomes::new(caller, Arc::clone(&consumer), place);
        outcomes.send(&grade(1.0, 3.0, SystemClock.now())).await;
    }
    let asked = platform.asked().into_iter().map(|asked| {
        let headers = json!({
            "Authorization": asked.headers["authorization"],
            "Content-Type": asked.headers["content-type"],
        });
        json!({"url": format!("{}{}", platform.site, asked.uri), "headers": headers, "body": asked.body})
    });
    let asked = json!(asked.collect::<Vec<_>>());
    let mut python = Command::new(edx_python())
        .args(["-c", PROGRAM])
        .arg(edx)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    python.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.trim(), "[[true, true, true], [false, false, false]]");
}
