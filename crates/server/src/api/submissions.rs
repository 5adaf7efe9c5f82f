//! `GET api/v1/submissions?before=ID&limit=N`: the user's submissions, newest first.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use model::{Points, Submission, SubmissionId, Visibility};
use serde::{Deserialize, Serialize};
use store::{Filter, Outcome, Page, Status, SubmissionRecord};

use super::problem::ApiError;
use crate::{app::App, extract::CurrentUser};

/// The most that one page holds.
const MOST: u32 = 100;

#[derive(Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    before: Option<SubmissionId>,
    limit: u32,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { before: None, limit: MOST }
    }
}

impl Wanted {
    pub(crate) fn page(&self) -> Page {
        Page { before: self.before, limit: self.limit.clamp(1, MOST) }
    }
}

/// One line of the list.
#[derive(Serialize)]
pub(crate) struct Line {
    #[serde(flatten)]
    pub(crate) submission: Submission,
    pub(crate) status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) score: Option<Points>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_score: Option<Points>,
}

#[derive(Serialize)]
pub(crate) struct List {
    pub(super) submissions: Vec<Line>,
    /// The value of `before` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next_before: Option<SubmissionId>,
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    CurrentUser(user): CurrentUser,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<List>, ApiError> {
    let Query(wanted) = wanted.map_err(|problem| ApiError::Query(problem.body_text()))?;
    let page = wanted.page();
    let submissions = load(&app, &user, page).await?;
    let is_full = submissions.len() == page.limit as usize;
    let next_before = submissions.last().filter(|_| is_full).map(|line| line.submission.id);
    Ok(Json(List { submissions, next_before }))
}

/// A page of the user's submissions.
pub(crate) async fn load(app: &App, user: &model::UserName, page: Page) -> Result<Vec<Line>, ApiError> {
    let records = app.store.submissions(&App::own(user), &Filter::All, page).await?;
    let shown = |record: &SubmissionRecord| Some(app.visibility(&record.submission.key));
    Ok(records
        .into_iter()
        .map(|record| {
            let shown = shown(&record);
            line(record, shown)
        })
        .collect())
}

/// `shown` is how much of the report students see; staff see all of it.
pub(crate) fn line(record: SubmissionRecord, shown: Option<Visibility>) -> Line {
    let report = record.grading.and_then(|grading| match (grading.outcome, shown) {
        (Outcome::Report(report), Some(visibility)) => Some(report.for_student(visibility)),
        (Outcome::Report(report), None) => Some(*report),
        (Outcome::Fault(_), _) => None,
    });
    let (score, max_score) = report.map(|report| (report.score, report.max_score)).unzip();
    Line { submission: record.submission, status: record.status, score, max_score }
}
