//! How often somebody may come.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use axum::{body::Body, extract::ConnectInfo, http::Request};
use server::testing::{Answer, Options, PREFIX, TestApp};

use super::{behind_a_hub, submit, submit_at};

async fn nobody(test: &TestApp, forwarded_for: &str) -> Answer {
    let request = Request::get(format!("{PREFIX}api/v1/me")).header("x-forwarded-for", forwarded_for);
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
