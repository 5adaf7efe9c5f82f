//! `GET api/v1/courses/{course}/failed?before=ID&limit=N`: the submissions of a course whose grading failed for good,
//! newest first, for its staff.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use model::{Fault, Submission, SubmissionId};
use serde::Serialize;
use store::{Filter, Page, Scope};

use super::{problem::ApiError, submissions::Wanted};
use crate::{app::App, extract::Staff};

/// One of them.
#[derive(Serialize)]
pub(crate) struct Line {
    #[serde(flatten)]
    pub(crate) submission: Submission,
    /// What its grading ended in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<Fault>,
}

#[derive(Serialize)]
pub(crate) struct List {
    submissions: Vec<Line>,
    /// The value of `before` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_before: Option<SubmissionId>,
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path(course): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<List>, ApiError> {
    let Query(wanted) = wanted.map_err(|problem| ApiError::Query(problem.body_text()))?;
    let (_, scope) = staff.scope(&app, &course)?;
    let page = wanted.page();
    let submissions = load(&app, &scope, page).await?;
    let is_full = submissions.len() == page.limit as usize;
    let next_before = submissions.last().filter(|_| is_full).map(|line| line.submission.id);
    Ok(Json(List { submissions, next_before }))
}

/// A page of them.
pub(crate) async fn load(app: &App, scope: &Scope, page: Page) -> Result<Vec<Line>, ApiError> {
    let records = app.store.submissions(scope, &Filter::Failed, page).await?;
    let line = |record: store::SubmissionRecord| Line { submission: record.submission, fault: record.fault };
    Ok(records.into_iter().map(line).collect())
}
