//! Pages of other sites and origins that want to write with the cookie of whoever opens them (attack 62).

use reqwest::Method;
use serde_json::json;

use crate::{
    cases::{servers::body, sessions::signed_in},
    chromium, http,
    stage::{EXTERNAL, Stage},
};

/// How many submissions a user has.
fn count(stage: &Stage, user: &str) -> usize {
    let (token, _) = stage.token_of(user, None);
    let list = stage.ask(Method::GET, "api/v1/submissions", &token, "").expect(200).json();
    list["submissions"].as_array().unwrap().len()
}

/// What browsers say of where a request comes from.
pub(crate) fn by_headers(stage: &Stage) {
    let mut browser = signed_in(stage, "chloe");
    let own = stage.site();
    let refused: [&[(&str, &str)]; 7] = [
        &[("sec-fetch-site", "cross-site"), ("content-type", "application/json")],
        &[("sec-fetch-site", "same-site"), ("content-type", "application/json")],
        &[("sec-fetch-site", "none"), ("content-type", "application/json")],
        &[("origin", "https://evil.example"), ("content-type", "application/json")],
        &[("origin", "null"), ("content-type", "application/json")],
        // What a form of any site could send.
        &[("sec-fetch-site", "same-origin"), ("content-type", "text/plain")],
        &[("content-type", "application/json")],
    ];
    let mut post = |headers: &[(&str, &str)]| {
        let request = http::request(Method::POST, &stage.url("")).body(body("lab01-chloe.ipynb"));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        browser.send(request.header("accept", "application/json"))
    };
    for headers in refused {
        let answer = post(headers);
        assert!([400, 403, 415].contains(&answer.status), "{headers:?}: {} {}", answer.status, answer.text);
    }
    post(&[("sec-fetch-site", "same-origin"), ("content-type", "application/json")]).expect(202);
    post(&[("origin", &own), ("content-type", "application/json")]).expect(202);
    assert_eq!(count(stage, "chloe"), 2);
}

/// A page at another port is of the same site, so its requests carry the cookie; one at `localhost` is of another.
pub(crate) fn in_chromium(stage: &Stage) {
    let asked = json!({
        "site": stage.site(), "service": EXTERNAL, "user": "emi",
        "body": body("lab01-emi.ipynb"),
    });
    let seen = chromium::run("other_origin.mjs", &asked);
    assert_eq!(seen["own"], 202, "a page of the service's own may: {seen}");
    assert!(seen["carried"].as_bool().unwrap(), "the cookie does come along from another port: {seen}");
    assert_eq!(count(stage, "emi"), 1, "{seen}");
    assert_eq!(seen["user_after"], "emi", "and nobody was signed out: {seen}");
}
