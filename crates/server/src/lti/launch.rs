//! `POST lti/launch`: what a platform lets the browser post, an ID token that says who it is.

use std::sync::Arc;

use axum::{
    Form,
    extract::{State, rejection::FormRejection},
    http::{HeaderMap, header},
    response::{IntoResponse, Redirect, Response},
};
use hub::{NextPath, SignIn, StateError};
use model::{AssignmentKey, UserName};
use oidc::{LtiLaunch, OidcError};
use outbound::Url;
use serde::Deserialize;
use store::LaunchRecord;

use super::{COOKIE, Lti, of};
use crate::{
    api::problem::ApiError,
    app::App,
    identity::{
        client::Client,
        cookies::{self, Kind},
        session::{Proof, Session},
    },
    pages::error,
    passback::KeptLaunch,
};

/// What is posted: an ID token, or the reason why there is none.
#[derive(Deserialize)]
pub(super) struct Posted {
    state: String,
    id_token: Option<String>,
    error: Option<String>,
    #[serde(default)]
    error_description: String,
}

pub(super) async fn end(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    posted: Result<Form<Posted>, FormRejection>,
) -> Response {
    let failed = |problem| error::page(&app, None, problem);
    let lti = match of(&app) {
        Ok(lti) => lti,
        Err(problem) => return failed(problem),
    };
    let Ok(Form(posted)) = posted else {
        return failed(ApiError::Launch("Learning platforms end launches at this address.".into()));
    };
    let cookie = |flow: &str| cookies::read(&headers, &format!("{COOKIE}{flow}"));
    let began = match app.door.states.end(&posted.state, cookie, &*app.clock) {
        Ok(began) => began,
        Err(error) => return failed(ApiError::Launch(words(error, client).into())),
    };
    let over = cookies::set(&app, client, &format!("{COOKIE}{}", began.flow), "", Kind::Gone);
    let mut response = enter(&app, lti, client, posted, &began).await.unwrap_or_else(failed);
    response.headers_mut().append(header::SET_COOKIE, over);
    response
}

/// Why a browser that was sent away does not come back as the same. (The words for sign-ins say to sign in again.)
fn words(error: StateError, client: Client) -> &'static str {
    match error {
        StateError::Forged => "This launch was not begun here. Launch it again from the learning platform.",
        StateError::Expired => "The launch took too long. Launch it again from the learning platform.",
        StateError::OtherBrowser if client.is_secure => {
            "The browser did not send back the cookie with which the launch began. Many browsers do not when a page is shown inside another site's page: let the learning platform open it in a new window."
        }
        StateError::OtherBrowser => {
            "The browser did not send back the cookie with which the launch began: from another site it does so by https only, and this service is reached by http. Those who run it must give it https."
        }
    }
}

/// Signs somebody in as whom the platform says they are.
async fn enter(
    app: &App,
    lti: &Lti,
    client: Client,
    posted: Posted,
    began: &SignIn,
) -> Result<Response, ApiError> {
    let id_token = match (posted.id_token, posted.error) {
        (Some(id_token), _) => id_token,
        (None, Some(error)) => {
            return Err(ApiError::of_launch(OidcError::of_answer(&error, &posted.error_description)));
        }
        (None, None) => return Err(ApiError::Launch("The platform's launch has no ID token.".into())),
    };
    let nonce = began.verifier.challenge();
    let launch = lti.tool.verify(&id_token, nonce.as_str()).await.map_err(ApiError::of_launch)?;
    // Whoever kept a copy of all that was sent has the cookie, too.
    if !lti.used.first(began.flow.clone()) {
        let problem = "This launch was used already. Launch it again from the learning platform.";
        return Err(ApiError::Launch(problem.into()));
    }
    let registration = lti.registration(&launch).ok_or(ApiError::Task)?;
    let user = registration.user(&launch)?;
    let key = registration.assignment(&launch)?;
    keep(app, &user, key.as_ref(), &registration.kept(&launch)).await?;
    tracing::info!(%user, platform = %registration.name, deployment = %launch.deployment_id, "launched");
    let groups = app.door.roles.that_matter(registration.groups(&launch));
    let session = Session::begin(app, user, Proof::Lti(groups));
    let cookie = session.set(app, client).ok_or_else(|| {
        let problem =
            "What the platform says about you is too long for a cookie. Tell those who run this service.";
        ApiError::Launch(problem.into())
    })?;
    let next = next(app, lti.tool.launch_url(), &launch);
    let mut response = Redirect::to(next.as_str()).into_response();
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// As the launch for its assignment, if the link names one, and as the last one in any case.
async fn keep(
    app: &App,
    user: &UserName,
    key: Option<&AssignmentKey>,
    kept: &KeptLaunch,
) -> Result<(), ApiError> {
    let record = |key: Option<&AssignmentKey>| LaunchRecord {
        user: user.clone(),
        key: key.cloned(),
        at: app.clock.now(),
        data: kept.to_value(),
    };
    if key.is_some() {
        app.store.put_launch(&record(key)).await?;
    }
    Ok(app.store.put_launch(&record(None)).await?)
}

/// The page that the link leads to if it is one of this service, else the first one.
fn next(app: &App, launch_url: &Url, launch: &LtiLaunch) -> NextPath {
    let (prefix, target) = (&app.settings.prefix, &launch.target_link_uri);
    let is_ours = target.origin() == launch_url.origin() && target.path() != launch_url.path();
    let path =
        target.query().map_or_else(|| target.path().into(), |query| format!("{}?{query}", target.path()));
    let next = is_ours.then(|| NextPath::parse(&path, prefix).ok()).flatten();
    next.unwrap_or_else(|| NextPath::first(prefix))
}
