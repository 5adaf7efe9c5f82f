//! Signing in at a real OpenID Provider: panva's certified `oidc-provider`, installed from npm.
#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod browser;
mod peer;

use browser::{At, Browser};
use model::ambient::{Entropy, SystemEntropy};
use oidc::{OidcError, OidcSettings, Provider};
use peer::{Peer, open};

const SECRET: &str = "a secret:with&signs";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Goes as far as the code; gives it with the nonce.
async fn code(provider: &Provider, browser: &mut Browser, user: &str) -> (String, String) {
    let mut random = [0; 16];
    SystemEntropy.fill(&mut random);
    let nonce = format!("{:032x}", u128::from_be_bytes(random));
    let url = provider.authorize_url("our-state", &nonce, CHALLENGE).await.unwrap();
    let query = browser.sign_in(&url, user).await;
    assert_eq!(query["state"], "our-state");
    (query["code"].clone(), nonce)
}

#[tokio::test]
async fn a_confidential_and_a_public_client() {
    let Some(peer) = Peer::start() else { return };
    for (client, secret) in [("confidential", Some(SECRET)), ("public", None)] {
        let provider = open(peer.settings(client, secret));
        let (code, nonce) = code(&provider, &mut Browser::new(), "ada").await;
        let user = provider.exchange(&code, VERIFIER, &nonce).await.unwrap();
        assert_eq!((user.name.as_str(), user.subject.as_str()), ("ada@example.org", "ada"), "{client}");
        assert_eq!(user.groups, ["data8-staff".to_owned(), "ops".into()].into());
        let error = provider.exchange(&code, VERIFIER, &nonce).await.unwrap_err();
        assert!(matches!(error, OidcError::Refused { .. }), "a code is good once: {error}");
    }
}

#[tokio::test]
async fn who_is_named_by_another_claim_or_by_none() {
    let Some(peer) = Peer::start() else { return };
    let by = |claim: &str| {
        let settings = peer.settings("confidential", Some(SECRET));
        open(OidcSettings { user_claim: claim.into(), groups_claim: None, ..settings })
    };
    let signs_in = async |provider: Provider, user: &str| {
        let (code, nonce) = code(&provider, &mut Browser::new(), user).await;
        provider.exchange(&code, VERIFIER, &nonce).await
    };
    assert_eq!(signs_in(by("sub"), "eve").await.unwrap().name.as_str(), "eve");
    assert_eq!(signs_in(by("preferred_username"), "eve").await.unwrap().name.as_str(), "eve");
    let error = signs_in(by("email"), "eve").await.unwrap_err();
    assert!(error.to_string().contains("not verified"), "{error}");
    let error = signs_in(by("employee_number"), "eve").await.unwrap_err();
    assert!(matches!(error, OidcError::Misconfigured { .. }), "{error}");
}

#[tokio::test]
async fn what_it_does_not_take_and_what_we_do_not() {
    let Some(peer) = Peer::start() else { return };
    let provider = open(peer.settings("confidential", Some(SECRET)));
    // Somebody else's verifier: the code was seen by a stranger.
    let (stolen, nonce) = code(&provider, &mut Browser::new(), "ada").await;
    let other = "another-verifier-of-more-than-forty-three-characters";
    let error = provider.exchange(&stolen, other, &nonce).await.unwrap_err();
    assert!(matches!(error, OidcError::Refused { .. }), "{error}");
    // A code from somebody else's sign-in, ended in this browser.
    let (theirs, _) = code(&provider, &mut Browser::new(), "eve").await;
    let error = provider.exchange(&theirs, VERIFIER, &nonce).await.unwrap_err();
    assert!(error.to_string().contains("nonce"), "{error}");

    let wrong = open(peer.settings("confidential", Some("wrong")));
    let error = wrong.exchange("code", VERIFIER, "n").await.unwrap_err();
    assert!(matches!(error, OidcError::Misconfigured { .. }), "{error}");

    let symmetric = open(peer.settings("symmetric", Some("a secret that is long enough for HS256")));
    let (code, nonce) = code(&symmetric, &mut Browser::new(), "ada").await;
    let error = symmetric.exchange(&code, VERIFIER, &nonce).await.unwrap_err();
    assert!(error.to_string().contains("`HS256`"), "{error}");

    let url = provider.authorize_url("s", "n", CHALLENGE).await.unwrap();
    let mut browser = Browser::new();
    let At::Page { url, .. } = browser.go(&url).await else { panic!("nobody signed in") };
    let At::Back(query) = browser.go(&format!("{url}/abort")).await else { panic!("still there") };
    let error = OidcError::of_answer(&query["error"], &query["error_description"]);
    assert!(matches!(error, OidcError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn the_session_at_the_provider_can_be_ended_too() {
    let Some(peer) = Peer::start() else { return };
    let provider = open(peer.settings("confidential", Some(SECRET)));
    let mut browser = Browser::new();
    code(&provider, &mut browser, "ada").await;
    let url = provider.authorize_url("s", "n", CHALLENGE).await.unwrap();
    assert!(matches!(browser.go(&url).await, At::Back(_)), "the provider remembers who it is");
    let page = browser.go(&provider.end_session_url().await.unwrap()).await;
    let token = page.field("xsrf").to_owned();
    browser.submit(&page, &[("xsrf", &token), ("logout", "yes")]).await;
    assert!(browser.go(&url).await.shows("name=\"password\""), "it asks again");
}
