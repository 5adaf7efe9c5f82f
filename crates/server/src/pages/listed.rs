//! What pages with lists for staff have in common.

use axum::{http::StatusCode, response::Response};

use super::{error, render};
use crate::{api::problem::ApiError, app::App, extract::Staff};

/// The page, or why there is none.
pub(super) fn answer(app: &App, staff: &Staff, page: Result<impl askama::Template, ApiError>) -> Response {
    match page {
        Ok(page) => render::page(StatusCode::OK, &page),
        Err(problem) => error::page(app, Some(&staff.0), problem),
    }
}

/// Cuts off what is more than a page shows: one more was asked for, which tells whether there is an older page. Gives the
/// name of the last one that is shown if so.
pub(super) fn cut<T, Id: ToString>(lines: &mut Vec<T>, rows: u32, id: impl Fn(&T) -> Id) -> Option<String> {
    let has_older = lines.len() > rows as usize;
    lines.truncate(rows as usize);
    lines.last().filter(|_| has_older).map(|last| id(last).to_string())
}
