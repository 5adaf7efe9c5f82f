//! `GET login?next=PATH`: begins a sign-in.

use std::sync::Arc;

use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::header,
    response::{IntoResponse, Redirect, Response},
};
use hub::NextPath;
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::{super::error, COOKIE, COOKIE_S};
use crate::{
    api::problem::ApiError,
    app::App,
    identity::{
        WayIn,
        client::Client,
        cookies::{self, Kind},
        refused,
    },
};

#[derive(Deserialize)]
pub(crate) struct Wanted {
    next: Option<String>,
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    client: Client,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    if let Err(many) = app.door.limits.anonymous(client.address, app.clock.now()) {
        return error::page(&app, None, many.into());
    }
    let prefix = &app.settings.prefix;
    // What leads elsewhere is not an error of the person who signs in.
    let next = wanted.ok().and_then(|Query(wanted)| NextPath::parse(&wanted.next?, prefix).ok());
    let next = next.unwrap_or_else(|| NextPath::first(prefix));
    match begin(&app, client, Some(&next)).await {
        Ok((_, response)) => response,
        Err(problem) => error::page(&app, None, problem),
    }
}

/// Sends the browser to sign in, and then to a page or, if it posted, to the answer; says which sign-in it is.
pub(crate) async fn begin(
    app: &App,
    client: Client,
    next: Option<&NextPath>,
) -> Result<(String, Response), ApiError> {
    let begun = app.door.states.begin(next, &*app.clock, &*app.entropy);
    let to = match &app.door.way_in {
        WayIn::SingleUser(_) => {
            let next = next.map_or(&*app.settings.prefix, NextPath::as_str);
            return Ok((begun.flow, Redirect::to(next).into_response()));
        }
        WayIn::Hub(hub) => {
            // While it is away, a browser would find its proxy's bare page there.
            hub.is_there().await.map_err(refused)?;
            hub.authorize_url(&begun.state, Some(&begun.challenge))
        }
        WayIn::Oidc(provider) => {
            let challenge = begun.challenge.as_str();
            provider.authorize_url(&begun.state, challenge, challenge).await?
        }
        WayIn::Tokens => return Err(ApiError::NoSignIn),
    };
    let name = format!("{COOKIE}{}", begun.flow);
    let cookie = cookies::set(app, client, &name, begun.cookie.expose_secret(), Kind::Lax(COOKIE_S));
    // 302, and not 303: what the published otter-submit posts is answered with it, too, and hubs were seen to take it.
    let location =
        header::HeaderValue::from_str(&to).expect("a URL that was put together from encoded parts");
    let headers = [(header::LOCATION, location), (header::SET_COOKIE, cookie)];
    Ok((begun.flow, (axum::http::StatusCode::FOUND, headers).into_response()))
}
