//! Tokens of the hub in `Authorization`.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use testbed::jupyterhub::JupyterHub;

use crate::{
    browser::Browser,
    cases::{
        servers::body,
        sessions::{me, signed_in},
    },
    http,
    stage::{SERVICE_TOKEN, Stage},
};

/// A token that was good, and a session at the hub that was open, and are not any more.
pub(crate) struct Revoked {
    token: String,
    browser: Browser,
    at: Instant,
}

/// Uses a token and has the hub revoke it; signs in and signs out at the hub, but not here.
pub(crate) fn revoke(stage: &Stage) -> Revoked {
    let (token, id) = stage.token_of("ada", None);
    stage.me(&token).expect(200);
    stage.api(Method::DELETE, &format!("users/ada/tokens/{id}"), &Value::Null);
    let mut browser = signed_in(stage, "ada");
    me(stage, &mut browser).expect(200);
    browser.open_until("/hub/logout", "ada", |url| url.path().ends_with("/hub/login"));
    Revoked { token, browser, at: Instant::now() }
}

/// The service asks the hub again after half a minute, and waits at most ten seconds for its answer. Other cases have
/// used most of that time.
pub(crate) fn is_refused(stage: &Stage, revoked: &mut Revoked) {
    sleep(Duration::from_secs(40).saturating_sub(revoked.at.elapsed()));
    let refused = stage.me(&revoked.token).expect(401);
    assert!(refused.header("www-authenticate").starts_with("Bearer"), "{:?}", refused.headers);
    assert!(revoked.browser.cookie("otter-session").is_some(), "it still has its cookie");
    me(stage, &mut revoked.browser).expect(401);
}

pub(crate) fn schemes(stage: &Stage) {
    let (token, _) = stage.token_of("ada", None);
    for scheme in ["token", "Bearer", "bearer"] {
        let request = http::request(Method::GET, &stage.url("api/v1/me"));
        let me = http::send(request.header("authorization", format!("{scheme} {token}"))).expect(200).json();
        assert_eq!((&me["user"], &me["way"]), (&json!("ada"), &json!("hub_token")), "{scheme}: {me}");
    }
    for wrong in [format!("Basic {token}"), "Bearer".into(), "token made-up".into(), token.clone()] {
        let request = http::request(Method::GET, &stage.url("api/v1/me"));
        let answer = http::send(request.header("authorization", &wrong).header("accept", "application/json"));
        assert_eq!(answer.status, 401, "{}: {}", wrong.replace(&token, "TOKEN"), answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{:?}", answer.headers);
        assert!(!answer.text.contains(&token));
    }
    assert!(!stage.log().contains(&token), "a token is in the log");
}

pub(crate) fn wrong_scope(stage: &Stage) {
    let (narrow, _) = stage.token_of("ada", Some(&["access:services!service=otter_grade"]));
    assert_eq!(stage.me(&narrow).expect(200).json()["user"], "ada");
    for scopes in [["read:users:name!user=ada"], ["access:services!service=otter_managed"]] {
        let (other, _) = stage.token_of("ada", Some(&scopes));
        let problem = stage.me(&other).expect(403).json();
        let lines = problem["snippet"].as_str().unwrap();
        assert!(lines.contains("access:services!service=otter_grade"), "{problem}");
    }
}

/// Services' tokens, this one's own too, are nobody's, even where a user has that name (attack 61).
pub(crate) fn posing(stage: &Stage) {
    stage.token_of("probe", None);
    stage.token_of("otter_grade", None);
    for token in [JupyterHub::PROBE, SERVICE_TOKEN] {
        let refused = stage.me(token);
        assert!([401, 403].contains(&refused.status), "{} {}", refused.status, refused.text);
        assert!(refused.text.contains("service"), "it says why: {}", refused.text);
        let refused = stage.ask(Method::POST, "", token, &body("lab01-ada.ipynb"));
        assert!([401, 403].contains(&refused.status), "{} {}", refused.status, refused.text);
    }
}

/// What a client says of itself changes nothing.
pub(crate) fn forged_headers(stage: &Stage) {
    let forged = |request: reqwest::RequestBuilder| {
        let referer = format!("{}/user/prof/lab/tree/lab01.ipynb", stage.site());
        let request = request.header("x-otter-user", "prof").header("referer", referer);
        let request = request.header("x-forwarded-user", "prof").header("remote-user", "prof");
        http::send(request.header("x-forwarded-prefix", "/user/prof/").header("accept", "application/json"))
    };
    let (token, _) = stage.token_of("ada", None);
    let me = forged(http::request(Method::GET, &stage.url("api/v1/me")).bearer_auth(&token));
    assert_eq!(me.expect(200).json()["user"], "ada");
    forged(http::request(Method::GET, &stage.url("api/v1/me"))).expect(401);
    let body = body("lab01-ada.ipynb");
    let submitted = forged(http::request(Method::POST, &stage.url("")).bearer_auth(&token).body(body));
    let id = submitted.expect(202).json()["id"].as_str().unwrap().to_owned();
    let kept = stage.ask(Method::GET, &format!("api/v1/submissions/{id}"), &token, "");
    assert_eq!(kept.expect(200).json()["user"], "ada");
}
