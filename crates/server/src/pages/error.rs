//! What people see, and what programs get, when there is nothing to show.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::render::{self, Frame};
use crate::{
    api::problem::ApiError,
    app::App,
    extract::denial::{Denial, wants_page},
    identity::Caller,
};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    frame: Frame,
    title: &'static str,
    text: String,
    /// Lines for whoever runs the hub.
    snippet: Option<String>,
}

/// The problem as a page.
pub(crate) fn page(app: &App, caller: Option<&Caller>, problem: ApiError) -> Response {
    let (title, text) = words(&problem);
    let snippet =
        if let ApiError::NoAccess { snippet, .. } = &problem { Some(snippet.clone()) } else { None };
    let response = problem.into_response();
    let frame = caller.map_or_else(|| Frame::of_nobody(app), |caller| Frame::of(app, caller));
    let mut page = render::page(response.status(), &ErrorPage { frame, title, text, snippet });
    for name in [header::RETRY_AFTER, header::WWW_AUTHENTICATE] {
        if let Some(value) = response.headers().get(&name) {
            page.headers_mut().insert(name, value.clone());
        }
    }
    page
}

/// What people are told: about their pages less than what programs are told about paths and queries.
fn words(problem: &ApiError) -> (&'static str, String) {
    let (title, text) = match problem.status() {
        StatusCode::NOT_FOUND => ("Not found", "There is no such page, or it is not yours to see."),
        StatusCode::CONFLICT if matches!(problem, ApiError::NotSendable) => {
            ("Not sent again", "This grade is on its way already, or a newer one took its place.")
        }
        StatusCode::CONFLICT => {
            ("Not finished", "This submission waits to be graded already, or is being graded.")
        }
        StatusCode::GONE => (
            "Removed",
            "The notebook of this submission was removed, because it is older than this service keeps notebooks.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => ("Not possible", "This address cannot be used in this way."),
        StatusCode::INTERNAL_SERVER_ERROR => (
            "Something went wrong",
            "The service met a defect of its own. If it happens again, tell the course staff.",
        ),
        _ => match problem {
            ApiError::Store(_) => (
                "Not available now",
                "The service cannot read its store at the moment. Nothing is lost; please try again in a minute.",
            ),
            ApiError::Query(_) => ("Not understood", "This address has a part that makes no sense here."),
            ApiError::HubAway(_) => (
                "Not available now",
                "The JupyterHub does not answer at the moment, so nobody new can sign in. Nothing is lost; please try again in a minute.",
            ),
            problem => {
                let (_, title, detail, advice) = problem.words();
                return (title, format!("{detail} {advice}"));
            }
        },
    };
    (title, text.to_owned())
}

pub(crate) async fn not_found(
    State(app): State<Arc<App>>,
    caller: Result<Option<Caller>, Denial>,
    headers: HeaderMap,
) -> Response {
    answer(&app, caller, &headers, ApiError::NoSuchPath)
}

pub(crate) async fn method_not_allowed(
    State(app): State<Arc<App>>,
    caller: Result<Option<Caller>, Denial>,
    headers: HeaderMap,
) -> Response {
    answer(&app, caller, &headers, ApiError::Method)
}

/// A page for browsers, a problem for programs.
fn answer(
    app: &App,
    caller: Result<Option<Caller>, Denial>,
    headers: &HeaderMap,
    problem: ApiError,
) -> Response {
    if wants_page(headers) {
        page(app, caller.ok().flatten().as_ref(), problem)
    } else {
        problem.into_response()
    }
}
