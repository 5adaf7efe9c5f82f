//! Requests that a browser sends with somebody's cookie, because a page of others made it (attack 62).

use axum::{
    body::Body,
    http::{Method, header},
};
use server::testing::Options;

use super::{behind_a_hub, body, browser::Browser};

#[tokio::test]
async fn a_cookie_writes_only_for_this_services_own_pages() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    let browser = Browser::new(&test);
    browser.signs_in("ada").await;
    let posts = async |pairs: &[(&str, &str)]| {
        let mut request = browser.request(Method::POST, "api/v1/submissions");
        for (name, value) in pairs {
            request = request.header(*name, *value);
        }
        test.send(request.body(body("x = 1")).unwrap()).await.status.as_u16()
    };
    let json = ("content-type", "application/json");
    assert_eq!(posts(&[json, ("sec-fetch-site", "same-origin")]).await, 202);
    assert_eq!(posts(&[json, ("origin", "https://hub.example"), ("host", "hub.example")]).await, 202);
    assert_eq!(posts(&[json]).await, 403);
    for site in ["cross-site", "same-site", "none"] {
        assert_eq!(posts(&[json, ("sec-fetch-site", site)]).await, 403, "{site}");
    }
    assert_eq!(posts(&[json, ("origin", "https://evil.example"), ("host", "hub.example")]).await, 403);
    for form in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        assert_eq!(posts(&[("content-type", form), ("sec-fetch-site", "same-origin")]).await, 415, "{form}");
    }
    let regrade = browser
        .request(Method::POST, "api/v1/courses/88e/assignments/1/lab01/regrade")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    assert_eq!(test.send(regrade.body(Body::empty()).unwrap()).await.status, 415);
    test.finish_leaving(2).await;
}

#[tokio::test]
async fn a_form_of_another_session_does_nothing() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    let (ada, bob) = (Browser::new(&test), Browser::new(&test));
    ada.signs_in("ada").await;
    bob.signs_in("bob").await;
    let page = bob.goes("logout").await;
    let of_bob = super::browser::form_token(page.text());
    assert_eq!(ada.presses("logout", of_bob).await.status, 403);
    assert_eq!(ada.goes("").await.status, 200, "still signed in");
    let other_site = ada
        .request(Method::POST, "logout")
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let page = ada.goes("logout").await;
    let own = super::browser::form_token(page.text());
    let answer = test.send(other_site.body(Body::from(format!("token={own}"))).unwrap()).await;
    assert_eq!(answer.status, 403);
    test.finish().await;
}
