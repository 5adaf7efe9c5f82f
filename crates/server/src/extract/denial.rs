//! What is answered instead, when a request may not have what it asks for.

use axum::{
    extract::OriginalUri,
    http::{HeaderMap, Method, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    api::problem::ApiError,
    app::App,
    identity::{WayIn, client::Client, session::Session},
    pages,
};

/// The answer.
pub(crate) struct Denial(Box<Response>);

impl Denial {
    /// Sends somebody who looks at a page to sign in, where that is done here; says the rest as a page to people and as a
    /// problem to programs.
    pub(crate) fn of(app: &App, parts: &Parts, why: ApiError) -> Self {
        if !wants_page(&parts.headers) {
            return Self(Box::new(why.into_response()));
        }
        let client = Client::noted(parts);
        if matches!(why, ApiError::NotSignedIn) && parts.method == Method::GET && has_sign_in(app) {
            // With the prefix.
            let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
            let here = uri.path_and_query().map_or("", |path| path.as_str());
            let to = app.url(&format!("login?next={}", encode(here)));
            let mut response = Redirect::to(&to).into_response();
            // A session that is over is in the way of nothing, but it need not be sent for ever.
            response.headers_mut().insert(header::SET_COOKIE, Session::unset(app, client));
            return Self(Box::new(response));
        }
        Self(Box::new(pages::error::page(app, None, why)))
    }
}

impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// Whether it is a person who asks, with a browser.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// Whether people can sign in here.
pub(crate) fn has_sign_in(app: &App) -> bool {
    !matches!(app.door.way_in, WayIn::Tokens | WayIn::SingleUser(_))
}

/// A path as the value of a query: everything that could mean something there is written by its number.
fn encode(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    path.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
