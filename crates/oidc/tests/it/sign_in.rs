//! The way that goes well, and what is said on it.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use oidc::{OidcError, OidcSettings};
use outbound::Url;
use serde_json::json;

use crate::{
    keys::{ec, rsa},
    stand_in::{Says, StandIn, exchange},
};

#[tokio::test]
async fn somebody_signs_in() {
    for key in [ec(), rsa()] {
        let it = StandIn::start().await;
        it.is_honest(&key);
        let user = exchange(&it.provider()).await.unwrap();
        assert_eq!((user.name.as_str(), user.subject.as_str()), ("ada@example.org", "42"));
        assert!(user.groups.is_empty());
        assert_eq!(it.asked("/userinfo"), 0, "all was said already");
    }
}

#[tokio::test]
async fn the_browser_is_sent_with_all_that_the_flow_needs() {
    let it = StandIn::start().await;
    let provider = it.provider();
    assert_eq!(it.asked("/.well-known/openid-configuration"), 0, "nothing is asked before it is needed");
    let url: Url = provider.authorize_url("s t", "n", "c").await.unwrap().parse().unwrap();
    let pairs: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    for (name, value) in [
        ("tenant", "1"),
        ("response_type", "code"),
        ("client_id", "otter"),
        ("redirect_uri", "https://grade.example.org/oauth_callback"),
        ("scope", "openid email"),
        ("state", "s t"),
        ("nonce", "n"),
        ("code_challenge", "c"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(pairs.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert!(url.as_str().starts_with(&format!("{}/authorize?", it.url)));
    let end = provider.end_session_url().await.unwrap();
    assert_eq!(end, format!("{}/end?client_id=otter", it.url));
}

#[tokio::test]
async fn the_client_proves_who_it_is_as_the_provider_wants() {
    let it = StandIn::start().await;
    it.is_honest(&ec());
    exchange(&it.provider()).await.unwrap();
    let (_, authorization, body) = it.last_question("/token");
    let pair = STANDARD.decode(authorization.strip_prefix("Basic ").unwrap()).unwrap();
    assert_eq!(String::from_utf8(pair).unwrap(), "otter:a+secret%3Awith%26signs");
    assert!(!body.contains("client_secret"), "{body}");
    for field in
        ["grant_type=authorization_code", "code=code", "code_verifier=verifier", "redirect_uri=https%3A"]
    {
        assert!(body.contains(field), "{field}: {body}");
    }

    it.describes(&json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]}));
    exchange(&it.provider()).await.unwrap();
    let (_, authorization, body) = it.last_question("/token");
    assert_eq!(authorization, "");
    assert!(
        body.contains("client_id=otter") && body.contains("client_secret=a+secret%3Awith%26signs"),
        "{body}"
    );

    exchange(&it.provider_with(OidcSettings { client_secret: None, ..it.settings() })).await.unwrap();
    let (_, authorization, body) = it.last_question("/token");
    assert!(
        authorization.is_empty() && body.contains("client_id=otter") && !body.contains("secret"),
        "{body}"
    );
}

#[tokio::test]
async fn the_userinfo_completes_what_the_token_leaves_out() {
    let it = StandIn::start().await;
    let key = ec();
    it.publishes(&[key.public("k")]);
    it.grants(&key.token("k", &it.claims_with("email_verified", json!(null))));
    it.json(
        "/userinfo",
        json!({"sub": "42", "email": "lovelace@example.org", "email_verified": true, "groups": ["staff"]}),
    );
    let settings = OidcSettings { groups_claim: Some("groups".into()), ..it.settings() };
    let user = exchange(&it.provider_with(settings)).await.unwrap();
    assert_eq!(user.name.as_str(), "lovelace@example.org");
    assert_eq!(user.groups, ["staff".to_owned()].into());
    assert_eq!(it.last_question("/userinfo").1, "Bearer access");
}

#[tokio::test]
async fn what_the_provider_says_against_it_is_told() {
    let it = StandIn::start().await;
    it.is_honest(&ec());
    let provider = it.provider();
    let says = |status, error: &str| it.says("/token", Says::Json(status, json!({ "error": error })));
    says(400, "invalid_grant");
    assert!(matches!(exchange(&provider).await, Err(OidcError::Refused { .. })));
    says(401, "invalid_client");
    let error = exchange(&provider).await.unwrap_err();
    assert!(matches!(error, OidcError::Misconfigured { .. }), "{error}");
    assert!(!error.to_string().contains("secret:with"), "{error}");
    says(503, "x");
    assert!(matches!(exchange(&provider).await, Err(OidcError::Away { .. })));
    it.says("/token", Says::Json(400, json!("no OAuth")));
    assert!(matches!(exchange(&provider).await, Err(OidcError::Misconfigured { .. })));
}

#[tokio::test]
async fn nothing_secret_is_shown() {
    let it = StandIn::start().await;
    let shown = format!("{:?}", it.provider());
    assert!(shown.contains("otter") && !shown.contains("with&signs"), "{shown}");
}
