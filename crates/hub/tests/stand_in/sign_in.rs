//! Codes for tokens.

use std::collections::BTreeMap;

use ::hub::{Code, HubError, HubOptions, NextPath, StateKey};
use model::ambient::{SystemClock, SystemEntropy};
use outbound::Url;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::{
    hub::{Says, start},
    is_away, is_nonsense,
};

fn code() -> Code {
    Code::parse("c0de").unwrap()
}

fn fields(query: &str) -> BTreeMap<String, String> {
    Url::parse(&format!("http://x/?{query}")).unwrap().query_pairs().into_owned().collect()
}

#[tokio::test]
async fn a_code_becomes_a_token() {
    let (it, hub) = start(HubOptions::default()).await;
    let key = StateKey::of(&hub.settings().api_token);
    let begun = key.begin(Some(&NextPath::first("/services/otter_grade/")), &SystemClock, &SystemEntropy);
    let url = hub.authorize_url(&begun.state, Some(&begun.challenge));
    let (path, query) = url.split_once('?').unwrap();
    assert_eq!(path, "/hub/api/oauth2/authorize");
    let asked = fields(query);
    assert_eq!(asked["client_id"], "service-otter_grade");
    assert_eq!(asked["redirect_uri"], "/services/otter_grade/oauth_callback");
    assert_eq!(asked["response_type"], "code");
    assert_eq!((&asked["state"], &*asked["code_challenge_method"]), (&begun.state, "S256"));
    assert!(!fields(hub.authorize_url("s", None).split_once('?').unwrap().1).contains_key("code_challenge"));

    let sign_in = key.end(&asked["state"], |_| Some(begun.cookie.expose_secret()), &SystemClock).unwrap();
    it.json(200, json!({"access_token": "t0ken", "token_type": "Bearer", "expires_in": 60, "scope": ""}));
    let token = hub.exchange(&code(), Some(&sign_in.verifier)).await.unwrap();
    assert_eq!(token.reveal(), "t0ken");
    let (method, path, authorization, body) = it.last_question();
    assert_eq!((&*method, &*path, &*authorization), ("POST", "/hub/api/oauth2/token", ""));
    let sent = fields(&body);
    assert_eq!(sent["client_secret"], "own-token");
    assert_eq!((&*sent["code"], &*sent["grant_type"]), ("c0de", "authorization_code"));
    assert_eq!(sent["redirect_uri"], asked["redirect_uri"]);
    assert_eq!(sent["code_verifier"].len(), 43);
}

#[tokio::test]
async fn a_code_that_is_no_good() {
    let (it, hub) = start(HubOptions::default()).await;
    it.json(400, json!({"error": "invalid_grant", "error_description": "used\n  up"}));
    let error = hub.exchange(&code(), None).await.unwrap_err();
    assert_eq!(error, HubError::CodeRefused { problem: "used  up (invalid_grant)".into() });
    it.json(401, json!({"error": "invalid_client"}));
    assert_eq!(hub.exchange(&code(), None).await.unwrap_err(), HubError::ServiceTokenRefused);
    it.says(Says::Text(500, "c0de".into()));
    assert!(is_away(&hub.exchange(&code(), None).await));
    for says in [
        Says::Text(400, "c0de".into()),
        Says::Json(200, json!({})),
        Says::Json(200, json!({"access_token": "a b"})),
    ] {
        it.says(says);
        let answer = hub.exchange(&code(), None).await;
        assert!(is_nonsense(&answer), "{answer:?}");
        assert!(!answer.unwrap_err().to_string().contains("c0de"));
    }
}
