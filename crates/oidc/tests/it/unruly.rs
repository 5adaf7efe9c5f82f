//! Providers that answer too much, too late, from elsewhere, or something else.

use std::time::Duration;

use oidc::{OidcError, OidcSettings};
use serde_json::json;

use crate::{
    keys::ec,
    stand_in::{Says, StandIn, exchange},
};

const DISCOVERY: &str = "/.well-known/openid-configuration";
const ALL: [&str; 4] = [DISCOVERY, "/token", "/jwks", "/userinfo"];

/// One at which the userinfo is needed, too.
async fn stand_in() -> std::sync::Arc<StandIn> {
    let it = StandIn::start().await;
    let key = ec();
    it.publishes(&[key.public("k")]);
    it.grants(&key.token("k", &it.claims_with("email", json!(null))));
    it.json("/userinfo", json!({"sub": "42", "email": "ada@example.org", "email_verified": true}));
    it
}

#[tokio::test]
async fn nothing_is_wrong_with_it_otherwise() {
    assert!(exchange(&stand_in().await.provider()).await.is_ok());
}

#[tokio::test]
async fn an_answer_without_an_end() {
    for path in ALL {
        let it = stand_in().await;
        it.says(path, Says::Much);
        let error = exchange(&it.provider()).await.unwrap_err();
        assert!(error.to_string().contains("larger than"), "{path}: {error}");
    }
}

#[tokio::test]
async fn an_answer_from_elsewhere_is_not_fetched() {
    let elsewhere = stand_in().await;
    for path in ALL {
        let it = stand_in().await;
        it.says(path, Says::Redirect(format!("{}{path}", elsewhere.url)));
        let error = exchange(&it.provider()).await.unwrap_err();
        assert!(matches!(&error, OidcError::Misconfigured { .. }), "{path}: {error}");
        assert_eq!(elsewhere.asked(path), 0);
    }
}

#[tokio::test]
async fn no_answer_at_all() {
    for path in ALL {
        let it = stand_in().await;
        it.says(path, Says::Nothing);
        let error = exchange(&it.provider().within(Duration::from_millis(200))).await.unwrap_err();
        assert!(matches!(&error, OidcError::Away { .. }), "{path}: {error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_something_else() {
    for path in ALL {
        for value in [json!([]), json!("x"), json!(null), json!({"hidden-word": 1})] {
            let it = stand_in().await;
            it.json(path, value.clone());
            let error = exchange(&it.provider()).await.unwrap_err();
            assert!(!error.to_string().contains("hidden-word"), "{path}: {error}");
        }
    }
}

#[tokio::test]
async fn one_that_calls_itself_somebody_else_or_names_places_without_tls() {
    let it = stand_in().await;
    let elsewhere = stand_in().await;
    it.describes(&json!({"issuer": "https://login.example.org"}));
    assert!(matches!(exchange(&it.provider()).await, Err(OidcError::Misconfigured { .. })));
    it.describes(&json!({"token_endpoint": format!("{}/token", elsewhere.url)}));
    let error = exchange(&it.provider()).await.unwrap_err();
    assert!(error.to_string().contains("token_endpoint"), "{error}");
    assert_eq!(elsewhere.asked("/token"), 0, "another port is another site");
}

#[tokio::test]
async fn a_private_address_is_called_only_if_that_is_allowed() {
    // As `https`, so that only the address is in question.
    let issuer = "https://127.0.0.1:1/".parse().unwrap();
    let it = StandIn::start().await;
    let settings = OidcSettings { issuer, allow_private: false, ..it.settings() };
    let error = it.provider_with(settings.clone()).authorize_url("s", "n", "c").await.unwrap_err();
    assert!(matches!(&error, OidcError::Misconfigured { problem } if problem.contains("private")), "{error}");
    let settings = OidcSettings { allow_private: true, ..settings };
    let error = it.provider_with(settings).authorize_url("s", "n", "c").await.unwrap_err();
    assert!(matches!(error, OidcError::Away { .. }), "nobody is there: {error}");
}
