//! Whose a token is.

use std::{
    num::NonZeroUsize,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use ::hub::{HubError, HubOptions, Missing};
use serde_json::json;
use tokio::net::TcpListener;

use crate::{
    hub::{Says, ada, service, start},
    is_away, is_nonsense, token,
};

#[tokio::test]
async fn the_hub_is_asked_once_in_half_a_minute_and_sees_the_token() {
    let (it, hub) = start(HubOptions::default()).await;
    it.json(200, ada());
    for _ in 0..3 {
        assert_eq!(hub.user_of(&token("t")).await.unwrap().name.as_str(), "ada");
    }
    assert_eq!(it.asked(), 1);
    assert_eq!(it.last_question(), ("GET".into(), "/hub/api/user".into(), "Bearer t".into(), String::new()));
    it.later(30);
    hub.user_of(&token("t")).await.unwrap();
    hub.forget(&token("t"));
    hub.user_of(&token("t")).await.unwrap();
    hub.user_of(&token("u")).await.unwrap();
    assert_eq!(it.asked(), 4);
}

#[tokio::test]
async fn a_revocation_shows_within_a_minute() {
    let (it, hub) = start(HubOptions::default()).await;
    assert!(HubOptions::default().known + HubOptions::default().within < Duration::from_mins(1));
    it.json(200, ada());
    hub.user_of(&token("t")).await.unwrap();
    it.json(403, json!({"status": 403, "message": "Forbidden"}));
    it.later(30);
    assert_eq!(hub.user_of(&token("t")).await, Err(HubError::Unknown));
    // A session ends then too, and a hub that goes away later does not bring it back.
    it.later(6);
    it.says(Says::Text(503, String::new()));
    assert!(is_away(&hub.user_of_session(&token("t")).await));
}

#[tokio::test]
async fn many_at_once_are_one_question() {
    let (it, hub) = start(HubOptions::default()).await;
    it.says(Says::Slowly(ada()));
    let hub = Arc::new(hub);
    let ask = || {
        let hub = Arc::clone(&hub);
        tokio::spawn(async move { hub.user_of(&token("t")).await })
    };
    let first = ask();
    while it.asked() == 0 {
        tokio::task::yield_now().await;
    }
    let others: Vec<_> = (0..30).map(|_| ask()).collect();
    // The one whose turn it is gives up; another takes over.
    first.abort();
    for user in others {
        assert_eq!(user.await.unwrap().unwrap().name.as_str(), "ada");
    }
    assert_eq!(it.asked(), 2);
}

#[tokio::test]
async fn a_flood_of_made_up_tokens_comes_to_the_hub_bit_by_bit() {
    let entries = NonZeroUsize::new(10).unwrap();
    let (it, hub) = start(HubOptions { at_once: 4, entries, ..HubOptions::default() }).await;
    it.json(200, ada());
    hub.user_of(&token("t")).await.unwrap();
    it.says(Says::Slowly(json!({"kind": "service", "name": "x"})));
    let hub = Arc::new(hub);
    let flood = (0..100).map(|number| {
        let hub = Arc::clone(&hub);
        tokio::spawn(async move { hub.user_of(&token(&format!("made-up-{number}"))).await })
    });
    for refused in flood.collect::<Vec<_>>() {
        assert!(matches!(refused.await.unwrap(), Err(HubError::NotAUser { .. })));
    }
    let most = it.most_at_once.load(Ordering::SeqCst);
    assert!((2..=4).contains(&most), "{most} at once");
    assert_eq!(it.asked(), 101);
    hub.user_of(&token("t")).await.unwrap();
    assert_eq!(it.asked(), 101, "who is known stays known");
}

#[tokio::test]
async fn who_is_refused_and_why() {
    let (it, hub) = start(HubOptions::default()).await;
    for status in [401, 403, 404] {
        it.json(status, json!({"status": status}));
        assert_eq!(hub.user_of(&token(&format!("t{status}"))).await, Err(HubError::Unknown));
    }
    it.json(200, json!({"kind": "service", "name": "ada", "admin": true, "scopes": ["access:services"]}));
    let error = hub.user_of(&token("service")).await.unwrap_err();
    assert_eq!(error, HubError::NotAUser { kind: "service".into(), name: "ada".into() });

    let missing = |scopes: &[&str]| {
        it.json(200, json!({"kind": "user", "name": "ada", "scopes": scopes}));
        let token = token(&format!("t{}", scopes.len()));
        let hub = &hub;
        async move {
            match hub.user_of(&token).await.unwrap_err() {
                HubError::MissingScope { missing, needed, user, has } => {
                    assert_eq!(needed.to_string(), "access:services!service=otter_grade");
                    assert_eq!(user, "ada");
                    (*missing, has.to_string())
                }
                other => panic!("{other}"),
            }
        }
    };
    let service = || "otter_grade".to_owned();
    let none = missing(&[]).await;
    assert_eq!(none, (Missing::UserAccess { service: service() }, String::new()));
    let server = missing(&["access:servers!server=ada/", "users:activity!user=ada"]).await;
    assert_eq!(server.0, Missing::ServerAccess { service: service() });
    let other = missing(&["access:services!service=other", "self", "read:users"]).await;
    assert_eq!(other.0, Missing::UserAccess { service: service() });
}

#[tokio::test]
async fn while_the_hub_is_away_sessions_go_on_and_nobody_else_gets_in() {
    let (it, hub) = start(HubOptions::default()).await;
    it.json(200, ada());
    hub.user_of(&token("t")).await.unwrap();
    for says in [Says::Text(502, "<html>".into()), Says::Json(429, json!({}))] {
        it.later(40);
        it.says(says);
        let before = it.asked();
        assert!(is_away(&hub.user_of(&token("t")).await));
        assert_eq!(hub.user_of_session(&token("t")).await.unwrap().name.as_str(), "ada");
        assert!(is_away(&hub.user_of_session(&token("new")).await));
        assert_eq!(it.asked(), before + 2, "not asked again at once");
    }
    it.later(3600);
    assert!(is_away(&hub.user_of_session(&token("t")).await), "not for ever");
    it.json(200, ada());
    it.later(2);
    hub.user_of(&token("t")).await.unwrap();
}

#[tokio::test]
async fn a_hub_that_says_nothing_is_away() {
    let options = HubOptions { within: Duration::from_millis(50), ..HubOptions::default() };
    let (it, hub) = start(options).await;
    it.says(Says::Nothing);
    assert!(is_away(&hub.user_of(&token("t")).await));
    assert!(is_away(&hub.own_scopes().await));
}

#[tokio::test]
async fn where_nothing_listens_the_hub_is_away() {
    let (it, _) = start(HubOptions::default()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    drop(listener);
    let hub = service(at, HubOptions::default(), &it);
    let error = hub.user_of(&token("s3cret")).await.unwrap_err();
    assert!(is_away(&Err::<(), _>(error.clone())));
    assert!(error.to_string().contains(&at.to_string()) && !error.to_string().contains("s3cret"), "{error}");
}

#[tokio::test]
async fn what_is_no_hub_is_not_believed() {
    let (it, hub) = start(HubOptions::default()).await;
    let large =
        json!({"kind": "user", "name": "ada", "scopes": ["access:services"], "x": "x".repeat(1024 * 1024)});
    for (number, says) in [
        Says::Text(200, "<html>s3cret".into()),
        Says::Json(200, json!([])),
        Says::Json(200, json!({"name": "ada", "scopes": ["access:services"]})),
        Says::Json(200, json!({"kind": "user", "name": "a\u{202e}b", "scopes": ["access:services"]})),
        Says::Json(200, large),
        Says::Json(204, json!({})),
        Says::Redirect,
    ]
    .into_iter()
    .enumerate()
    {
        it.says(says.clone());
        let answer = hub.user_of_session(&token(&format!("t{number}"))).await;
        assert!(is_nonsense(&answer), "{says:?}: {answer:?}");
        assert!(!answer.unwrap_err().to_string().contains("s3cret"));
        assert_eq!(it.asked(), number + 1, "a redirect is not followed");
    }
}

#[tokio::test]
async fn what_the_service_itself_may_do() {
    let (it, hub) = start(HubOptions::default()).await;
    it.json(
        200,
        json!({"kind": "service", "name": "otter_grade", "scopes": ["read:users", "admin:auth_state"]}),
    );
    let scopes = hub.own_scopes().await.unwrap();
    assert!(scopes.grant(&"admin:auth_state!user=ada".parse().unwrap()));
    assert_eq!(it.last_question().2, "Bearer own-token");
    it.json(403, json!({}));
    assert_eq!(hub.own_scopes().await, Err(HubError::ServiceTokenRefused));
}

#[tokio::test]
async fn where_credentials_of_clouds_are_no_hub_is_asked() {
    let (it, _) = start(HubOptions::default()).await;
    let hub = service("169.254.169.254:80".parse().unwrap(), HubOptions::default(), &it);
    let error = hub.own_scopes().await.unwrap_err();
    assert!(
        matches!(&error, HubError::Unusable { problem } if problem.contains("169.254.169.254")),
        "{error}"
    );
}

#[tokio::test]
async fn a_flood_of_made_up_tokens_keeps_nobody_waiting_who_is_known() {
    let (it, hub) = start(HubOptions { at_once: 1, ..HubOptions::default() }).await;
    it.json(200, ada());
    hub.user_of(&token("t")).await.unwrap();
    it.says(Says::Nothing);
    let hub = Arc::new(hub);
    let flood = {
        let hub = Arc::clone(&hub);
        tokio::spawn(async move { hub.user_of(&token("made-up")).await })
    };
    while it.asked() < 2 {
        tokio::task::yield_now().await;
    }
    it.json(200, ada());
    it.later(31);
    assert_eq!(hub.user_of(&token("t")).await.unwrap().name.as_str(), "ada");
    flood.abort();
}
