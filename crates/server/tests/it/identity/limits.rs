//! How often somebody may come.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use axum::{body::Body, extract::ConnectInfo, http::Request};
use serde_json::json;
use server::testing::{Answer, Options, PREFIX, TestApp};

use super::{
    behind_a_hub,
    browser::{Browser, state_of},
    page_posts::{comes_back, posts},
    roles::rules,
    submit, submit_at, token,
};

async fn nobody(test: &TestApp, forwarded_for: &str) -> Answer {
    nobody_at(test, "api/v1/me", forwarded_for).await
}

async fn nobody_at(test: &TestApp, path: &str, forwarded_for: &str) -> Answer {
    let request = Request::get(format!("{PREFIX}{path}")).header("x-forwarded-for", forwarded_for);
    let mut request = request.body(Body::empty()).unwrap();
    let proxy = SocketAddr::from((IpAddr::from([10, 0, 0, 1]), 5000));
    request.extensions_mut().insert(ConnectInfo(proxy));
    test.send(request).await
}

#[tokio::test]
async fn a_user_submits_so_often_in_a_minute() {
    let (test, _hub) = behind_a_hub(Options { per_minute: (2, 0), ..Options::default() }).await;
    submit(&test, "ada", "x = 1").await;
    submit(&test, "ada", "x = 2").await;
    let refused = submit_at(&test, "ada", "", "x = 3").await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "30"), "{}", refused.text());
    submit(&test, "bob", "x = 1").await;
    test.clock.advance(Duration::from_secs(30));
    submit(&test, "ada", "x = 3").await;
    test.finish_leaving(4).await;
}

#[tokio::test]
async fn who_submits_too_often_is_told_before_the_notebook_is_kept() {
    let (test, _hub) = behind_a_hub(Options { per_minute: (1, 0), ..Options::default() }).await;
    submit(&test, "ada", "x = 1").await;
    let large = "x".repeat(2 << 20);
    assert_eq!(submit_at(&test, "ada", "", &large).await.status, 429, "not 413, for which it is read");
    test.finish_leaving(1).await;
}

#[tokio::test]
async fn staff_are_limited_as_themselves_and_pages_of_the_hub_as_their_users() {
    let options = Options { roles: rules(), per_minute: (2, 0), ..Options::default() };
    let (test, hub) = behind_a_hub(options).await;
    hub.knows(&token("prof"), "prof", &json!({"groups": ["data8-staff"]}));
    let mut told = Vec::new();
    for content in ["x = 1", "x = 2", "x = 3"] {
        told.push(submit_at(&test, "prof", "api/v1/submissions?user=ada", content).await.status.as_u16());
    }
    assert_eq!(told, [202, 202, 429], "each once");
    let browser = Browser::new(&test);
    told.clear();
    for content in ["x = 4", "x = 5", "x = 6"] {
        let state = state_of(posts(&browser, content).await.header("location"));
        told.push(comes_back(&browser, &state, &token("ada")).await.status.as_u16());
    }
    assert_eq!(told, [202, 202, 429]);
    test.finish_leaving(4).await;
}

#[tokio::test]
async fn an_address_asks_so_often_without_saying_who_it_is() {
    let options = Options { per_minute: (0, 2), proxies: "10.0.0.1", ..Options::default() };
    let (test, _hub) = behind_a_hub(options).await;
    let mut told = Vec::new();
    for address in ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "6.6.6.6, 192.0.2.1"] {
        told.push(nobody(&test, address).await.status.as_u16());
    }
    assert_eq!(told, [401, 401, 429, 401, 429], "and what the client itself wrote does not count");
    test.finish().await;
}

#[tokio::test]
async fn signing_in_is_asking_without_saying_who_it_is() {
    let options = Options { per_minute: (0, 2), proxies: "10.0.0.1", ..Options::default() };
    let (test, _hub) = behind_a_hub(options).await;
    for (path, address, usual) in [
        ("login", "192.0.2.1", 302),
        ("oauth_callback?state=forged&code=forged", "192.0.2.2", 400),
        ("oauth_callback", "192.0.2.3", 400),
    ] {
        let mut told = Vec::new();
        for _ in 0..3 {
            told.push(nobody_at(&test, path, address).await.status.as_u16());
        }
        assert_eq!(told, [usual, usual, 429], "{path}");
    }
    test.finish().await;
}
