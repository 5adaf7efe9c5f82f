//! Signing in with an OpenID Connect provider, through the whole service. What tokens count is tested in `crates/oidc`.

use std::{sync::Arc, time::Duration};

use axum::http::header;
use model::ambient::Clock;
use serde_json::{Value, json};
use server::{
    RoleRules,
    testing::{CLIENT, Options, PREFIX, TestApp, TestIssuer, TestWay},
};

use super::browser::{Browser, form_token, state_of};

async fn alone(options: Options) -> (TestApp, Arc<TestIssuer>) {
    let issuer = TestIssuer::start().await;
    let way = TestWay::Oidc(issuer.at());
    (TestApp::with(Options { way, ..options }).await, issuer)
}

/// What the provider says of somebody whose sign-in has this nonce.
fn claims(test: &TestApp, issuer: &TestIssuer, name: &str, nonce: &str) -> Value {
    let now = test.clock.now().as_second();
    json!({
        "iss": issuer.url(), "aud": CLIENT, "sub": format!("id-of-{name}"), "exp": now + 300, "iat": now,
        "nonce": nonce, "email": format!("{name}@example.org"), "email_verified": true,
        "groups": if name == "prof" { json!(["teachers", "choir"]) } else { json!([]) },
    })
}

/// A value in the query of an address.
fn value<'a>(location: &'a str, name: &str) -> &'a str {
    let query = location.split_once('?').unwrap().1;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap()
}

/// As far as the provider; the state and the nonce.
async fn begins(browser: &Browser<'_>, issuer: &TestIssuer) -> (String, String) {
    let answer = browser.goes("login").await;
    let location = answer.header(header::LOCATION);
    assert!(location.starts_with(&format!("{}/authorize?", issuer.url())), "{location}");
    assert_eq!(value(location, "client_id"), CLIENT);
    assert_eq!(value(location, "code_challenge_method"), "S256");
    (state_of(location), value(location, "nonce").to_owned())
}

async fn signs_in(browser: &Browser<'_>, issuer: &TestIssuer, name: &str) {
    let (state, nonce) = begins(browser, issuer).await;
    issuer.grants(claims(browser.test, issuer, name, &nonce));
    let answer = browser.comes_back(&state, "code").await;
    assert_eq!((answer.status.as_u16(), answer.header(header::LOCATION)), (303, PREFIX), "{}", answer.text());
}

#[tokio::test]
async fn somebody_signs_in_and_out() {
    let (test, issuer) = alone(Options::default()).await;
    let browser = Browser::new(&test);
    signs_in(&browser, &issuer, "ada").await;
    let home = browser.goes("").await;
    assert!(home.text().contains("ada@example.org"), "{}", home.text());
    let me = browser.goes("api/v1/me").await.json();
    assert_eq!((&me["user"], &me["way"]), (&json!("ada@example.org"), &json!("oidc_session")));
    let page = browser.goes("logout").await;
    let copied = browser.cookies.borrow().clone();
    browser.presses("logout", form_token(page.text())).await;
    assert_eq!(browser.goes("").await.status, 303, "to sign in again");
    *browser.cookies.borrow_mut() = copied;
    assert_eq!(browser.goes("").await.status, 303, "a copied cookie is over, too");
    let done = browser.goes("signed-out").await;
    assert!(done.text().contains(&format!("{}/end?client_id={CLIENT}", issuer.url())), "{}", done.text());
    test.finish().await;
}

#[tokio::test]
async fn groups_of_the_provider_make_staff() {
    let roles = RoleRules { staff: vec!["group:teachers".parse().unwrap()], ..RoleRules::default() };
    let (test, issuer) = alone(Options { roles, ..Options::default() }).await;
    let (ada, prof) = (Browser::new(&test), Browser::new(&test));
    signs_in(&ada, &issuer, "ada").await;
    signs_in(&prof, &issuer, "prof").await;
    assert_eq!(ada.goes("courses/88e/failed").await.status, 404);
    assert_eq!(prof.goes("courses/88e/failed").await.status, 200);
    assert_eq!(prof.goes("api/v1/me").await.json()["staff_of"], json!(["88e"]));
    test.finish().await;
}

#[tokio::test]
async fn what_does_not_count_signs_nobody_in() {
    let (test, issuer) = alone(Options::default()).await;
    let browser = Browser::new(&test);
    // Ada's token, from another sign-in.
    let (_, theirs) = begins(&Browser::new(&test), &issuer).await;
    let (state, _) = begins(&browser, &issuer).await;
    issuer.grants(claims(&test, &issuer, "ada", &theirs));
    let told = browser.comes_back(&state, "code").await;
    assert_eq!(told.status, 400);
    assert!(told.text().contains("another sign-in"), "{}", told.text());
    // An address that nobody has verified.
    let (state, nonce) = begins(&browser, &issuer).await;
    let mut unverified = claims(&test, &issuer, "ada", &nonce);
    unverified["email_verified"] = json!(false);
    issuer.grants(unverified);
    let told = browser.comes_back(&state, "code").await;
    assert!(told.text().contains("not verified your e-mail address"), "{}", told.text());
    // Because they did not want to, or the provider cannot.
    let (state, _) = begins(&browser, &issuer).await;
    let told = browser
        .goes(&format!("oauth_callback?state={state}&error=access_denied&error_description=No."))
        .await;
    assert_eq!(told.status, 400);
    assert!(told.text().contains("No. (`access_denied`)"), "{}", told.text());
    let (state, _) = begins(&browser, &issuer).await;
    let told = browser.goes(&format!("oauth_callback?state={state}&error=temporarily_unavailable")).await;
    assert_eq!(told.status, 503);
    // In another browser.
    let (state, nonce) = begins(&browser, &issuer).await;
    issuer.grants(claims(&test, &issuer, "ada", &nonce));
    assert_eq!(Browser::new(&test).comes_back(&state, "code").await.status, 400);
    assert_eq!(browser.goes("").await.status, 303, "nobody is signed in");
    test.finish().await;
}

#[tokio::test]
async fn while_the_provider_is_away_sessions_go_on_and_new_ones_are_told() {
    let (test, issuer) = alone(Options::default()).await;
    let (ada, bob) = (Browser::new(&test), Browser::new(&test));
    signs_in(&ada, &issuer, "ada").await;
    issuer.go_away(true);
    test.clock.advance(Duration::from_hours(2));
    assert_eq!(ada.goes("").await.status, 200);
    let told = bob.goes("login").await;
    assert_eq!((told.status.as_u16(), told.header("retry-after")), (503, "10"), "{}", told.text());
    issuer.go_away(false);
    test.clock.advance(Duration::from_secs(5));
    signs_in(&bob, &issuer, "bob").await;
    test.clock.advance(Duration::from_hours(12));
    assert_eq!(bob.goes("").await.status, 303, "a session ends after its time");
    test.finish().await;
}

#[tokio::test]
async fn a_provider_does_not_give_the_names_of_a_platforms_users() {
    let issuer = TestIssuer::start().await;
    let lti = vec![issuer.platform("campus")];
    let test = TestApp::with(Options { way: TestWay::Oidc(issuer.at()), lti, ..Options::default() }).await;
    let browser = Browser::new(&test);
    let (state, nonce) = begins(&browser, &issuer).await;
    issuer.grants(claims(&test, &issuer, "campus:42", &nonce));
    let answer = browser.comes_back(&state, "code").await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("learning platform"), "{}", answer.text());
    signs_in(&browser, &issuer, "ada").await;
    test.finish().await;
}
