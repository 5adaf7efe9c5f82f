//! From a template to a response.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};

use crate::{app::App, identity::Caller, pages::assets};

/// What every page's frame shows.
pub(super) struct Frame {
    /// The path below which everything is.
    pub(super) prefix: String,
    pub(super) css: &'static str,
    pub(super) js: &'static str,
    /// Whose pages these are, if somebody is signed in.
    pub(super) user: Option<String>,
    /// What forms bring back as `token`.
    pub(super) form_token: String,
    /// Whether there is a session that can be ended.
    pub(super) can_sign_out: bool,
}

impl Frame {
    pub(super) fn of(app: &App, caller: &Caller) -> Self {
        Self {
            user: Some(caller.user.to_string()),
            form_token: caller.form_token(app),
            can_sign_out: caller.way.is_by_cookie(),
            ..Self::of_nobody(app)
        }
    }

    /// For pages that everybody may see.
    pub(super) fn of_nobody(app: &App) -> Self {
        Self {
            prefix: app.settings.prefix.clone(),
            css: assets::CSS.name(),
            js: assets::JS.name(),
            user: None,
            form_token: String::new(),
            can_sign_out: false,
        }
    }
}

pub(super) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
