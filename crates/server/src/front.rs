//! What answers before the service is ready: building a Python environment takes minutes, and a hub ends if a service that
//! it has started does not answer soon.

use std::sync::{Arc, OnceLock};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use serde_json::json;
use tower::ServiceExt;

/// Seconds after which a client may try again.
const RETRY_AFTER_S: u64 = 5;
/// What people see meanwhile. It comes back by itself.
const PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\
    <title>Starting · otter-service</title><h1>The service is starting</h1>\
    <p>This page looks again every few seconds.</p></html>";

/// Answers that the service is starting, until there is a router that answers for it.
#[derive(Clone)]
pub struct Front {
    /// The path below which the service will be.
    prefix: Arc<str>,
    ready: Arc<OnceLock<Router>>,
}

impl Front {
    /// Before a service that will be below a path.
    #[must_use]
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.into(), ready: Arc::default() }
    }

    /// From now on, this answers.
    pub fn open(&self, router: Router) {
        // It is opened once.
        self.ready.set(router).ok();
    }

    /// What to serve from the start.
    pub fn router(&self) -> Router {
        Router::new().fallback(answer).with_state(self.clone())
    }
}

async fn answer(State(front): State<Front>, request: Request) -> Response {
    let Some(router) = front.ready.get() else { return starting(&front.prefix, &request) };
    match router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn starting(prefix: &str, request: &Request) -> Response {
    let path = request.uri().path();
    if path.ends_with("/healthz") {
        return Json(json!({"status": "starting"})).into_response();
    }
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let is_read = [Method::GET, Method::HEAD].contains(request.method());
    if is_read && ["/", prefix, prefix.trim_end_matches('/')].contains(&path) {
        // 200: to a hub that waits for the service it has started, 503 means that nothing is there, and it gives up.
        let again = (header::REFRESH, HeaderValue::from(RETRY_AFTER_S));
        return ([again, no_store], Html(PAGE)).into_response();
    }
    let problem = json!({
        "type": "urn:otter-service:problem:starting",
        "title": "Not available now",
        "status": 503,
        "detail": "The service is starting. If you were submitting: it was not accepted.",
        "advice": "Try again in a minute.",
    });
    let headers = [
        (header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S)),
        (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")),
        no_store,
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers, problem.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, routing::get};

    use super::*;

    #[tokio::test]
    async fn it_says_that_it_is_starting_until_it_is_open() {
        let front = Front::new("/services/otter_grade/");
        let router = front.router();
        let ask = async |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            (answer.status().as_u16(), answer.headers().contains_key(header::RETRY_AFTER))
        };
        assert_eq!(ask("/services/otter_grade/").await, (200, false));
        assert_eq!(ask("/services/otter_grade/submissions/1").await, (503, true));
        assert_eq!(ask("/readyz").await, (503, true));
        assert_eq!(ask("/healthz").await, (200, false));
        front.open(Router::new().route("/readyz", get(async || "ready")));
        assert_eq!(ask("/readyz").await, (200, false));
        assert_eq!(ask("/else").await, (404, false));
    }
}
