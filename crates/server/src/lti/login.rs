//! `GET|POST lti/login`: a platform sends a browser here first (1EdTech Security Framework 1.0, 5.1.1.1).

use std::sync::Arc;

use axum::{
    Form,
    extract::{
        Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use hub::NextPath;
use oidc::LtiLogin;
use secrecy::ExposeSecret;

use super::{COOKIE, COOKIE_S, of};
use crate::{
    api::problem::ApiError,
    app::App,
    identity::{
        client::Client,
        cookies::{self, Kind},
    },
    pages::error,
};

pub(super) async fn by_link(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    login: Result<Query<LtiLogin>, QueryRejection>,
) -> Response {
    answer(&app, client, &headers, login.ok().map(|Query(login)| login))
}

pub(super) async fn by_form(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    login: Result<Form<LtiLogin>, FormRejection>,
) -> Response {
    answer(&app, client, &headers, login.ok().map(|Form(login)| login))
}

/// Only where the browser itself comes, with its whole window: pages of strangers could have it fetch this again and
/// again, or show it in frames, and leave it with more cookies than fit in a request.
fn answer(app: &App, client: Client, headers: &HeaderMap, login: Option<LtiLogin>) -> Response {
    let is = |name: &str, what: &str| headers.get(name).is_none_or(|value| value == what);
    let begun = match (is("sec-fetch-mode", "navigate"), is("sec-fetch-dest", "document")) {
        (true, true) => begin(app, client, login),
        // Its session would have no cookie there.
        (true, false) => Err(ApiError::Launch(
            "The launch was begun inside another site's page. Let the learning platform open it in a new window.".into(),
        )),
        (false, _) => Err(ApiError::CrossSite),
    };
    begun.unwrap_or_else(|problem| error::page(app, None, problem))
}

/// Sends the browser back to its platform, with a cookie by which its return will be known.
fn begin(app: &App, client: Client, login: Option<LtiLogin>) -> Result<Response, ApiError> {
    let lti = of(app)?;
    let login = login.ok_or_else(|| {
        let problem = "Learning platforms begin launches at this address, with `iss`, `login_hint` and `target_link_uri`.";
        ApiError::Launch(problem.into())
    })?;
    // Where to go in the end is in what the platform signs.
    let next = NextPath::first(&app.settings.prefix);
    let begun = app.door.states.begin(Some(&next), &*app.clock, &*app.entropy);
    let to = lti
        .tool
        .authorize_url(&login, &begun.state, begun.challenge.as_str())
        .map_err(ApiError::of_launch)?;
    let name = format!("{COOKIE}{}", begun.flow);
    let cookie = cookies::set(app, client, &name, begun.cookie.expose_secret(), Kind::CrossSite(COOKIE_S));
    let location = HeaderValue::from_str(&to).expect("a URL that was put together from encoded parts");
    Ok((StatusCode::FOUND, [(header::LOCATION, location), (header::SET_COOKIE, cookie)]).into_response())
}
