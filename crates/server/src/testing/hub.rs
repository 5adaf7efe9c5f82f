//! A hub that knows whom a test tells it.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{Form, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use hub::{Hub, HubOptions, HubSettings};
use model::ambient::Clock;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::PREFIX;

/// A hub that knows whom a test tells it. Each token is a code of a sign-in, too.
#[derive(Debug, Default)]
pub struct TestHub {
    users: Mutex<BTreeMap<String, Value>>,
    is_away: AtomicBool,
}

impl TestHub {
    /// Starts it at a free port; says where.
    pub async fn start() -> (Arc<Self>, SocketAddr) {
        let hub = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let at = listener.local_addr().expect("an address");
        let app = Router::new()
            .route("/hub/api/user", get(user))
            .route("/hub/api/oauth2/token", post(exchange))
            .route("/hub/api", get(version))
            .with_state(Arc::clone(&hub));
        tokio::spawn(async move { axum::serve(listener, app).await });
        (hub, at)
    }

    /// It knows a user by a token from now on, with what `more` says about them.
    pub fn knows(&self, token: &str, name: &str, more: &Value) {
        let mut user = json!({
            "kind": "user", "name": name, "admin": false, "groups": [],
            "scopes": ["access:services!service=otter_grade"],
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            user[key] = value.clone();
        }
        self.with(|users| users.insert(token.into(), user));
    }

    /// It does not know a token any more.
    pub fn revoke(&self, token: &str) {
        self.with(|users| users.remove(token));
    }

    /// It answers nothing of use for a while.
    pub fn go_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::Relaxed);
    }

    /// The service's side of it.
    pub(super) fn service(at: SocketAddr, clock: Arc<dyn Clock>) -> Hub {
        let settings = HubSettings::from_environment(|name| match name {
            "JUPYTERHUB_API_URL" => Some(format!("http://{at}/hub/api")),
            "JUPYTERHUB_API_TOKEN" => Some("token-of-the-service".into()),
            "JUPYTERHUB_SERVICE_NAME" => Some("otter_grade".into()),
            "JUPYTERHUB_SERVICE_PREFIX" => Some(PREFIX.into()),
            _ => None,
        });
        let settings = settings.expect("good variables").expect("the variables of a hub");
        Hub::open(settings, HubOptions::default(), clock).expect("a hub that can be asked")
    }

    fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<String, Value>) -> T) -> T {
        act(&mut self.users.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn user(State(hub): State<Arc<TestHub>>, headers: HeaderMap) -> Response {
    if hub.is_away.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let value = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = value.rsplit(' ').next().unwrap_or_default();
    match hub.with(|users| users.get(token).cloned()) {
        Some(user) => Json(user).into_response(),
        None => (StatusCode::FORBIDDEN, Json(json!({"status": 403}))).into_response(),
    }
}

async fn version(State(hub): State<Arc<TestHub>>) -> Response {
    if hub.is_away.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    Json(json!({"version": "6.1.1"})).into_response()
}

async fn exchange(State(hub): State<Arc<TestHub>>, Form(asked): Form<BTreeMap<String, String>>) -> Response {
    let code = asked.get("code").cloned().unwrap_or_default();
    let is_known = hub.with(|users| users.contains_key(&code));
    if is_known && asked.contains_key("code_verifier") {
        Json(json!({"access_token": code, "token_type": "Bearer"})).into_response()
    } else {
        (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant"}))).into_response()
    }
}
