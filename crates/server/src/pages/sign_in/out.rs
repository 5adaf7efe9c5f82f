//! `POST logout`: ends the session. `GET logout` asks whether to; `GET signed-out` says that it is done.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use hub::Token;

use super::super::render::{self, Frame};
use crate::{
    app::App,
    extract::Form,
    identity::{
        Caller, WayIn,
        client::Client,
        session::{Proof, Session},
    },
};

#[derive(Template)]
#[template(path = "sign-out.html")]
struct SignOut {
    frame: Frame,
}

#[derive(Template)]
#[template(path = "signed-out.html")]
struct SignedOut {
    frame: Frame,
    /// Who signed them in, and where the session there is ended, which goes on.
    other: Option<(&'static str, String)>,
}

pub(crate) async fn ask(State(app): State<Arc<App>>, caller: Caller) -> Response {
    render::page(StatusCode::OK, &SignOut { frame: Frame::of(&app, &caller) })
}

pub(crate) async fn end(
    State(app): State<Arc<App>>,
    client: Client,
    caller: Caller,
    headers: HeaderMap,
    _: Form,
) -> Response {
    if let Some(session) = Session::read(&app, &headers) {
        app.door.ended.add(session.id);
        if let (Proof::Hub(token), WayIn::Hub(hub)) = (session.proof, &app.door.way_in)
            && let Ok(token) = Token::parse(&token)
        {
            hub.forget(&token);
        }
    }
    tracing::info!(user = %caller.user, "signed out");
    let mut response = Redirect::to(&app.url("signed-out")).into_response();
    response.headers_mut().append(header::SET_COOKIE, Session::unset(&app, client));
    response
}

pub(crate) async fn done(State(app): State<Arc<App>>) -> Response {
    let other = match &app.door.way_in {
        WayIn::Hub(hub) => Some(("the JupyterHub", format!("{}logout", hub.settings().hub_url()))),
        WayIn::Oidc(provider) => provider.end_session_url().await.map(|url| ("your sign-in provider", url)),
        WayIn::SingleUser(_) | WayIn::Tokens => None,
    };
    render::page(StatusCode::OK, &SignedOut { frame: Frame::of_nobody(&app), other })
}
