//! What a learning platform said.

use ::hub::{HubError, HubOptions, Missing};
use model::UserName;
use serde_json::json;

use crate::{
    hub::{Says, start},
    is_away, is_nonsense,
};

fn ada() -> UserName {
    "ada".parse().unwrap()
}

fn not_permitted() -> HubError {
    HubError::MissingPermission(Missing::LaunchData { service: "otter_grade".into() })
}

#[tokio::test]
async fn a_launch_is_read_as_this_service() {
    let (it, hub) = start(HubOptions::default()).await;
    let auth_state =
        json!({"lis_outcome_service_url": "https://edx/a+b@c", "lis_result_sourcedid": "c:1:ada"});
    it.json(200, json!({"kind": "user", "name": "ada", "auth_state": auth_state}));
    let launch = hub.launch_of(&ada()).await.unwrap().unwrap();
    assert_eq!(launch.outcomes.unwrap().url, "https://edx/a+b@c");
    let asked = it.last_question();
    assert_eq!((&*asked.1, &*asked.2), ("/hub/api/users/ada", "Bearer own-token"));
    it.json(200, json!({"name": "ada", "auth_state": null}));
    assert_eq!(hub.launch_of(&ada()).await, Ok(None));
}

#[tokio::test]
async fn names_are_encoded() {
    let (it, hub) = start(HubOptions::default()).await;
    it.json(404, json!({}));
    for (name, path) in
        [("a/b", "a%2Fb"), ("../groups", "..%2Fgroups"), ("a?b#c%", "a%3Fb%23c%25"), ("ü x", "%C3%BC%20x")]
    {
        let answer = hub.launch_of(&name.parse().unwrap()).await;
        assert_eq!(answer, Err(HubError::NoSuchUser { user: name.into() }));
        assert_eq!(it.last_question().1, format!("/hub/api/users/{path}"));
    }
    let before = it.asked();
    for name in [".", ".."] {
        assert!(hub.launch_of(&name.parse().unwrap()).await.is_err());
    }
    assert_eq!(it.asked(), before);
}

#[tokio::test]
async fn without_permission_it_says_which_is_missing() {
    let (it, hub) = start(HubOptions::default()).await;
    it.json(200, json!({"kind": "user", "name": "ada"}));
    let error = hub.launch_of(&ada()).await.unwrap_err();
    assert_eq!(error, not_permitted());
    assert!(error.to_string().contains(r#""services": ["otter_grade"]"#), "{error}");
    let owner = Says::Json(200, json!({"kind": "service", "name": "otter_grade", "scopes": []}));
    it.says(Says::Apart { users: Box::new(Says::Json(403, json!({}))), user: Box::new(owner) });
    assert_eq!(hub.launch_of(&ada()).await, Err(not_permitted()));
    it.json(403, json!({}));
    assert_eq!(hub.launch_of(&ada()).await, Err(HubError::ServiceTokenRefused), "nor is the token known");
    it.says(Says::Text(503, String::new()));
    assert!(is_away(&hub.launch_of(&ada()).await));
    it.json(200, json!({"auth_state": {"lti13_ags": 1}}));
    assert!(is_nonsense(&hub.launch_of(&ada()).await));
}
