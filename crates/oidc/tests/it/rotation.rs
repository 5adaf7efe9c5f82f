//! How often the provider is asked, and what happens when its keys change.

use oidc::OidcError;

use crate::{
    keys::ec,
    stand_in::{Says, StandIn, exchange},
};

const DISCOVERY: &str = "/.well-known/openid-configuration";

#[tokio::test]
async fn what_is_published_is_asked_for_each_hour() {
    let it = StandIn::start().await;
    let key = ec();
    it.is_honest(&key);
    let provider = it.provider();
    let signs_in = async || {
        let mut claims = it.claims_with("exp", (crate::stand_in::NOW + 100_000).into());
        claims["iat"] = crate::stand_in::NOW.into();
        it.grants(&key.token("k", &claims));
        exchange(&provider).await.unwrap();
    };
    signs_in().await;
    it.later(3599);
    signs_in().await;
    assert_eq!((it.asked(DISCOVERY), it.asked("/jwks")), (1, 1));
    it.later(1);
    signs_in().await;
    assert_eq!((it.asked(DISCOVERY), it.asked("/jwks")), (2, 2));
}

#[tokio::test]
async fn new_keys_are_found_and_old_ones_forgotten() {
    let it = StandIn::start().await;
    let (old, new) = (ec(), ec());
    it.is_honest(&old);
    let provider = it.provider();
    exchange(&provider).await.unwrap();
    it.later(60);
    it.publishes(&[new.public("new")]);
    it.grants(&new.token("new", &it.claims()));
    exchange(&provider).await.unwrap();
    assert_eq!(it.asked("/jwks"), 2);
    it.grants(&old.token("k", &it.claims()));
    assert!(matches!(exchange(&provider).await, Err(OidcError::Refused { .. })));
}

#[tokio::test]
async fn made_up_keys_make_it_ask_once_a_minute() {
    let it = StandIn::start().await;
    let key = ec();
    it.is_honest(&key);
    let provider = it.provider();
    for number in 0..20 {
        it.grants(&ec().token(&format!("made-up-{number}"), &it.claims()));
        assert!(matches!(exchange(&provider).await, Err(OidcError::Refused { .. })));
    }
    assert_eq!(it.asked("/jwks"), 1);
    it.later(60);
    for number in 0..20 {
        it.grants(&ec().token(&format!("made-up-{number}"), &it.claims()));
        assert!(exchange(&provider).await.is_err());
    }
    assert_eq!(it.asked("/jwks"), 2);
    it.grants(&key.token("k", &it.claims()));
    assert!(exchange(&provider).await.is_ok(), "who has a good key is not disturbed");
}

#[tokio::test]
async fn one_that_is_away_is_found_when_it_is_back() {
    let it = StandIn::start().await;
    it.is_honest(&ec());
    it.says(DISCOVERY, Says::Json(503, "down".into()));
    let provider = it.provider();
    for _ in 0..5 {
        assert!(matches!(exchange(&provider).await, Err(OidcError::Away { .. })));
    }
    assert_eq!((it.asked(DISCOVERY), provider.end_session_url().await), (1, None));
    it.describes(&serde_json::json!({}));
    it.later(5);
    assert!(exchange(&provider).await.is_ok());
}

#[tokio::test]
async fn many_at_once_ask_once() {
    let it = StandIn::start().await;
    it.is_honest(&ec());
    let provider = it.provider();
    let (a, b, c) = tokio::join!(exchange(&provider), exchange(&provider), exchange(&provider));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!((it.asked(DISCOVERY), it.asked("/jwks")), (1, 1));
}
