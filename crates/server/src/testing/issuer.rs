//! Somebody who signs ID tokens, as a test tells them to: a sign-in provider, or a learning platform.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use model::ambient::Clock;
use oidc::{LtiPlatform, OidcSettings, Provider};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::PREFIX;
use crate::{LtiRegistration, UserClaim};

/// As what the service is known to it.
pub const CLIENT: &str = "otter";
/// Where browsers find the service.
const PUBLIC: &str = "https://grade.example.org";

/// Somebody who signs ID tokens, as a test tells them to.
pub struct TestIssuer {
    at: SocketAddr,
    key: EcdsaKeyPair,
    granted: Mutex<Value>,
    is_away: AtomicBool,
}

impl TestIssuer {
    /// Starts it at a free port.
    pub async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let at = listener.local_addr().expect("an address");
        let (random, kind) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let key = EcdsaKeyPair::generate_pkcs8(kind, &random).expect("a new key");
        let key = EcdsaKeyPair::from_pkcs8(kind, key.as_ref(), &random).expect("the key just made");
        let issuer = Arc::new(Self { at, key, granted: Mutex::default(), is_away: AtomicBool::new(false) });
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .with_state(Arc::clone(&issuer));
        tokio::spawn(async move { axum::serve(listener, app).await });
        issuer
    }

    /// Where it is.
    #[must_use]
    pub fn at(&self) -> SocketAddr {
        self.at
    }

    /// What it calls itself.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    /// The next codes are worth a token that says this.
    pub fn grants(&self, claims: Value) {
        *self.granted.lock().unwrap_or_else(PoisonError::into_inner) = claims;
    }

    /// It answers nothing of use for a while.
    pub fn go_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::Relaxed);
    }

    /// A token that says this, signed.
    #[must_use]
    pub fn token(&self, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({"alg": "ES256", "kid": "k"})), part(claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes()).expect("a key that can sign");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// It as a learning platform of that name.
    #[must_use]
    pub fn platform(&self, name: &str) -> LtiRegistration {
        let url = |path: &str| format!("{}{path}", self.url()).parse().expect("a plain URL");
        LtiRegistration {
            users: name.parse().expect("a name"),
            name: name.parse().expect("a name"),
            platform: LtiPlatform {
                issuer: self.url(),
                client_id: CLIENT.into(),
                deployment_ids: vec!["1".into()],
                auth_url: url("/authorize"),
                token_url: url("/token"),
                jwks_url: url("/jwks"),
                allow_private: true,
            },
            user: UserClaim::Subject,
            courses: BTreeSet::new(),
        }
    }

    /// The service's side of a sign-in there.
    pub(super) fn provider(at: SocketAddr, clock: Arc<dyn Clock>) -> Provider {
        let settings = OidcSettings {
            issuer: format!("http://{at}").parse().expect("a plain URL"),
            client_id: CLIENT.into(),
            client_secret: Some("a secret of the tests".into()),
            scopes: vec!["email".into()],
            user_claim: "email".into(),
            groups_claim: Some("groups".into()),
            redirect_url: public("oauth_callback").parse().expect("a plain URL"),
            allow_private: true,
        };
        Provider::new(settings, clock).expect("settings that can work")
    }
}

/// An address of the service, as browsers see it.
pub(super) fn public(path: &str) -> String {
    format!("{PUBLIC}{PREFIX}{path}")
}

async fn discovery(State(issuer): State<Arc<TestIssuer>>) -> Response {
    if issuer.is_away.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let at = |path: &str| format!("{}{path}", issuer.url());
    Json(json!({
        "issuer": issuer.url(),
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/jwks"),
        "end_session_endpoint": at("/end"),
    }))
    .into_response()
}

async fn jwks(State(issuer): State<Arc<TestIssuer>>) -> Response {
    if issuer.is_away.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let (x, y) = issuer.key.public_key().as_ref()[1..].split_at(32);
    let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let key = json!({"kty": "EC", "crv": "P-256", "kid": "k", "use": "sig", "x": text(x), "y": text(y)});
    Json(json!({ "keys": [key] })).into_response()
}

async fn token(State(issuer): State<Arc<TestIssuer>>) -> Response {
    if issuer.is_away.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let claims = issuer.granted.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Json(json!({"access_token": "a", "token_type": "Bearer", "id_token": issuer.token(&claims)}))
        .into_response()
}
