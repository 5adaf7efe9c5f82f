//! `GET api/v1/courses/{course}/audit?before=ID&limit=N`: who did what to whose work in a course, newest first, for its
//! staff.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use model::AuditId;
use serde::{Deserialize, Serialize};
use store::{AuditEntry, Page};

use super::problem::ApiError;
use crate::{app::App, extract::Staff};

/// The most that one page holds.
const MOST: u32 = 100;

#[derive(Deserialize)]
pub(crate) struct Wanted {
    before: Option<AuditId>,
    limit: Option<u32>,
}

#[derive(Serialize)]
pub(crate) struct List {
    entries: Vec<AuditEntry>,
    /// The value of `before` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_before: Option<AuditId>,
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path(course): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<List>, ApiError> {
    let Query(wanted) = wanted.map_err(|problem| ApiError::Query(problem.body_text()))?;
    let (course, _) = staff.scope(&app, &course)?;
    let page = Page { before: wanted.before, limit: wanted.limit.unwrap_or(MOST).clamp(1, MOST) };
    let entries = app.store.audits(Some(&course), page).await?;
    let is_full = entries.len() == page.limit as usize;
    let next_before = entries.last().filter(|_| is_full).map(|entry| entry.id);
    Ok(Json(List { entries, next_before }))
}
