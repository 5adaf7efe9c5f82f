//! What is tried on each hub.

use std::{collections::BTreeMap, sync::Arc};

use hub::{Code, Hub, HubError, HubSettings, HubUser, Missing, NextPath, NotebookPath, StateKey};
use model::ambient::{SystemClock, SystemEntropy};
use reqwest::{Method, StatusCode, Url};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use testbed::jupyterhub::JupyterHub;

use crate::{
    browser::Browser,
    peer::{Peer, open, token},
    service,
};

const CALLBACK: &str = "/services/otter_grade/oauth_callback";

fn is_staff(user: &HubUser) -> bool {
    user.has(&"custom:otter_grade:staff".parse().unwrap())
}

fn missing(answer: Result<Arc<HubUser>, HubError>) -> Missing {
    match answer {
        Err(HubError::MissingScope { missing, .. }) => *missing,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn version(peer: &Peer, says: &str) {
    assert_eq!(peer.api(Method::GET, "", Value::Null).await["version"], says);
    // The hub's configuration names the others.
    peer.api(Method::POST, "users", json!({"usernames": ["ada"]})).await;
}

/// The environment of a managed service is all that it needs.
pub(crate) async fn managed(peer: &Peer) {
    let told = peer.told("otter_managed").await;
    let settings = HubSettings::from_environment(|name| told.get(name).cloned()).unwrap().unwrap();
    assert_eq!((&*settings.service_name, &*settings.prefix), ("otter_managed", "/services/otter_managed/"));
    assert_eq!(settings.callback, "/services/otter_managed/oauth_callback");
    assert_eq!(settings.access_scopes.to_string(), "access:services, access:services!service=otter_managed");
    assert_eq!(settings.client_id, "service-otter_managed");
    assert_eq!(settings.listen.as_ref().unwrap().port(), Some(peer.port + 3));
    assert_eq!(settings.hub_url(), "/hub/");
    let hub = open(settings);
    assert!(hub.own_scopes().await.unwrap().is_empty());
    let boss = hub.user_of(&peer.token_of("boss", None).await.0).await.unwrap();
    assert!(boss.is_admin);
    let ada = hub.user_of(&peer.token_of("ada", None).await.0).await;
    assert_eq!(missing(ada), Missing::UserAccess { service: "otter_managed".into() });
}

/// A user's tokens: with the scope, without it, and revoked.
pub(crate) async fn tokens(peer: &Peer, hub: &Hub) {
    let (good, id) = peer.token_of("ada", None).await;
    let ada = hub.user_of(&good).await.unwrap();
    assert_eq!(ada.name.as_str(), "ada");
    assert!(ada.groups.is_empty() && !ada.is_admin && !is_staff(&ada) && !ada.is_held_by_a_server());
    let (narrow, _) = peer.token_of("ada", Some(&["access:services!service=otter_grade"])).await;
    assert_eq!(hub.user_of(&narrow).await.unwrap().name.as_str(), "ada");
    let (other, _) = peer.token_of("ada", Some(&["read:users:name!user=ada"])).await;
    assert_eq!(missing(hub.user_of(&other).await), Missing::UserAccess { service: service() });
    peer.api(Method::DELETE, &format!("users/ada/tokens/{id}"), Value::Null).await;
    assert_eq!(hub.user_of(&good).await, Err(HubError::Unknown));
    assert_eq!(hub.user_of_session(&good).await, Err(HubError::Unknown));
    assert_eq!(hub.user_of(&token("made-up")).await, Err(HubError::Unknown));

    let prof = hub.user_of(&peer.token_of("prof", None).await.0).await.unwrap();
    assert!(prof.is_in("instructors") && is_staff(&prof) && !prof.is_held_by_a_server());
    let boss = hub.user_of(&peer.token_of("boss", None).await.0).await.unwrap();
    assert!(boss.is_admin && !boss.is_held_by_a_server(), "an administrator needs no role");
}

/// Services' tokens, this one's own too, are nobody's (attack 61).
pub(crate) async fn posing(peer: &Peer, hub: &Hub) {
    peer.api(Method::POST, "users", json!({"usernames": ["probe"]})).await;
    for (text, name) in [(JupyterHub::PROBE, "probe"), ("external-0123456789abcdef", "otter_grade")] {
        let error = hub.user_of(&token(text)).await.unwrap_err();
        assert_eq!(error, HubError::NotAUser { kind: "service".into(), name: name.into() });
    }
}

/// The token that a notebook has, in its user's server.
pub(crate) async fn servers(peer: &Peer, hub: &Hub) {
    let told = server(peer).await;
    let ada = hub.user_of(&token(&told["JUPYTERHUB_API_TOKEN"])).await.unwrap();
    assert_eq!(ada.name.as_str(), "ada");
    assert!(!is_staff(&ada) && ada.is_held_by_a_server());
}

async fn server(peer: &Peer) -> BTreeMap<String, String> {
    peer.api(Method::POST, "users/ada/server", Value::Null).await;
    peer.told("ada").await
}

/// The hub's sign-in, from its form to a token.
pub(crate) async fn sign_in(peer: &Peer, hub: &Hub) {
    let key = StateKey::of(&hub.settings().api_token);
    let next = NextPath::parse("/services/otter_grade/grades", &hub.settings().prefix).unwrap();
    for (user, staff) in [("ada", false), ("prof", true), ("J\u{fc}rgen O'Neill@x", false)] {
        let begun = key.begin(Some(&next), &SystemClock, &SystemEntropy);
        let to = hub.authorize_url(&begun.state, Some(&begun.challenge));
        let mut browser = Browser::new(peer.port);
        let back: BTreeMap<_, _> = query(&browser.go(&to, user, CALLBACK).await.unwrap());
        let cookie = |flow: &str| (flow == begun.flow).then(|| begun.cookie.expose_secret());
        let ended = key.end(&back["state"], cookie, &SystemClock).unwrap();
        assert_eq!(ended.next.as_ref(), Some(&next));
        let code = Code::parse(&back["code"]).unwrap();
        let token = hub.exchange(&code, Some(&ended.verifier)).await.unwrap();
        let found = hub.user_of(&token).await.unwrap();
        assert_eq!((found.name.as_str(), is_staff(&found)), (&*user.to_lowercase(), staff));
        assert!(found.session_id.is_some());
        let again = hub.exchange(&code, Some(&ended.verifier)).await;
        assert!(matches!(again, Err(HubError::CodeRefused { .. })), "{again:?}");
    }
    let never = hub.exchange(&Code::parse("made-up").unwrap(), None).await;
    assert!(matches!(never, Err(HubError::CodeRefused { .. })), "{never:?}");
    let mut other = hub.settings().clone();
    other.api_token = "wrong".into();
    let refused = open(other.clone()).exchange(&Code::parse("made-up").unwrap(), None).await;
    assert_eq!(refused.unwrap_err(), HubError::ServiceTokenRefused);
    assert_eq!(open(other).own_scopes().await, Err(HubError::ServiceTokenRefused));
}

fn query(url: &Url) -> BTreeMap<String, String> {
    url.query_pairs().into_owned().collect()
}

/// What a learning platform said of whoever has signed in ([`sign_in`]).
pub(crate) async fn launches(peer: &Peer, hub: &Hub) {
    let ada = hub.launch_of(&"ada".parse().unwrap()).await.unwrap().unwrap();
    let outcomes = ada.outcomes.as_ref().unwrap();
    assert_eq!(outcomes.url, "https://edx.example/a+b@c/outcome_service_handler");
    assert_eq!(outcomes.sourcedid, "course-v1%3Aa+b:edx.example-c:ada");
    assert_eq!(ada.platform.as_ref().unwrap().sub, "u-1");
    let path = NotebookPath::parse("lab 01.ipynb");
    assert_eq!(ada.line_item(path.as_ref()), Some("https://lms.example/li/2"));
    assert_eq!(ada.line_item(None), None);
    assert_eq!(hub.launch_of(&"prof".parse().unwrap()).await, Ok(None));
    assert_eq!(hub.launch_of(&"j\u{fc}rgen o'neill@x".parse().unwrap()).await, Ok(None));
    let nobody = hub.launch_of(&"nobody/..".parse().unwrap()).await;
    assert_eq!(nobody, Err(HubError::NoSuchUser { user: "nobody/..".into() }));
    // Another service of the same hub may not.
    let told = peer.told("otter_managed").await;
    let managed = open(HubSettings::from_environment(|name| told.get(name).cloned()).unwrap().unwrap());
    let may_not = Missing::LaunchData { service: "otter_managed".into() };
    assert_eq!(managed.launch_of(&"ada".parse().unwrap()).await, Err(HubError::MissingPermission(may_not)));
}

/// Sessions go on without the hub.
pub(crate) async fn away(peer: &mut Peer, hub: &Hub) {
    let (ada, _) = peer.token_of("ada", None).await;
    let (prof, _) = peer.token_of("prof", None).await;
    hub.user_of(&ada).await.unwrap();
    peer.stop();
    assert!(matches!(hub.user_of(&ada).await, Err(HubError::Away { .. })));
    assert_eq!(hub.user_of_session(&ada).await.unwrap().name.as_str(), "ada");
    assert!(matches!(hub.user_of_session(&prof).await, Err(HubError::Away { .. })));
}

/// Without any role for this service.
pub(crate) async fn stock_roles(peer: &Peer, hub: &Hub) {
    peer.api(Method::POST, "users", json!({"usernames": ["ada"]})).await;
    let (ada, _) = peer.token_of("ada", None).await;
    assert_eq!(missing(hub.user_of(&ada).await), Missing::UserAccess { service: service() });
    let told = server(peer).await;
    let server = hub.user_of(&token(&told["JUPYTERHUB_API_TOKEN"])).await;
    assert_eq!(missing(server), Missing::ServerAccess { service: service() });
    let launch = hub.launch_of(&"ada".parse().unwrap()).await;
    assert_eq!(launch, Err(HubError::MissingPermission(Missing::LaunchData { service: service() })));
    let to = hub.authorize_url("state", None);
    let page = Browser::new(peer.port).go(&to, "ada", CALLBACK).await;
    assert_eq!(page, Err(StatusCode::FORBIDDEN), "the hub itself refuses");
}

/// Where users and services have hosts of their own.
pub(crate) async fn subdomains(peer: &Peer) {
    let told = peer.told("otter_managed").await;
    let settings = HubSettings::from_environment(|name| told.get(name).cloned()).unwrap().unwrap();
    let hub = format!("http://hub.localhost:{}/hub/", peer.port);
    assert_eq!((settings.hub_url(), settings.is_secure()), (hub.clone(), Some(false)));
    // The hub makes up a host for each service, and tells its URL.
    let public = settings.public_url.clone().unwrap();
    assert!(public.host_str().unwrap().ends_with(".hub.localhost"), "{public}");
    assert_eq!(settings.callback, format!("{public}oauth_callback"));
    let little = HubSettings::from_environment(|name| {
        told.get(name).filter(|_| name != "JUPYTERHUB_OAUTH_CALLBACK_URL").cloned()
    });
    assert_eq!(little.unwrap().unwrap().callback, settings.callback, "it follows from the others");
    assert_eq!(settings.callback_path(), "/services/otter_managed/oauth_callback");
    let to = open(settings).authorize_url("state", None);
    assert!(to.starts_with(&format!("{hub}api/oauth2/authorize?")), "{to}");
}
