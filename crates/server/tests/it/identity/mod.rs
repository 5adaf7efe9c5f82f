//! Who asks, how they came in, and what they may do.

pub(crate) mod browser;
mod cross_site;
mod headers;
mod limits;
mod oidc;
mod page_posts;
mod roles;
mod sign_in;
mod tokens;

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::{Value, json};
use server::testing::{Answer, Options, PREFIX, TestApp, TestHub, TestWay, notebook};

/// An application behind a hub that knows ada, bob and prof by tokens of their own names.
pub(crate) async fn behind_a_hub(options: Options) -> (TestApp, Arc<TestHub>) {
    let (hub, at) = TestHub::start().await;
    for name in ["ada", "bob", "prof"] {
        hub.knows(&token(name), name, &json!({}));
    }
    (TestApp::with(Options { way: TestWay::Hub(at), ..options }).await, hub)
}

/// A token long enough not to be found by chance.
pub(crate) fn token(name: &str) -> String {
    format!("token-of-{name}")
}

pub(crate) async fn get(test: &TestApp, name: &str, path: &str) -> Answer {
    let request = Request::get(format!("{PREFIX}{path}")).header(header::AUTHORIZATION, bearer(name));
    test.send(request.body(Body::empty()).unwrap()).await
}

pub(crate) async fn submit(test: &TestApp, name: &str, content: &str) -> Value {
    let answer = submit_at(test, name, "", content).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.json()
}

async fn submit_at(test: &TestApp, name: &str, query: &str, content: &str) -> Answer {
    let request = Request::post(format!("{PREFIX}{query}"))
        .header(header::AUTHORIZATION, bearer(name))
        .header(header::ACCEPT, "application/json");
    test.send(request.body(body(content)).unwrap()).await
}

fn bearer(name: &str) -> String {
    format!("Bearer {}", token(name))
}

fn body(content: &str) -> Body {
    Body::from(json!({"nb": notebook(content)}).to_string())
}
