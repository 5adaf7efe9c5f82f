//! Sessions of browsers: signing in by the hub, the cookie, signing out, and where a sign-in may lead.

use reqwest::{Method, header::HeaderValue};
use serde_json::json;

use crate::{
    browser::{Browser, hidden},
    http,
    stage::{EXTERNAL, Stage},
};

/// A browser in which a user has signed in.
pub(crate) fn signed_in(stage: &Stage, user: &str) -> Browser {
    let mut browser = stage.browser();
    let page = browser.open(EXTERNAL, user).expect(200);
    assert_eq!(page.url.path(), EXTERNAL);
    browser
}

/// Asks as a script in a page of the service's own does.
pub(crate) fn me(stage: &Stage, browser: &mut Browser) -> http::Answer {
    let request = http::request(Method::GET, &stage.url("api/v1/me")).header("accept", "application/json");
    browser.send(request.header("sec-fetch-site", "same-origin"))
}

pub(crate) fn cookie(stage: &Stage) {
    let mut browser = signed_in(stage, "ada");
    let answer = me(stage, &mut browser).expect(200);
    let seen = answer.json();
    assert_eq!((&seen["user"], &seen["way"]), (&json!("ada"), &json!("hub_session")));
    assert_eq!(answer.headers.contains_key("strict-transport-security"), stage.is_secure());
    let cookie = browser.cookie("otter-session").unwrap();
    let attributes: Vec<_> = cookie.whole.split(';').skip(1).map(|part| part.trim().to_lowercase()).collect();
    for attribute in ["httponly", "samesite=lax", &format!("path={EXTERNAL}")] {
        assert!(attributes.iter().any(|a| a == attribute), "{attribute}: {attributes:?}");
    }
    let no = |name: &str| !attributes.iter().any(|a| a.starts_with(name));
    assert!(no("domain") && no("secure") != stage.is_secure(), "{attributes:?}");
    // Changed by one letter, it is nobody's.
    let mut letters: Vec<char> = cookie.value.chars().collect();
    let middle = letters.len() / 2;
    letters[middle] = if letters[middle] == 'A' { 'B' } else { 'A' };
    let forged: String = letters.into_iter().collect();
    let mut other = stage.browser().with_cookie(&format!("otter-session={forged}; Path={EXTERNAL}"));
    me(stage, &mut other).expect(401);
    assert!(!stage.log().contains(&cookie.value), "the cookie is in the log");
}

pub(crate) fn sign_out(stage: &Stage) {
    let mut browser = signed_in(stage, "ada");
    let page = browser.send(browser.page(&format!("{EXTERNAL}logout"))).expect(200);
    let form = format!("token={}", hidden(&page.text, "token"));
    let post = |form: String| {
        let request = http::request(Method::POST, &stage.url("logout")).body(form);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        request.header("sec-fetch-site", "same-origin").header("accept", "text/html")
    };
    let refused = browser.send(post("token=made-up".into()));
    assert!((400..500).contains(&refused.status), "without the form's own token: {}", refused.status);
    me(stage, &mut browser).expect(200);
    let answer = browser.send(post(form)).expect(303);
    assert_eq!(answer.leads_to().unwrap().path(), format!("{EXTERNAL}signed-out"));
    assert!(browser.cookie("otter-session").is_none());
    browser.send(browser.page(&format!("{EXTERNAL}signed-out"))).expect(200);
    me(stage, &mut browser).expect(401);
    // A program is told so, a person is led to sign in.
    let led = browser.send(browser.page(EXTERNAL));
    assert_eq!(led.leads_to().unwrap().path(), format!("{EXTERNAL}login"));
}

pub(crate) fn next(stage: &Stage) {
    let grades = format!("{EXTERNAL}?from=login");
    for (next, ends_at) in [
        (grades.as_str(), grades.as_str()),
        ("//evil.example/services/otter_grade/", EXTERNAL),
        ("https://evil.example/", EXTERNAL),
        ("/\\evil.example/", EXTERNAL),
        ("/hub/logout", EXTERNAL),
        ("/services/otter_grade/../../hub/logout", EXTERNAL),
        ("javascript:alert(1)", EXTERNAL),
        ("/services/otter_grade/\r\nset-cookie: a=b", EXTERNAL),
    ] {
        let mut login = reqwest::Url::parse(&stage.url("login")).unwrap();
        login.query_pairs_mut().append_pair("next", next);
        let mut browser = stage.browser();
        let answer = browser.open(login.as_str(), "ada");
        // Either it goes to the first page, or it says at once that this is no place to go.
        if answer.status == 200 {
            let query = answer.url.query().map_or_else(String::new, |query| format!("?{query}"));
            assert_eq!(format!("{}{query}", answer.url.path()), ends_at, "{next:?}");
            assert_eq!(answer.url.origin().ascii_serialization(), stage.site());
        } else {
            assert!(answer.status == 400 && ends_at == EXTERNAL, "{next:?}: {}", answer.status);
        }
        assert!(browser.cookie("a").is_none());
    }
    // A callback that nobody asked for signs nobody in.
    let mut browser = stage.browser();
    for path in ["oauth_callback", "oauth_callback?code=x&state=y", "oauth_callback?error=access_denied"] {
        let answer = browser.send(browser.page(&format!("{EXTERNAL}{path}")));
        assert!((400..500).contains(&answer.status), "{path}: {}", answer.status);
        assert!(browser.cookie("otter-session").is_none());
    }
}

pub(crate) fn framing(stage: &Stage) {
    let mut browser = signed_in(stage, "ada");
    for path in ["", "logout", "signed-out", "no-such-page", "api/v1/me", "static/style.css"] {
        let answer = browser.send(browser.page(&format!("{EXTERNAL}{path}")));
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.headers.get("x-content-type-options"), Some(&HeaderValue::from_static("nosniff")));
        assert!(!answer.headers.contains_key("strict-transport-security"), "this hub has no TLS");
    }
}
