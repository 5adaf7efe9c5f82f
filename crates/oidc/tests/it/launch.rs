//! Launches from a platform, good and bad ones.

use std::{collections::BTreeMap, sync::Arc};

use model::ambient::Clock;
use oidc::{LtiLogin, LtiPlatform, LtiRole, LtiTool, OidcError};
use outbound::Url;
use serde_json::{Value, json};

use crate::{
    keys::{ec, rsa, unsigned},
    stand_in::{CLIENT, NONCE, NOW, StandIn},
};

const CLAIM: &str = "https://purl.imsglobal.org/spec/lti/claim/";

fn platform(it: &StandIn, client_id: &str) -> LtiPlatform {
    let at = |path: &str| format!("{}{path}", it.url).parse().unwrap();
    LtiPlatform {
        issuer: it.url.clone(),
        client_id: client_id.into(),
        deployment_ids: vec!["1".into()],
        auth_url: at("/auth?tenant=1"),
        token_url: at("/token"),
        jwks_url: at("/jwks"),
        allow_private: true,
    }
}

fn open(it: &Arc<StandIn>, platforms: Vec<LtiPlatform>) -> Result<LtiTool, OidcError> {
    let launch_url = "https://grade.example.org/lti/launch".parse().unwrap();
    LtiTool::new(platforms, launch_url, Arc::clone(it) as Arc<dyn Clock>)
}

fn tool(it: &Arc<StandIn>) -> LtiTool {
    open(it, vec![platform(it, CLIENT)]).unwrap()
}

fn login(it: &StandIn, change: &Value) -> LtiLogin {
    let mut login = json!({
        "iss": it.url, "login_hint": "hint &=", "target_link_uri": "https://grade.example.org/",
        "lti_message_hint": "message", "unknown": "is left out",
    });
    for (name, value) in change.as_object().unwrap() {
        login[name] = value.clone();
    }
    serde_json::from_value(login).unwrap()
}

/// What an honest platform says of Ada, with some claims changed.
fn claims(it: &StandIn, change: &Value) -> Value {
    let mut claims = json!({
        "iss": it.url, "aud": CLIENT, "sub": "42", "exp": NOW + 300, "iat": NOW, "nonce": NONCE,
        format!("{CLAIM}message_type"): "LtiResourceLinkRequest",
        format!("{CLAIM}version"): "1.3.0",
        format!("{CLAIM}deployment_id"): "1",
        format!("{CLAIM}target_link_uri"): "https://grade.example.org/",
        format!("{CLAIM}resource_link"): {"id": "lab01"},
        format!("{CLAIM}roles"): ["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"],
        format!("{CLAIM}custom"): {"otter_assignment": "88e/1/lab01"},
        "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint":
            {"scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"], "lineitem": "https://lms.example.org/1"},
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

async fn refusal(tool: &LtiTool, id_token: &str) -> String {
    match tool.verify(id_token, NONCE).await {
        Err(OidcError::Refused { problem }) => problem,
        other => panic!("{id_token}: {other:?}"),
    }
}

#[tokio::test]
async fn somebody_launches() {
    for key in [ec(), rsa()] {
        let it = StandIn::start().await;
        it.publishes(&[key.public("k")]);
        let launch = tool(&it).verify(&key.token("k", &claims(&it, &json!({}))), NONCE).await.unwrap();
        assert_eq!((launch.subject.as_str(), launch.role), ("42", LtiRole::Staff));
        assert_eq!((launch.issuer.as_str(), launch.client_id.as_str()), (it.url.as_str(), CLIENT));
        assert_eq!((launch.deployment_id.as_str(), launch.resource_link_id.as_str()), ("1", "lab01"));
        assert_eq!(launch.custom["otter_assignment"], "88e/1/lab01");
        assert_eq!(launch.ags.unwrap().lineitem.unwrap().as_str(), "https://lms.example.org/1");
        let tool = tool(&it);
        assert_eq!(tool.keys_of(tool.platform(&it.url, CLIENT).unwrap()).await, Ok(1));
    }
}

#[tokio::test]
async fn the_browser_is_sent_back_to_its_platform() {
    let it = StandIn::start().await;
    let url = tool(&it).authorize_url(&login(&it, &json!({})), "state", NONCE).unwrap();
    let url: Url = url.parse().unwrap();
    let pairs: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    for (name, value) in [
        ("tenant", "1"),
        ("scope", "openid"),
        ("response_type", "id_token"),
        ("response_mode", "form_post"),
        ("prompt", "none"),
        ("client_id", CLIENT),
        ("redirect_uri", "https://grade.example.org/lti/launch"),
        ("login_hint", "hint &="),
        ("lti_message_hint", "message"),
        ("state", "state"),
        ("nonce", NONCE),
    ] {
        assert_eq!(pairs.get(name).map(String::as_str), Some(value), "{name}");
    }
    let without = login(&it, &json!({"lti_message_hint": null}));
    assert!(!tool(&it).authorize_url(&without, "s", "n").unwrap().contains("lti_message_hint"));
}

#[tokio::test]
async fn only_registered_platforms_begin() {
    let it = StandIn::start().await;
    let tool = tool(&it);
    for change in [
        json!({"iss": "https://evil.example"}),
        json!({"client_id": "another"}),
        json!({"lti_deployment_id": "2"}),
        json!({"login_hint": ""}),
        json!({"login_hint": "x".repeat(5000)}),
        json!({"lti_message_hint": "x".repeat(5000)}),
    ] {
        let error = tool.authorize_url(&login(&it, &change), "s", "n").unwrap_err();
        assert!(matches!(error, OidcError::Refused { .. }), "{change}");
    }
    assert!(
        tool.authorize_url(&login(&it, &json!({"client_id": CLIENT, "lti_deployment_id": "1"})), "s", "n")
            .is_ok()
    );

    let several = open(&it, vec![platform(&it, "one"), platform(&it, "two")]).unwrap();
    let error = several.authorize_url(&login(&it, &json!({})), "s", "n").unwrap_err();
    assert!(error.to_string().contains("client_id"), "{error}");
    let url = several.authorize_url(&login(&it, &json!({"client_id": "two"})), "s", "n").unwrap();
    assert!(url.contains("client_id=two"), "{url}");
}

#[tokio::test]
async fn forged_launches() {
    let it = StandIn::start().await;
    let (key, theirs) = (rsa(), ec());
    it.publishes(&[key.public("k")]);
    let (tool, good) = (tool(&it), claims(&it, &json!({})));
    refusal(&tool, &format!("{}.", unsigned(&json!({"alg": "none"}), &good))).await;
    for token in key.signed_with_the_public_one("k", &good) {
        assert!(refusal(&tool, &token).await.contains("HS256"));
    }
    refusal(&tool, &theirs.token("k", &good)).await;
    refusal(&tool, &theirs.sign(&json!({"alg": "ES256", "jwk": theirs.public("k")}), &good)).await;
    assert!(
        refusal(&tool, &format!("{}{}", key.token("k", &good), "A".repeat(70_000)))
            .await
            .contains("too long")
    );
    for text in ["", "x", "a.b.c"] {
        refusal(&tool, text).await;
    }
    assert!(tool.verify(&key.token("k", &good), NONCE).await.is_ok());
    assert!(tool.verify(&key.token("k", &good), "of another launch").await.is_err());
}

#[tokio::test]
async fn launches_of_others() {
    let it = StandIn::start().await;
    let key = ec();
    it.publishes(&[key.public("k")]);
    let tool = tool(&it);
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("aud", json!("another")),
        ("aud", json!([CLIENT, "another"])),
        ("azp", json!("another")),
        ("exp", json!(NOW - 61)),
        ("iat", json!(NOW + 61)),
        ("nonce", json!("another")),
        ("sub", json!(null)),
    ] {
        let shown = format!("{name} {value}");
        let problem = refusal(&tool, &key.token("k", &claims(&it, &json!({ name: value })))).await;
        assert!(problem.contains("the platform's ID token "), "{shown}: {problem}");
    }
    for (name, value) in [
        ("message_type", json!("LtiDeepLinkingRequest")),
        ("version", json!("1.1")),
        ("deployment_id", json!("2")),
        ("roles", json!(null)),
        ("resource_link", json!(null)),
    ] {
        let shown = format!("{name} {value}");
        let problem =
            refusal(&tool, &key.token("k", &claims(&it, &json!({ format!("{CLAIM}{name}"): value })))).await;
        assert!(problem.contains("the platform's ID token "), "{shown}: {problem}");
    }
    let several = claims(&it, &json!({"aud": ["another", CLIENT], "azp": CLIENT}));
    assert!(tool.verify(&key.token("k", &several), NONCE).await.is_ok());
    let any = LtiPlatform { deployment_ids: Vec::new(), ..platform(&it, CLIENT) };
    assert!(any.takes_any_deployment());
    let other = claims(&it, &json!({ format!("{CLAIM}deployment_id"): "2" }));
    assert!(open(&it, vec![any]).unwrap().verify(&key.token("k", &other), NONCE).await.is_ok());
}

#[tokio::test]
async fn platforms_do_not_speak_for_each_other() {
    let (one, two) = (StandIn::start().await, StandIn::start().await);
    let (first, second) = (ec(), ec());
    one.publishes(&[first.public("k")]);
    two.publishes(&[second.public("k")]);
    let tool = open(&one, vec![platform(&one, CLIENT), platform(&two, CLIENT)]).unwrap();
    let of_one = claims(&one, &json!({}));
    assert!(tool.verify(&first.token("k", &of_one), NONCE).await.is_ok());
    refusal(&tool, &second.token("k", &of_one)).await;
    assert_eq!(two.asked("/jwks"), 0, "whose token it is decides whose keys count");
}

#[tokio::test]
async fn platforms_that_cannot_be_right_are_told_of_at_the_start() {
    let it = StandIn::start().await;
    let good = platform(&it, CLIENT);
    assert!(open(&it, vec![good.clone(), good.clone()]).unwrap_err().to_string().contains("twice"));
    assert!(open(&it, vec![LtiPlatform { client_id: String::new(), ..good.clone() }]).is_err());
    assert!(open(&it, vec![LtiPlatform { auth_url: "mailto:x".parse().unwrap(), ..good.clone() }]).is_err());
    let error = open(&it, vec![LtiPlatform { allow_private: false, ..good }]).unwrap_err();
    assert!(error.to_string().contains("without TLS"), "{error}");
}
