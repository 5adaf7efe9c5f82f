//! Headers that depend on how a request came.

use std::net::{IpAddr, SocketAddr};

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, header},
};
use server::testing::{Answer, Options, PREFIX, TestApp, TestWay};

use super::behind_a_hub;

async fn from(test: &TestApp, peer: [u8; 4], pairs: &[(&str, &str)], path: &str) -> Answer {
    let mut request = Request::get(format!("{PREFIX}{path}"));
    for (name, value) in pairs {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((IpAddr::from(peer), 5000))));
    test.send(request).await
}

#[tokio::test]
async fn behind_tls_cookies_are_secure_and_browsers_are_told_to_stay_with_it() {
    let (test, _hub) = behind_a_hub(Options { proxies: "10.0.0.1", ..Options::default() }).await;
    let tls = [("x-forwarded-proto", "https,http")];
    let answer = from(&test, [10, 0, 0, 1], &tls, "login").await;
    assert!(answer.header(header::SET_COOKIE).ends_with("; HttpOnly; SameSite=Lax; Secure"));
    assert_eq!(answer.header(header::STRICT_TRANSPORT_SECURITY), "max-age=31536000");
    for (peer, pairs) in [([10, 0, 0, 2], &tls[..]), ([10, 0, 0, 1], &[])] {
        let answer = from(&test, peer, pairs, "login").await;
        assert!(!answer.header(header::SET_COOKIE).contains("Secure"), "{peer:?}");
        assert_eq!(answer.header(header::STRICT_TRANSPORT_SECURITY), "", "{peer:?}");
    }
    test.finish().await;
}

async fn policy_of(test: &TestApp) -> String {
    let request = Request::get(format!("{PREFIX}signed-out")).body(Body::empty()).unwrap();
    test.send(request).await.header(header::CONTENT_SECURITY_POLICY).to_owned()
}

#[tokio::test]
async fn only_configured_sites_may_frame_the_pages() {
    let test = TestApp::new().await;
    assert!(policy_of(&test).await.ends_with("frame-ancestors 'none'"));
    test.finish().await;
    let frame_ancestors = vec!["https://courses.edx.org".to_owned(), "'self'".to_owned()];
    let test = TestApp::with(Options { frame_ancestors, ..Options::default() }).await;
    assert!(policy_of(&test).await.ends_with("frame-ancestors https://courses.edx.org 'self'"));
    test.finish().await;
}

#[tokio::test]
async fn a_header_says_who_it_is_only_where_that_is_wished_and_a_trusted_proxy_sent_it() {
    let options = Options {
        way: TestWay::Tokens,
        proxies: "10.0.0.1",
        trust_client_header: true,
        ..Options::default()
    };
    let test = TestApp::with(options).await;
    let ada = [("x-otter-user", "ada")];
    let answer = from(&test, [10, 0, 0, 1], &ada, "api/v1/me").await;
    assert_eq!(answer.json()["way"], "trusted_header");
    assert_eq!(from(&test, [10, 0, 0, 2], &ada, "api/v1/me").await.status, 401);
    let via = [("x-otter-user", "ada"), ("x-forwarded-for", "10.0.0.1")];
    assert_eq!(from(&test, [10, 0, 0, 2], &via, "api/v1/me").await.status, 401);
    assert_eq!(from(&test, [10, 0, 0, 1], &[], "api/v1/me").await.status, 401);
    test.finish().await;
}
