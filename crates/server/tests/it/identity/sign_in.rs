//! Signing in with a browser, and out.

use std::time::Duration;

use axum::http::header;
use server::testing::{Options, PREFIX};

use super::{
    behind_a_hub,
    browser::{Browser, form_token, state_of},
    token,
};

#[tokio::test]
async fn a_page_leads_to_the_hub_and_back_to_itself() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    let browser = Browser::new(&test);
    let first = browser.goes("courses/88e/failed?before=1").await;
    let login = first.header(header::LOCATION);
    assert_eq!(first.status, 303);
    assert_eq!(login, format!("{PREFIX}login?next={PREFIX}courses/88e/failed%3Fbefore%3D1"));

    let answer = browser.goes(login).await;
    let location = answer.header(header::LOCATION).to_owned();
    assert!(location.starts_with("/hub/api/oauth2/authorize?client_id=service-otter_grade"), "{location}");
    assert!(location.contains("code_challenge_method=S256"));
    let cookie = answer.header(header::SET_COOKIE);
    assert!(cookie.starts_with("otter-sign-in-"), "{cookie}");
    assert!(cookie.ends_with(&format!("Path={PREFIX}; Max-Age=600; HttpOnly; SameSite=Lax")), "{cookie}");

    let back = browser.comes_back(&state_of(&location), &token("ada")).await;
    let next = format!("{PREFIX}courses/88e/failed?before=1");
    assert_eq!((back.status.as_u16(), back.header(header::LOCATION)), (303, next.as_str()));
    let session = back.header(header::SET_COOKIE);
    assert!(session.starts_with("otter-session="), "{session}");
    assert!(
        session.contains(&format!("; Path={PREFIX}; Max-Age=4319"))
            && session.ends_with("; HttpOnly; SameSite=Lax"),
        "{session}"
    );
    assert!(!session.contains("ada"), "it is sealed");
    assert!(browser.cookies.borrow().keys().eq(["otter-session"]), "that of the sign-in is removed");
    let home = browser.goes("").await;
    assert!(home.text().contains("</span> ada</span>"), "{}", home.text());
    test.finish().await;
}

#[tokio::test]
async fn pages_are_below_the_prefix_where_the_session_is() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    let bare = Browser::new(&test).goes(PREFIX.trim_end_matches('/')).await;
    assert_eq!((bare.status.as_u16(), bare.header(header::LOCATION)), (307, PREFIX));
    test.finish().await;
}

#[tokio::test]
async fn next_leads_nowhere_else() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    for next in ["https://evil.example/", "//evil.example", "/hub/logout", "/services/otter_grade/../../hub/"]
    {
        let browser = Browser::new(&test);
        let state = browser.begins(&format!("login?next={next}")).await;
        let back = browser.comes_back(&state, &token("ada")).await;
        assert_eq!(back.header(header::LOCATION), PREFIX, "{next}");
    }
    test.finish().await;
}

#[tokio::test]
async fn a_sign_in_ends_in_the_browser_in_which_it_began_and_once() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    let (ada, bob) = (Browser::new(&test), Browser::new(&test));
    let state = ada.begins("login").await;
    let other = bob.comes_back(&state, &token("bob")).await;
    assert_eq!(other.status, 400);
    assert!(other.text().contains("another browser"), "{}", other.text());
    assert_eq!(ada.comes_back("forged", &token("ada")).await.status, 400);
    assert_eq!(ada.comes_back(&state, "unknown-code").await.status, 400);
    let again = ada.comes_back(&state, &token("ada")).await;
    assert_eq!(again.status, 400, "its cookie is gone");
    let late = ada.begins("login").await;
    test.clock.advance(Duration::from_mins(11));
    assert!(ada.comes_back(&late, &token("ada")).await.text().contains("too long"));
    assert_eq!(ada.goes("oauth_callback").await.status, 400);
    let refused = ada.begins("login").await;
    let refused = ada.goes(&format!("oauth_callback?state={refused}&error=access_denied")).await;
    assert!(refused.text().contains("access_denied"), "{}", refused.text());
    test.finish().await;
}

#[tokio::test]
async fn who_signs_out_is_out() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    let browser = Browser::new(&test);
    browser.signs_in("ada").await;
    let page = browser.goes("logout").await;
    let form_token = form_token(page.text()).to_owned();
    let copied = browser.cookies.borrow().clone();
    assert_eq!(browser.presses("logout", "forged").await.status, 403);
    assert_eq!(
        browser.presses("logout", &form_token).await.header(header::LOCATION),
        format!("{PREFIX}signed-out")
    );
    assert!(browser.cookies.borrow().is_empty());
    let done = browser.goes("signed-out").await;
    assert!(done.text().contains("href=\"/hub/logout\""), "{}", done.text());
    assert_eq!(browser.goes("").await.status, 303, "to sign in again");
    *browser.cookies.borrow_mut() = copied;
    assert_eq!(browser.goes("").await.status, 303, "a copied cookie is over, too");
    test.finish().await;
}

#[tokio::test]
async fn a_session_ends_with_its_token_and_with_its_time() {
    let (test, hub) = behind_a_hub(Options::default()).await;
    let (ada, bob) = (Browser::new(&test), Browser::new(&test));
    ada.signs_in("ada").await;
    bob.signs_in("bob").await;
    hub.revoke(&token("ada"));
    test.clock.advance(Duration::from_secs(45));
    assert_eq!(ada.goes("").await.status, 303);
    assert_eq!(bob.goes("").await.status, 200);
    test.clock.advance(Duration::from_hours(12));
    assert_eq!(bob.goes("").await.status, 303);
    test.finish().await;
}

#[tokio::test]
async fn while_the_hub_is_away_sessions_go_on_and_new_ones_are_told() {
    let (test, hub) = behind_a_hub(Options::default()).await;
    let (ada, bob) = (Browser::new(&test), Browser::new(&test));
    ada.signs_in("ada").await;
    let state = bob.begins("login").await;
    hub.go_away(true);
    test.clock.advance(Duration::from_mins(5));
    assert_eq!(ada.goes("").await.status, 200);
    let told = bob.comes_back(&state, &token("bob")).await;
    assert_eq!((told.status.as_u16(), told.header("retry-after")), (503, "10"));
    assert!(told.text().contains("The JupyterHub does not answer"), "{}", told.text());
    let new = Browser::new(&test).goes("login").await;
    assert_eq!(
        (new.status.as_u16(), new.header("retry-after")),
        (503, "10"),
        "not sent to a hub that is away"
    );
    test.clock.advance(Duration::from_hours(2));
    assert_eq!(ada.goes("").await.status, 503, "but not for ever");
    test.finish().await;
}
