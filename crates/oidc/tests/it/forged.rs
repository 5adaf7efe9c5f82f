//! Tokens that mean no good (attack 60): none of them signs anybody in.

use oidc::OidcError;
use serde_json::{Value, json};

use crate::{
    keys::{ec, rsa, unsigned},
    stand_in::{NONCE, NOW, StandIn, exchange},
};

/// The words of a refusal, which it must be.
async fn refusal(it: &std::sync::Arc<StandIn>, id_token: &str) -> String {
    it.grants(id_token);
    match exchange(&it.provider()).await {
        Err(OidcError::Refused { problem }) => problem,
        other => panic!("{id_token}: {other:?}"),
    }
}

#[tokio::test]
async fn unsigned_tokens_and_secrets_that_are_public() {
    for key in [ec(), rsa()] {
        let it = StandIn::start().await;
        it.is_honest(&key);
        exchange(&it.provider()).await.unwrap();
        for name in ["none", "None", "NONE", ""] {
            let token = format!("{}.", unsigned(&json!({"alg": name}), &it.claims()));
            assert!(refusal(&it, &token).await.contains("does not count"), "{name}");
        }
        // A good signature under another name.
        for name in ["none", "HS256"] {
            let token = key.sign(&json!({"alg": name, "kid": "k"}), &it.claims());
            assert!(refusal(&it, &token).await.contains(name));
        }
        for token in key.signed_with_the_public_one("k", &it.claims()) {
            assert!(refusal(&it, &token).await.contains("HS256"));
        }
    }
}

#[tokio::test]
async fn keys_of_others() {
    let it = StandIn::start().await;
    let (mine, theirs) = (ec(), ec());
    it.is_honest(&mine);
    // Under the name of a good key, under one of its own, and under none.
    assert!(refusal(&it, &theirs.token("k", &it.claims())).await.contains("not signed by the key"));
    assert!(refusal(&it, &theirs.token("other", &it.claims())).await.contains("none of the issuer's keys"));
    let nameless = json!({"alg": "ES256"});
    assert!(refusal(&it, &theirs.sign(&nameless, &it.claims())).await.contains("none of the issuer's keys"));
    // The token brings its own key along, or says where it is.
    for header in [
        json!({"alg": "ES256", "jwk": theirs.public("k")}),
        json!({"alg": "ES256", "jku": format!("{}/theirs", it.url)}),
        json!({"alg": "ES256", "kid": "k", "x5u": format!("{}/theirs", it.url)}),
    ] {
        refusal(&it, &theirs.sign(&header, &it.claims())).await;
    }
    assert_eq!(it.asked("/theirs"), 0);
    // A key of another kind under the name of an algorithm.
    let claims = it.claims();
    let (header, rsa) = (json!({"alg": "RS256", "kid": "k"}), rsa());
    refusal(&it, &mine.sign(&header, &claims)).await;
    refusal(&it, &rsa.sign(&json!({"alg": "ES256", "kid": "k"}), &claims)).await;
    // Without a name, the right key is found.
    it.grants(&mine.sign(&nameless, &claims));
    assert!(exchange(&it.provider()).await.is_ok());
}

#[tokio::test]
async fn good_signatures_under_something_else() {
    let it = StandIn::start().await;
    let key = ec();
    it.is_honest(&key);
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("another")),
        ("aud", json!(["otter", "another"])),
        ("azp", json!("another")),
        ("nonce", json!("nonce-of-another-sign-in")),
        ("nonce", json!(null)),
        ("exp", json!(NOW - 61)),
        ("iat", json!(NOW + 3600)),
    ] {
        let shown = format!("{name} {value}");
        let problem = refusal(&it, &key.token("k", &it.claims_with(name, value))).await;
        assert!(problem.contains("the ID token "), "{shown}: {problem}");
    }
    // One character of what was signed.
    let token = key.token("k", &it.claims());
    let (header, rest) = token.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let claims = it.claims_with("email", json!("eve@example.org"));
    let swapped = unsigned(&json!({}), &claims);
    let (_, payload) = swapped.split_once('.').unwrap();
    refusal(&it, &format!("{header}.{payload}.{signature}")).await;
    // The nonce of another sign-in at this end.
    it.grants(&token);
    assert!(it.provider().exchange("code", "verifier", "other").await.is_err());
    assert!(it.provider().exchange("code", "verifier", "").await.is_err());
    assert!(it.provider().exchange("code", "verifier", NONCE).await.is_ok());
}

#[tokio::test]
async fn a_userinfo_of_somebody_else() {
    let it = StandIn::start().await;
    let key = ec();
    it.publishes(&[key.public("k")]);
    it.grants(&key.token("k", &it.claims_with("email", json!(null))));
    for subject in [json!("43"), json!(42), Value::Null] {
        it.json("/userinfo", json!({"sub": subject, "email": "eve@example.org", "email_verified": true}));
        let error = exchange(&it.provider()).await.unwrap_err();
        assert!(error.to_string().contains("another user"), "{error}");
    }
}

#[tokio::test]
async fn an_address_that_nobody_has_verified() {
    let it = StandIn::start().await;
    let key = ec();
    it.publishes(&[key.public("k")]);
    it.grants(&key.token("k", &it.claims_with("email_verified", json!(false))));
    it.json("/userinfo", json!({"sub": "42", "email": "ada@example.org", "email_verified": false}));
    let error = exchange(&it.provider()).await.unwrap_err();
    assert!(matches!(&error, OidcError::Refused { problem } if problem.contains("not verified")), "{error}");
}
