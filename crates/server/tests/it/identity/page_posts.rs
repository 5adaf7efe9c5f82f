//! What the published otter-submit posts: a notebook, and nothing that says whose.

use axum::{
    body::Body,
    http::{Method, header},
};
use serde_json::json;
use server::testing::{Answer, Options, PREFIX};

use super::{
    behind_a_hub, body,
    browser::{Browser, state_of},
    get, token,
};

pub(super) async fn posts(browser: &Browser<'_>, content: &str) -> Answer {
    let request = browser
        .request(Method::POST, "")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "*/*")
        .header("x-otter-user", "prof")
        .header("sec-fetch-site", "same-origin");
    browser.send(request.body(body(content)).unwrap()).await
}

pub(super) async fn comes_back(browser: &Browser<'_>, state: &str, code: &str) -> Answer {
    let request = browser.request(Method::GET, &format!("oauth_callback?state={state}&code={code}"));
    browser.send(request.header(header::ACCEPT, "*/*").body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn it_is_accepted_as_the_visitors_when_the_hub_has_said_who_that_is() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    let browser = Browser::new(&test);
    let asked = posts(&browser, "x = 1").await;
    assert_eq!(asked.status, 302, "{}", asked.text());
    let state = state_of(asked.header(header::LOCATION));
    let answer = comes_back(&browser, &state, &token("ada")).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    assert!(answer.text().starts_with("Your submission is being graded"));
    assert!(browser.cookies.borrow().is_empty(), "no session for a page of the hub's");
    let list = get(&test, "ada", "api/v1/submissions").await.json();
    assert_eq!(list["submissions"][0]["user"], "ada", "whatever the header said");
    assert_eq!(comes_back(&browser, &state, &token("ada")).await.status, 400, "once only");
    test.finish_leaving(1).await;
}

#[tokio::test]
async fn by_plain_http_a_browser_says_less_of_itself() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    let browser = Browser::new(&test);
    let from = |origin: &str| {
        let request = browser.request(Method::POST, "").header(header::HOST, "hub.example:8000");
        request.header(header::ORIGIN, origin).body(body("x = 1")).unwrap()
    };
    assert_eq!(test.send(from("http://hub.example:8000")).await.status, 302);
    assert_eq!(test.send(from("http://evil.example")).await.status, 403);
    test.finish().await;
}

#[tokio::test]
async fn what_came_in_time_is_in_time() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    test.set(&json!({"due": "2026-01-01T00:01:00Z"}));
    let browser = Browser::new(&test);
    let asked = posts(&browser, "x = 1").await;
    test.clock.advance(std::time::Duration::from_secs(90));
    let state = state_of(asked.header(header::LOCATION));
    let answer = comes_back(&browser, &state, &token("ada")).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    test.finish_leaving(1).await;
}

#[tokio::test]
async fn what_is_gone_when_its_user_is_known_was_not_accepted() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    let browser = Browser::new(&test);
    let asked = posts(&browser, "x = 1").await;
    test.clock.advance(std::time::Duration::from_mins(2));
    let state = state_of(asked.header(header::LOCATION));
    let answer = comes_back(&browser, &state, &token("ada")).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert_eq!(answer.json()["type"], "urn:otter-service:problem:stash-gone");
    assert!(browser.cookies.borrow().is_empty(), "it is no sign-in");
    test.finish().await;
}

#[tokio::test]
async fn nobody_ends_what_another_began_and_programs_are_not_sent_around() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    let (ada, bob) = (Browser::new(&test), Browser::new(&test));
    let state = state_of(posts(&ada, "x = 1").await.header(header::LOCATION));
    assert_eq!(comes_back(&bob, &state, &token("bob")).await.status, 400);
    let program = ada.request(Method::POST, PREFIX).body(body("x = 1")).unwrap();
    assert_eq!(test.send(program).await.status, 401);
    let other_site = ada.request(Method::POST, PREFIX).header("sec-fetch-site", "cross-site");
    assert_eq!(test.send(other_site.body(body("x = 1")).unwrap()).await.status, 403);
    let for_bob = ada.request(Method::POST, "?user=bob").header("sec-fetch-site", "same-origin");
    assert_eq!(
        test.send(for_bob.body(body("x = 1")).unwrap()).await.status,
        401,
        "in nobody's name but one's own"
    );
    let large = ada.request(Method::POST, PREFIX).header("sec-fetch-site", "same-origin");
    assert_eq!(test.send(large.body(Body::from(vec![b'x'; 2 << 20])).unwrap()).await.status, 413);
    test.finish().await;
}
