//! From a template to a response.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};

use crate::{app::App, pages::assets};

/// What every page's frame shows.
pub(super) struct Frame {
    /// The path below which everything is.
    pub(super) prefix: String,
    pub(super) css: &'static str,
    pub(super) js: &'static str,
    /// Whose pages these are.
    pub(super) user: String,
}

impl Frame {
    pub(super) fn of(app: &App, user: &model::UserName) -> Self {
        Self {
            prefix: app.settings.prefix.clone(),
            css: assets::CSS.name(),
            js: assets::JS.name(),
            user: user.to_string(),
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
