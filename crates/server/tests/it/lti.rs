//! Launches from a learning platform, through the whole service. What tokens count is tested in `crates/oidc`.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, header},
};
use model::{UserName, ambient::Clock};
use serde_json::{Value, json};
use server::{
    LtiRegistration, RoleRules,
    testing::{Answer, CLIENT, Options, PREFIX, TestApp, TestIssuer, TestWay},
};
use store::Store;

use crate::identity::browser::{Browser, state_of};

const CLAIM: &str = "https://purl.imsglobal.org/spec/lti/claim/";

async fn launched_by(options: Options, platforms: &[&str]) -> (TestApp, Vec<Arc<TestIssuer>>) {
    let mut issuers = Vec::new();
    for _ in platforms {
        issuers.push(TestIssuer::start().await);
    }
    let lti = issuers.iter().zip(platforms).map(|(issuer, name)| issuer.platform(name)).collect();
    let options = Options { way: TestWay::Tokens, is_secure: true, lti, ..options };
    (TestApp::with(options).await, issuers)
}

/// What a platform says of somebody whose launch has this nonce, with some claims changed.
fn claims(test: &TestApp, issuer: &TestIssuer, user: &str, nonce: &str, change: &Value) -> Value {
    let now = test.clock.now().as_second();
    let mut claims = json!({
        "iss": issuer.url(), "aud": CLIENT, "sub": user, "exp": now + 300, "iat": now, "nonce": nonce,
        format!("{CLAIM}message_type"): "LtiResourceLinkRequest",
        format!("{CLAIM}version"): "1.3.0",
        format!("{CLAIM}deployment_id"): "1",
        format!("{CLAIM}target_link_uri"): format!("https://grade.example.org{PREFIX}lti/launch"),
        format!("{CLAIM}resource_link"): {"id": "link-1"},
        format!("{CLAIM}context"): {"id": "course-1"},
        format!("{CLAIM}roles"): ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
        format!("{CLAIM}custom"): {"otter_assignment": "88e/1/lab01"},
        "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {"lineitem": format!("{}/li/1", issuer.url())},
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

/// What a page of the platform makes the browser send.
async fn posts(browser: &Browser<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut body = outbound::Url::parse("http://form.invalid").unwrap();
    body.query_pairs_mut().extend_pairs(fields);
    let request = browser
        .request(Method::POST, path)
        .header(header::ACCEPT, "text/html")
        .header("sec-fetch-site", "cross-site")
        .header(header::ORIGIN, "https://lms.example.org")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    browser.send(request.body(Body::from(body.query().unwrap().to_owned())).unwrap()).await
}

/// As far as the platform's authorize address; the state and the nonce.
async fn begins(browser: &Browser<'_>, issuer: &TestIssuer) -> (String, String) {
    let fields = [("iss", &*issuer.url()), ("login_hint", "h"), ("target_link_uri", "https://x.example/")];
    let answer = posts(browser, "lti/login", &fields).await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    let location = answer.header(header::LOCATION);
    assert!(location.starts_with(&format!("{}/authorize?", issuer.url())), "{location}");
    let nonce = location.split('&').find_map(|pair| pair.strip_prefix("nonce=")).unwrap();
    (state_of(location), nonce.to_owned())
}

async fn launches(browser: &Browser<'_>, issuer: &TestIssuer, user: &str, change: &Value) -> Answer {
    let (state, nonce) = begins(browser, issuer).await;
    let id_token = issuer.token(&claims(browser.test, issuer, user, &nonce, change));
    posts(browser, "lti/launch", &[("state", &state), ("id_token", &id_token)]).await
}

async fn who(browser: &Browser<'_>) -> Value {
    browser.goes("api/v1/me").await.json()["user"].clone()
}

#[tokio::test]
async fn somebody_launches_and_is_signed_in() {
    let (test, issuers) = launched_by(Options::default(), &["campus"]).await;
    let browser = Browser::new(&test);
    let answer = launches(&browser, &issuers[0], "42", &json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.header(header::LOCATION)), (303, PREFIX), "{}", answer.text());
    assert!(browser.cookies.borrow().keys().eq(["otter-session"]), "that of the launch is removed");
    let me = browser.goes("api/v1/me").await.json();
    assert_eq!((&me["user"], &me["way"]), (&json!("campus:42"), &json!("lti_session")));

    let user: UserName = "campus:42".parse().unwrap();
    let key = model::AssignmentKey {
        course: "88e".parse().unwrap(),
        section: "1".parse().unwrap(),
        assignment: "lab01".parse().unwrap(),
    };
    let kept = test.store.launch(&user, &key).await.unwrap().unwrap();
    let url = issuers[0].url();
    let expected = json!({"lti13": {
        "line_item": format!("{url}/li/1"), "token_url": format!("{url}/token"), "client_id": CLIENT, "sub": "42",
    }});
    assert_eq!(kept.data, expected);
    assert_eq!(test.store.last_launch(&user).await.unwrap().unwrap().data, expected);
    test.finish().await;
}

#[tokio::test]
async fn the_cookie_of_a_launch_comes_along_from_other_sites() {
    for (is_secure, ending) in
        [(true, "; HttpOnly; SameSite=None; Secure"), (false, "; HttpOnly; SameSite=Lax")]
    {
        let issuer = TestIssuer::start().await;
        let lti = vec![issuer.platform("campus")];
        let test =
            TestApp::with(Options { way: TestWay::Tokens, lti, is_secure, ..Options::default() }).await;
        let query = format!("lti/login?iss={}&login_hint=h&target_link_uri=t", issuer.url());
        let answer = Browser::new(&test).goes(&query).await;
        let cookie = answer.header(header::SET_COOKIE);
        assert!(cookie.starts_with("otter-launch-") && cookie.contains("; Max-Age=600"), "{cookie}");
        assert!(cookie.contains(&format!("; Path={PREFIX};")) && cookie.ends_with(ending), "{cookie}");
        test.finish().await;
    }
}

#[tokio::test]
async fn without_the_cookie_it_says_what_to_do() {
    for (is_secure, words) in [(true, "open it in a new window"), (false, "by https only")] {
        let issuer = TestIssuer::start().await;
        let lti = vec![issuer.platform("campus")];
        let test =
            TestApp::with(Options { way: TestWay::Tokens, lti, is_secure, ..Options::default() }).await;
        let (state, nonce) = begins(&Browser::new(&test), &issuer).await;
        let id_token = issuer.token(&claims(&test, &issuer, "42", &nonce, &json!({})));
        let other = Browser::new(&test);
        let answer = posts(&other, "lti/launch", &[("state", &state), ("id_token", &id_token)]).await;
        assert_eq!(answer.status, 400);
        assert!(answer.text().contains(words), "{}", answer.text());
        assert!(other.cookies.borrow().is_empty());
        test.finish().await;
    }
}

#[tokio::test]
async fn a_launch_counts_once_and_for_a_while() {
    let (test, issuers) = launched_by(Options::default(), &["campus"]).await;
    let browser = Browser::new(&test);
    let (state, nonce) = begins(&browser, &issuers[0]).await;
    let id_token = issuers[0].token(&claims(&test, &issuers[0], "42", &nonce, &json!({})));
    let fields = [("state", state.as_str()), ("id_token", id_token.as_str())];
    let cookies = browser.cookies.borrow().clone();
    assert_eq!(posts(&browser, "lti/launch", &fields).await.status, 303);
    assert_eq!(posts(&browser, "lti/launch", &fields).await.status, 400, "the cookie is gone");
    // Somebody has kept all of it.
    let other = Browser { cookies: cookies.into(), ..Browser::new(&test) };
    let told = posts(&other, "lti/launch", &fields).await;
    assert!(told.status == 400 && told.text().contains("was used already"), "{}", told.text());
    assert!(!other.cookies.borrow().contains_key("otter-session"));
    // The token of one launch under the state of another.
    let (other, _) = begins(&browser, &issuers[0]).await;
    let told = posts(&browser, "lti/launch", &[("state", &other), ("id_token", &id_token)]).await;
    assert!(told.text().contains("another sign-in"), "{}", told.text());
    let (late, nonce) = begins(&browser, &issuers[0]).await;
    test.clock.advance(Duration::from_mins(11));
    let id_token = issuers[0].token(&claims(&test, &issuers[0], "42", &nonce, &json!({})));
    let told = posts(&browser, "lti/launch", &[("state", &late), ("id_token", &id_token)]).await;
    assert!(told.text().contains("took too long"), "{}", told.text());
    // The state of a sign-in is none of a launch.
    let (state, _) = begins(&browser, &issuers[0]).await;
    assert_eq!(browser.comes_back(&state, "code").await.status, 400);
    test.finish().await;
}

#[tokio::test]
async fn users_of_two_platforms_never_meet() {
    let (test, issuers) = launched_by(Options::default(), &["campus", "edx"]).await;
    let (ada, eve) = (Browser::new(&test), Browser::new(&test));
    launches(&ada, &issuers[0], "42", &json!({})).await;
    launches(&eve, &issuers[1], "42", &json!({})).await;
    assert_eq!((who(&ada).await, who(&eve).await), (json!("campus:42"), json!("edx:42")));
    // One speaks for the other.
    let (state, nonce) = begins(&eve, &issuers[1]).await;
    let forged = issuers[1].token(&claims(&test, &issuers[0], "42", &nonce, &json!({})));
    assert_eq!(posts(&eve, "lti/launch", &[("state", &state), ("id_token", &forged)]).await.status, 400);
    test.finish().await;
}

#[tokio::test]
async fn who_teaches_there_is_staff_here_only_if_the_operator_says_so() {
    let teacher = json!({
        format!("{CLAIM}roles"): ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"],
    });
    let named = RoleRules {
        courses: [("88e".parse().unwrap(), vec!["group:campus:course-1:staff".parse().unwrap()])].into(),
        ..RoleRules::default()
    };
    for (roles, status) in [(RoleRules::default(), 404), (named, 200)] {
        let (test, issuers) = launched_by(Options { roles, ..Options::default() }, &["campus"]).await;
        let (prof, ada) = (Browser::new(&test), Browser::new(&test));
        launches(&prof, &issuers[0], "1", &teacher).await;
        launches(&ada, &issuers[0], "2", &json!({})).await;
        assert_eq!(prof.goes("courses/88e/failed").await.status, status);
        assert_eq!(ada.goes("courses/88e/failed").await.status, 404);
        // A teacher of another course of the platform, whose link says that it is for this one.
        let mut elsewhere = teacher.clone();
        elsewhere[format!("{CLAIM}context")] = json!({"id": "course-2"});
        launches(&prof, &issuers[0], "3", &elsewhere).await;
        assert_eq!(prof.goes("courses/88e/failed").await.status, 404);
        test.finish().await;
    }
}

#[tokio::test]
async fn a_link_leads_to_a_page_of_this_service_or_to_the_first() {
    let (test, issuers) = launched_by(Options::default(), &["campus"]).await;
    let browser = Browser::new(&test);
    for (target, to) in [
        (format!("https://grade.example.org{PREFIX}?course=88e"), format!("{PREFIX}?course=88e")),
        (format!("https://grade.example.org{PREFIX}submissions/x"), format!("{PREFIX}submissions/x")),
        ("https://grade.example.org/hub/logout".into(), PREFIX.into()),
        (format!("https://evil.example{PREFIX}"), PREFIX.into()),
    ] {
        let change = json!({ format!("{CLAIM}target_link_uri"): target });
        let answer = launches(&browser, &issuers[0], "42", &change).await;
        assert_eq!(answer.header(header::LOCATION), to, "{target}");
    }
    test.finish().await;
}

#[tokio::test]
async fn links_that_are_wrong_are_told_of() {
    let issuer = TestIssuer::start().await;
    let platform = issuer.platform("campus");
    let lti = vec![LtiRegistration { courses: ["88e".parse().unwrap()].into(), ..platform }];
    let test = TestApp::with(Options { way: TestWay::Tokens, lti, ..Options::default() }).await;
    let browser = Browser::new(&test);
    for (assignment, words) in
        [("88e/lab01", "does not name an assignment"), ("8x/1/lab01", "may not be for")]
    {
        let change = json!({ format!("{CLAIM}custom"): {"otter_assignment": assignment} });
        let told = launches(&browser, &issuer, "42", &change).await;
        assert_eq!(told.status, 400);
        assert!(told.text().contains(words), "{}", told.text());
    }
    assert_eq!(test.store.last_launch(&"campus:42".parse().unwrap()).await.unwrap(), None);
    let none = json!({ format!("{CLAIM}custom"): null });
    assert_eq!(launches(&browser, &issuer, "42", &none).await.status, 303);
    assert!(test.store.last_launch(&"campus:42".parse().unwrap()).await.unwrap().is_some());
    // The platform says why there is none.
    let (state, _) = begins(&browser, &issuer).await;
    let told = posts(&browser, "lti/launch", &[("state", &state), ("error", "login_required")]).await;
    assert!(told.text().contains("login_required"), "{}", told.text());
    test.finish().await;
}

#[tokio::test]
async fn strangers_get_nowhere() {
    let (test, issuers) = launched_by(Options::default(), &["campus"]).await;
    let browser = Browser::new(&test);
    let hint = [("login_hint", "h"), ("target_link_uri", "t"), ("iss", "https://evil.example")];
    assert_eq!(posts(&browser, "lti/login", &hint).await.status, 400);
    assert_eq!(posts(&browser, "lti/login", &[]).await.status, 400);
    assert_eq!(posts(&browser, "lti/launch", &[]).await.status, 400);
    assert_eq!(posts(&browser, "lti/launch", &[("state", "forged"), ("id_token", "x")]).await.status, 400);
    let long = "x".repeat(200_000);
    assert_eq!(posts(&browser, "lti/launch", &[("state", &long)]).await.status, 400);
    let image = format!("lti/login?iss={}&login_hint=h&target_link_uri=t", issuers[0].url());
    for (mode, dest, status) in [
        ("no-cors", "image", 403),
        ("cors", "empty", 403),
        ("navigate", "iframe", 400),
        ("navigate", "document", 302),
    ] {
        let request = Browser::new(&test).request(Method::GET, &image);
        let request = request.header("sec-fetch-mode", mode).header("sec-fetch-dest", dest);
        assert_eq!(browser.test.send(request.body(Body::empty()).unwrap()).await.status, status, "{dest}");
    }
    assert!(browser.cookies.borrow().is_empty());
    // The door for other sites' pages is open for launches only.
    launches(&browser, &issuers[0], "42", &json!({})).await;
    assert_eq!(posts(&browser, "logout", &[("token", "x")]).await.status, 403);
    test.finish().await;

    let nobody = TestApp::with(Options { way: TestWay::Tokens, ..Options::default() }).await;
    let told = posts(&Browser::new(&nobody), "lti/login", &hint).await;
    assert_eq!(told.status, 404, "no platform is registered");
    nobody.finish().await;
}

#[tokio::test]
async fn a_platform_that_is_away_is_no_defect() {
    let (test, issuers) = launched_by(Options::default(), &["campus"]).await;
    issuers[0].go_away(true);
    let browser = Browser::new(&test);
    let told = launches(&browser, &issuers[0], "42", &json!({})).await;
    assert_eq!((told.status.as_u16(), told.header("retry-after")), (503, "10"), "{}", told.text());
    issuers[0].go_away(false);
    test.clock.advance(Duration::from_secs(5));
    assert_eq!(launches(&browser, &issuers[0], "42", &json!({})).await.status, 303);
    test.finish().await;
}
