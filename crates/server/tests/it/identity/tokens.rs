//! Tokens in `Authorization`.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, header},
};
use model::{ApiToken, AuditId, TokenId, ambient::SystemEntropy};
use serde_json::json;
use server::testing::{Answer, Options, PREFIX, TestApp, TestWay};
use store::{AuditEntry, TokenRecord};

use super::{behind_a_hub, body, get, submit, token};

async fn ask(test: &TestApp, pairs: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(format!("{PREFIX}api/v1/me"));
    for (name, value) in pairs {
        request = request.header(*name, *value);
    }
    test.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_token_of_the_hubs_says_who_it_is_in_both_forms() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    for form in ["token token-of-ada", "Bearer token-of-ada", "bearer  token-of-ada"] {
        let me = ask(&test, &[("authorization", form)]).await.json();
        assert_eq!(
            me,
            json!({"user": "ada", "administrator": false, "staff_of": [], "way": "hub_token"}),
            "{form}"
        );
    }
    test.finish().await;
}

#[tokio::test]
async fn without_a_good_token_nobody_gets_in_and_is_told_why() {
    let (test, hub) = behind_a_hub(Options::default()).await;
    hub.knows("service", "ada", &json!({"kind": "service"}));
    hub.knows("server", "ada", &json!({"scopes": ["access:servers!server=ada/", "users:activity!user=ada"]}));
    let said = async |value: Option<&str>| {
        let pairs: Vec<_> = value.iter().map(|value| ("authorization", *value)).collect();
        let answer = ask(&test, &pairs).await;
        (
            answer.status.as_u16(),
            answer.json()["type"].as_str().unwrap().replace("urn:otter-service:problem:", ""),
        )
    };
    let is = |status: u16, slug: &str| (status, slug.to_owned());
    assert_eq!(said(None).await, is(401, "not-signed-in"));
    assert_eq!(said(Some("Bearer unknown")).await, is(401, "bad-token"));
    assert_eq!(said(Some("Basic YWRhOmFkYQ==")).await, is(401, "bad-token"));
    assert_eq!(said(Some("Bearer service")).await, is(401, "bad-token"), "a service posing as a user");
    assert_eq!(said(Some("Bearer server")).await, is(403, "no-access"));
    let answer = ask(&test, &[("authorization", "Bearer server")]).await;
    let snippet = answer.json()["snippet"].as_str().unwrap().to_owned();
    assert!(
        snippet.contains("c.JupyterHub.load_roles")
            && snippet.contains("access:services!service=otter_grade")
    );
    assert_eq!(ask(&test, &[]).await.header(header::WWW_AUTHENTICATE), "Bearer realm=\"otter-service\"");
    test.finish().await;
}

#[tokio::test]
async fn what_a_client_could_write_says_nothing_of_who_it_is() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    let forged = [
        ("x-otter-user", "prof"),
        ("referer", "http://hub/user/prof/lab"),
        ("x-forwarded-user", "prof"),
        ("cookie", "otter-session=prof; jupyterhub-session-id=prof"),
    ];
    assert_eq!(ask(&test, &forged).await.status, 401);
    let mut with_token = forged.to_vec();
    with_token.push(("authorization", "token token-of-bob"));
    assert_eq!(ask(&test, &with_token).await.json()["user"], "bob");
    let request = Request::post(PREFIX).header("x-otter-user", "prof").body(body("x = 1")).unwrap();
    assert_eq!(test.send(request).await.status, 401, "and nothing is accepted");
    test.finish().await;
}

#[tokio::test]
async fn a_revoked_token_is_refused_within_a_minute() {
    let (test, hub) = behind_a_hub(Options::default()).await;
    let id = submit(&test, "ada", "x = 1").await["id"].as_str().unwrap().to_owned();
    hub.revoke(&token("ada"));
    test.clock.advance(Duration::from_secs(45));
    assert_eq!(get(&test, "ada", &format!("api/v1/submissions/{id}")).await.status, 401);
    test.finish_leaving(1).await;
}

#[tokio::test]
async fn nobody_reads_what_is_another_students() {
    let (test, _hub) = behind_a_hub(Options::default()).await;
    let id = submit(&test, "ada", "x = 1").await["id"].as_str().unwrap().to_owned();
    for what in ["", "/events", "/notebook", "/executed"] {
        let path = format!("api/v1/submissions/{id}{what}");
        assert_eq!(get(&test, "bob", &path).await.status, 404, "{path}");
        assert_ne!(get(&test, "ada", "api/v1/submissions").await.status, 404);
    }
    let page = get(&test, "bob", &format!("submissions/{id}")).await;
    assert_eq!(page.status, 404);
    assert_eq!(get(&test, "bob", "api/v1/submissions").await.json()["submissions"], json!([]));
    test.finish_leaving(1).await;
}

#[tokio::test]
async fn while_the_hub_is_away_nobody_new_gets_in() {
    let (test, hub) = behind_a_hub(Options::default()).await;
    hub.go_away(true);
    let answer = get(&test, "ada", "api/v1/me").await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "10"), "{}", answer.text());
    test.finish().await;
}

#[tokio::test]
async fn tokens_of_the_services_own_count_until_they_are_revoked_or_run_out() {
    let test = TestApp::with(Options { way: TestWay::Tokens, ..Options::default() }).await;
    let (own, brief) = (ApiToken::generate(&SystemEntropy), ApiToken::generate(&SystemEntropy));
    let now = test.app.clock.now();
    let record = |token: &ApiToken, expires_at| TokenRecord {
        id: TokenId::new(&*test.app.clock, &SystemEntropy),
        user: "ada".parse().unwrap(),
        label: "a program".into(),
        hash: token.hash(),
        created_at: now,
        expires_at,
        revoked_at: None,
    };
    let entry = || AuditEntry {
        id: AuditId::new(&*test.app.clock, &SystemEntropy),
        at: now,
        actor: "operator".into(),
        action: "token_create".into(),
        course: None,
        user: None,
        submission: None,
        address: None,
        detail: None,
    };
    let kept = record(&own, None);
    test.app.store.create_token(&kept, &entry()).await.unwrap();
    test.app.store.create_token(&record(&brief, Some(now + Duration::from_mins(1))), &entry()).await.unwrap();

    let with = async |token: &ApiToken| {
        ask(&test, &[("authorization", &format!("Bearer {}", token.reveal()))]).await
    };
    assert_eq!(with(&own).await.json()["way"], "api_token");
    assert_eq!(with(&brief).await.json()["user"], "ada");
    assert_eq!(with(&ApiToken::generate(&SystemEntropy)).await.status, 401);
    test.clock.advance(Duration::from_mins(1));
    assert!(with(&brief).await.json()["detail"].as_str().unwrap().contains("run out"));
    assert!(test.app.store.revoke_token(kept.id, &entry()).await.unwrap());
    assert!(with(&own).await.json()["detail"].as_str().unwrap().contains("revoked"));
    test.finish().await;
}
