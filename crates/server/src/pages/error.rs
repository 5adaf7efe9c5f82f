//! What people see, and what programs get, when there is nothing to show.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use model::UserName;

use super::render::{self, Frame};
use crate::{api::problem::ApiError, app::App, extract::CurrentUser};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    title: &'static str,
    text: &'static str,
}

/// The problem as a page.
pub(super) fn page(app: &App, user: &UserName, problem: ApiError) -> Response {
    let response = problem.into_response();
    let status = response.status();
    let (title, text) = match status {
        StatusCode::NOT_FOUND => ("Not found", "There is no such page, or it is not yours to see."),
        StatusCode::SERVICE_UNAVAILABLE => (
            "Not available now",
            "The service cannot read its store at the moment. Nothing is lost; please try again in a minute.",
        ),
        StatusCode::CONFLICT => {
            ("Not finished", "This submission waits to be graded already, or is being graded.")
        }
        StatusCode::GONE => (
            "Removed",
            "The notebook of this submission was removed, because it is older than this service keeps notebooks.",
        ),
        StatusCode::BAD_REQUEST => ("Not understood", "This address has a part that makes no sense here."),
        StatusCode::METHOD_NOT_ALLOWED => ("Not possible", "This address cannot be used in this way."),
        _ => (
            "Something went wrong",
            "The service met a defect of its own. If it happens again, tell the course staff.",
        ),
    };
    let mut page = render::page(status, &ErrorPage { frame: Frame::of(app, user), title, text });
    if let Some(after) = response.headers().get(header::RETRY_AFTER) {
        page.headers_mut().insert(header::RETRY_AFTER, after.clone());
    }
    page
}

pub(crate) async fn not_found(
    State(app): State<Arc<App>>,
    CurrentUser(user): CurrentUser,
    headers: HeaderMap,
) -> Response {
    answer(&app, &user, &headers, ApiError::NoSuchPath)
}

pub(crate) async fn method_not_allowed(
    State(app): State<Arc<App>>,
    CurrentUser(user): CurrentUser,
    headers: HeaderMap,
) -> Response {
    answer(&app, &user, &headers, ApiError::Method)
}

/// A page for browsers, a problem for programs.
fn answer(app: &App, user: &UserName, headers: &HeaderMap, problem: ApiError) -> Response {
    let wants_page = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if wants_page.is_some_and(|accept| accept.contains("text/html")) {
        page(app, user, problem)
    } else {
        problem.into_response()
    }
}
