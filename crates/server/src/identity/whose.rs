//! Whose request it is.

use std::{collections::BTreeSet, sync::Arc};

use axum::http::{HeaderMap, header, request::Parts};
use hub::{HubError, HubUser, Token};
use model::{ApiToken, UserName};

use crate::{
    api::problem::{ApiError, log},
    app::App,
    identity::{
        Caller, Way, WayIn,
        client::Client,
        host,
        session::{Proof, Session},
        write,
    },
};

/// Who sent a request; `None` if it says nothing about that. What it says and is not true is an error.
pub(crate) async fn whose(app: &App, parts: &Parts) -> Result<Option<Caller>, ApiError> {
    let client = Client::noted(parts);
    let mut found = proved(app, &parts.headers, client).await;
    if let Ok(Some(caller)) = &mut found {
        caller.address = client.address;
        if caller.way.is_by_cookie() {
            write::require(&parts.method, &parts.headers)?;
            if !write::is_read(&parts.method) && parts.uri.path().contains("/api/v1/") {
                write::require_no_form(&parts.headers)?;
            }
        }
    }
    if matches!(found, Ok(None) | Err(ApiError::BadToken { .. })) {
        app.door.limits.anonymous(client.address, app.clock.now())?;
    }
    found
}

async fn proved(app: &App, headers: &HeaderMap, client: Client) -> Result<Option<Caller>, ApiError> {
    if let WayIn::SingleUser(user) = &app.door.way_in {
        host::require(&app.door, headers)?;
        return Ok(Some(caller(user, Way::SingleUser, "one")));
    }
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let token = value.to_str().map_err(|_| bad_token("it has characters that no token has"))?;
        return by_token(app, token).await.map(Some);
    }
    if app.door.trust_client_header
        && client.is_by_proxy
        && let Some(name) = headers.get("x-otter-user")
    {
        let user = name.to_str().ok().and_then(|name| name.parse().ok());
        let user = user.ok_or_else(|| bad_token("the header X-Otter-User names no user"))?;
        return Ok(Some(caller(&user, Way::TrustedHeader, user.as_str())));
    }
    match Session::read(app, headers) {
        Some(session) => by_session(app, session).await,
        None => Ok(None),
    }
}

async fn by_token(app: &App, authorization: &str) -> Result<Caller, ApiError> {
    let token = Token::from_authorization(authorization).map_err(|problem| bad_token(problem.to_string()))?;
    if let Ok(own) = ApiToken::parse(token.reveal()) {
        return by_own_token(app, &own).await;
    }
    match &app.door.way_in {
        WayIn::Hub(hub) => {
            let user = hub.user_of(&token).await.map_err(refused)?;
            Ok(of_hub(&user, Way::HubToken, user.name.as_str()))
        }
        WayIn::SingleUser(_) | WayIn::Oidc(_) | WayIn::Tokens => {
            Err(bad_token("it is not one of this service's"))
        }
    }
}

async fn by_own_token(app: &App, token: &ApiToken) -> Result<Caller, ApiError> {
    let record = app.store.token(&token.hash()).await?.ok_or_else(|| bad_token("it is not known"))?;
    if record.revoked_at.is_some() {
        return Err(bad_token("it was revoked"));
    }
    if record.expires_at.is_some_and(|end| end <= app.clock.now()) {
        return Err(bad_token("it has run out"));
    }
    Ok(caller(&record.user, Way::ApiToken, record.user.as_str()))
}

/// A session whose token the hub does not know any more is over; one during which the hub is away goes on for a while.
async fn by_session(app: &App, session: Session) -> Result<Option<Caller>, ApiError> {
    let is_by_hub = matches!(app.door.way_in, WayIn::Hub(_));
    match (&session.proof, &app.door.way_in) {
        (Proof::Hub(token), WayIn::Hub(hub)) => {
            let Ok(token) = Token::parse(token) else { return Ok(None) };
            match hub.user_of_session(&token).await {
                Ok(user) if user.name == session.user => {
                    Ok(Some(of_hub(&user, Way::HubSession, &session.id)))
                }
                Ok(_) | Err(HubError::Unknown) => Ok(None),
                Err(error) => Err(refused(error)),
            }
        }
        (Proof::Oidc(groups), WayIn::Oidc(_)) => {
            let groups = groups.clone();
            Ok(Some(Caller { groups, ..caller(&session.user, Way::OidcSession, &session.id) }))
        }
        (Proof::Lti(groups), _) if !is_by_hub => {
            let groups = groups.clone();
            Ok(Some(Caller { groups, ..caller(&session.user, Way::LtiSession, &session.id) }))
        }
        // From another time, when people came in by another way.
        _ => Ok(None),
    }
}

fn caller(user: &UserName, way: Way, session: &str) -> Caller {
    Caller {
        user: user.clone(),
        way,
        groups: BTreeSet::new(),
        hub: None,
        session: session.to_owned(),
        address: None,
    }
}

fn of_hub(user: &Arc<HubUser>, way: Way, session: &str) -> Caller {
    let groups = user.groups.clone();
    Caller { groups, hub: Some(Arc::clone(user)), ..caller(&user.name, way, session) }
}

fn bad_token(problem: impl Into<String>) -> ApiError {
    ApiError::BadToken { problem: problem.into() }
}

/// What the hub says of a token, as an answer.
pub(crate) fn refused(error: HubError) -> ApiError {
    match error {
        HubError::Unknown => bad_token("the hub does not know it: it is wrong, has run out or was revoked"),
        HubError::NotAUser { .. } => {
            bad_token("it belongs to a service of the hub, and services submit nothing")
        }
        HubError::MissingScope { user, needed, missing, .. } => {
            log::no_access(&user, &needed, &missing);
            ApiError::NoAccess { user, snippet: missing.snippet() }
        }
        error => ApiError::HubAway(error),
    }
}
