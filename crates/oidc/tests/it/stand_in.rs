//! A provider that says what it is told to say, and notes what it was asked.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use model::ambient::Clock;
use oidc::{OidcError, OidcSettings, OidcUser, Provider};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::keys::Key;

pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const CLIENT: &str = "otter";
pub(crate) const NONCE: &str = "nonce-of-this-sign-in";

/// What it says at a path.
#[derive(Debug, Clone)]
pub(crate) enum Says {
    Json(u16, Value),
    /// Text without an end in sight.
    Much,
    Redirect(String),
    /// Nothing, ever.
    Nothing,
}

/// What it was asked: path, authorization, body.
pub(crate) type Question = (String, String, String);

#[derive(Debug, Default)]
pub(crate) struct StandIn {
    pub(crate) url: String,
    says: Mutex<BTreeMap<String, Says>>,
    questions: Mutex<Vec<Question>>,
    seconds: AtomicI64,
}

impl Clock for StandIn {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW + self.seconds.load(Ordering::Relaxed)).unwrap()
    }
}

impl StandIn {
    /// One that describes itself, and says nothing else yet.
    pub(crate) async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let it = Arc::new(Self { url, ..Self::default() });
        it.describes(&json!({}));
        let app = Router::new().fallback(answer).with_state(Arc::clone(&it));
        tokio::spawn(async move { axum::serve(listener, app).await });
        it
    }

    /// Its discovery document, with some values changed.
    pub(crate) fn describes(&self, changes: &Value) {
        let at = |path: &str| format!("{}{path}", self.url);
        let mut document = json!({
            "issuer": self.url,
            "authorization_endpoint": at("/authorize?tenant=1"),
            "token_endpoint": at("/token"),
            "jwks_uri": at("/jwks"),
            "userinfo_endpoint": at("/userinfo"),
            "end_session_endpoint": at("/end"),
        });
        for (name, value) in changes.as_object().unwrap() {
            document[name] = value.clone();
        }
        self.json("/.well-known/openid-configuration", document);
    }

    pub(crate) fn says(&self, path: &str, says: Says) {
        self.says.lock().unwrap().insert(path.into(), says);
    }

    pub(crate) fn json(&self, path: &str, body: Value) {
        self.says(path, Says::Json(200, body));
    }

    /// Its keys are these.
    pub(crate) fn publishes(&self, keys: &[Value]) {
        self.json("/jwks", json!({ "keys": keys }));
    }

    /// The next code is worth this.
    pub(crate) fn grants(&self, id_token: &str) {
        self.json("/token", json!({"access_token": "access", "token_type": "Bearer", "id_token": id_token}));
    }

    /// What an honest one says of Ada.
    pub(crate) fn claims(&self) -> Value {
        json!({
            "iss": self.url, "aud": CLIENT, "sub": "42", "exp": NOW + 300, "iat": NOW, "nonce": NONCE,
            "email": "ada@example.org", "email_verified": true,
        })
    }

    /// The same, with one claim changed.
    pub(crate) fn claims_with(&self, name: &str, value: Value) -> Value {
        let mut claims = self.claims();
        claims[name] = value;
        claims
    }

    /// Grants an honest token of Ada, with a key that it publishes.
    pub(crate) fn is_honest(&self, key: &Key) {
        self.publishes(&[key.public("k")]);
        self.grants(&key.token("k", &self.claims()));
    }

    pub(crate) fn later(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    /// How often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.questions.lock().unwrap().iter().filter(|question| question.0 == path).count()
    }

    pub(crate) fn last_question(&self, path: &str) -> Question {
        let questions = self.questions.lock().unwrap();
        questions.iter().rfind(|question| question.0 == path).unwrap().clone()
    }

    /// How somebody would use it.
    pub(crate) fn settings(&self) -> OidcSettings {
        OidcSettings {
            issuer: self.url.parse().unwrap(),
            client_id: CLIENT.into(),
            client_secret: Some("a secret:with&signs".into()),
            scopes: vec!["email".into()],
            user_claim: "email".into(),
            groups_claim: None,
            redirect_url: "https://grade.example.org/oauth_callback".parse().unwrap(),
            allow_private: true,
        }
    }

    pub(crate) fn provider(self: &Arc<Self>) -> Provider {
        self.provider_with(self.settings())
    }

    pub(crate) fn provider_with(self: &Arc<Self>, settings: OidcSettings) -> Provider {
        Provider::new(settings, Arc::clone(self) as Arc<dyn Clock>).unwrap()
    }
}

/// Ends a sign-in that began.
pub(crate) async fn exchange(provider: &Provider) -> Result<OidcUser, OidcError> {
    provider.exchange("code", "verifier", NONCE).await
}

async fn answer(State(it): State<Arc<StandIn>>, uri: Uri, headers: HeaderMap, body: String) -> Response {
    let authorization = headers.get("authorization").map_or("", |value| value.to_str().unwrap());
    it.questions.lock().unwrap().push((uri.path().to_owned(), authorization.to_owned(), body));
    let says = it.says.lock().unwrap().get(uri.path()).cloned();
    match says {
        Some(Says::Json(status, value)) => {
            let status = StatusCode::from_u16(status).unwrap();
            (status, [("content-type", "application/json")], value.to_string()).into_response()
        }
        Some(Says::Much) => Body::from(" ".repeat(8 * 1024 * 1024)).into_response(),
        Some(Says::Redirect(to)) => (StatusCode::FOUND, [("location", to)]).into_response(),
        Some(Says::Nothing) => {
            tokio::time::sleep(Duration::from_hours(1)).await;
            StatusCode::OK.into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
