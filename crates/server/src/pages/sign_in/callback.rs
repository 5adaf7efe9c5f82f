//! `GET oauth_callback?state=…&code=…`: where the hub or the provider sends browsers back to.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use hub::{Code, Hub, HubError, HubUser, SignIn, Token, Verifier};
use model::UserName;
use oidc::OidcError;
use serde::Deserialize;

use super::{super::error, COOKIE};
use crate::{
    api::{problem::ApiError, submit},
    app::App,
    extract::denial::wants_page,
    identity::{
        WayIn,
        client::Client,
        cookies::{self, Kind},
        refused,
        session::{Proof, Session},
    },
};

/// What comes back: a code, or the reason why there is none (RFC 6749, 4.1.2).
#[derive(Deserialize)]
pub(crate) struct Back {
    state: String,
    code: Option<String>,
    error: Option<String>,
    #[serde(default)]
    error_description: String,
}

/// Somebody who has just signed in.
struct SignedIn {
    user: UserName,
    proof: Proof,
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    back: Result<Query<Back>, QueryRejection>,
) -> Response {
    // Each may have the hub or the provider asked.
    if let Err(many) = app.door.limits.anonymous(client.address, app.clock.now()) {
        return failed(&app, &headers, many.into());
    }
    let Ok(Query(back)) = back else {
        return failed(&app, &headers, problem("This address is only for the way back from signing in."));
    };
    let cookie = |flow: &str| cookies::read(&headers, &format!("{COOKIE}{flow}"));
    let sign_in = match app.door.states.end(&back.state, cookie, &*app.clock) {
        Ok(sign_in) => sign_in,
        Err(error) => return failed(&app, &headers, problem(error.to_string())),
    };
    let over = cookies::set(&app, client, &format!("{COOKIE}{}", sign_in.flow), "", Kind::Gone);
    let mut response = match end(&app, client, &headers, back, sign_in).await {
        Ok(response) => response,
        Err(problem) => failed(&app, &headers, problem),
    };
    response.headers_mut().append(header::SET_COOKIE, over);
    response
}

async fn end(
    app: &Arc<App>,
    client: Client,
    headers: &HeaderMap,
    back: Back,
    sign_in: SignIn,
) -> Result<Response, ApiError> {
    let Some(next) = &sign_in.next else { return answer(app, headers, back, sign_in).await };
    let signed_in = who(app, back, sign_in.verifier).await?;
    tracing::info!(user = %signed_in.user, "signed in");
    let session = Session::begin(app, signed_in.user, signed_in.proof);
    let cookie = session.set(app, client).ok_or_else(|| {
        problem("What the sign-in says about you is too long for a cookie. Tell those who run this service.")
    })?;
    Ok(open(next.as_str(), cookie))
}

/// The answer to what the browser posted before it was sent away. It only fetched, and gets no session.
async fn answer(
    app: &Arc<App>,
    headers: &HeaderMap,
    back: Back,
    sign_in: SignIn,
) -> Result<Response, ApiError> {
    // Waited too long, made room for others, or was posted to another process or before a restart.
    let received = app.door.stash.take(&sign_in.flow, app.clock.now()).ok_or(ApiError::StashGone)?;
    let signed_in = who(app, back, sign_in.verifier).await?;
    tracing::info!(user = %signed_in.user, "signed in to submit");
    app.door.limits.submission(&signed_in.user, app.clock.now())?;
    submit::accept(app, &signed_in.user, None, headers, received).await
}

/// Gives the browser its session and sends it on.
fn open(next: &str, cookie: HeaderValue) -> Response {
    let mut response = Redirect::to(next).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

async fn who(app: &App, back: Back, verifier: Verifier) -> Result<SignedIn, ApiError> {
    let code = match (back.code, back.error) {
        (Some(code), _) => code,
        (None, Some(error)) if matches!(app.door.way_in, WayIn::Oidc(_)) => {
            return Err(OidcError::of_answer(&error, &back.error_description).into());
        }
        (None, Some(error)) => {
            let plain: String = error.chars().filter(char::is_ascii_graphic).take(80).collect();
            return Err(problem(format!("You were not signed in ({plain}).")));
        }
        (None, None) => return Err(problem("The way back from signing in lacks its code.")),
    };
    match &app.door.way_in {
        WayIn::Hub(hub) => {
            let (token, user) = by_hub(hub, &code, &verifier).await.map_err(|error| match error {
                HubError::CodeRefused { .. } => problem(error.to_string()),
                error => refused(error),
            })?;
            Ok(SignedIn { user: user.name.clone(), proof: Proof::Hub(token.reveal().to_owned()) })
        }
        WayIn::Oidc(provider) => {
            let nonce = verifier.challenge();
            let user = provider.exchange(&code, verifier.reveal(), nonce.as_str()).await?;
            // The names of a platform's users and groups are not a provider's to give.
            let is_of_platform =
                |name: &str| app.door.lti.as_ref().is_some_and(|lti| lti.is_of_platform(name));
            if is_of_platform(user.name.as_str()) {
                return Err(problem(
                    "Your name at the sign-in provider begins as those of a learning platform's users do here.",
                ));
            }
            let groups = user.groups.into_iter().filter(|group| !is_of_platform(group)).collect();
            let groups = app.door.roles.that_matter(groups);
            Ok(SignedIn { user: user.name, proof: Proof::Oidc(groups) })
        }
        WayIn::SingleUser(_) | WayIn::Tokens => Err(ApiError::NoSignIn),
    }
}

async fn by_hub(hub: &Hub, code: &str, verifier: &Verifier) -> Result<(Token, Arc<HubUser>), HubError> {
    let code = Code::parse(code).map_err(|error| HubError::CodeRefused { problem: error.to_string() })?;
    let token = hub.exchange(&code, Some(verifier)).await?;
    let user = hub.user_of(&token).await?;
    Ok((token, user))
}

fn problem(text: impl Into<String>) -> ApiError {
    ApiError::SignIn(text.into())
}

fn failed(app: &App, headers: &HeaderMap, problem: ApiError) -> Response {
    if wants_page(headers) { error::page(app, None, problem) } else { problem.into_response() }
}
