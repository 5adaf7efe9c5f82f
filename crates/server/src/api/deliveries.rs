//! `GET api/v1/courses/{course}/deliveries?state=refused,given_up&before=ID&limit=N`: a course's grades on their way to the
//! learning platform, newest first, for its staff.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use jiff::Timestamp;
use model::{AssignmentKey, GradingId, Points, SubmissionId, UserName};
use serde::{Deserialize, Serialize};
use store::{Page, PassbackRecord, PassbackState};

use super::problem::ApiError;
use crate::{app::App, extract::Staff};

/// The most that one page holds.
const MOST: u32 = 100;

#[derive(Deserialize)]
pub(crate) struct Wanted {
    /// States, with commas between them.
    pub(crate) state: Option<String>,
    /// The delivery after which to go on, named by its grading.
    pub(crate) before: Option<GradingId>,
    limit: Option<u32>,
}

impl Wanted {
    /// The states that are asked for; none: all of them.
    pub(crate) fn states(&self) -> Result<Vec<PassbackState>, ApiError> {
        states(self.state.as_deref().unwrap_or_default())
    }
}

/// States from their names, with commas between them.
pub(crate) fn states(names: &str) -> Result<Vec<PassbackState>, ApiError> {
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    let all = || PassbackState::ALL.map(PassbackState::as_str).join(", ");
    let wrong = |problem: String| ApiError::Query(format!("state: {problem}; there are {}", all()));
    names.map(|name| name.parse().map_err(wrong)).collect()
}

/// A delivery as staff see it.
#[derive(Serialize)]
pub(crate) struct Line {
    /// The grading that made the grade; it names the delivery.
    grading: GradingId,
    submission: SubmissionId,
    user: UserName,
    #[serde(flatten)]
    key: AssignmentKey,
    score: Points,
    max_score: Points,
    graded_at: Timestamp,
    #[serde(flatten)]
    standing: Standing,
}

/// Where a delivery stands, as everybody may know who may see its submission.
#[derive(Serialize)]
pub(crate) struct Standing {
    pub(crate) state: PassbackState,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// What the platform said last, or why it could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) words: Option<String>,
    pub(crate) changed_at: Timestamp,
    /// When it is tried again at the earliest, while it waits after a try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_at: Option<Timestamp>,
}

impl Standing {
    /// As staff see it.
    pub(crate) fn of(record: PassbackRecord) -> Self {
        let PassbackRecord { state, attempts, words, changed_at, due_at, .. } = record;
        let waits = state == PassbackState::Pending && attempts > 0;
        // What was said before staff had it sent again is not about the try to come.
        let words = words.filter(|_| attempts > 0);
        Self { state, attempts, words, changed_at, retry_at: waits.then_some(due_at) }
    }

    /// As its student sees it: what a platform says of a grade that it took may tell the points of hidden tests.
    pub(crate) fn for_student(self) -> Self {
        // While it is sent, its words are those of the time before.
        let helps =
            matches!(self.state, PassbackState::Pending | PassbackState::Refused | PassbackState::GivenUp);
        let words = self.words.filter(|_| helps);
        Self { words, ..self }
    }
}

#[derive(Serialize)]
pub(crate) struct List {
    deliveries: Vec<Line>,
    /// The value of `before` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_before: Option<GradingId>,
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path(course): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<List>, ApiError> {
    let Query(wanted) = wanted.map_err(|problem| ApiError::Query(problem.body_text()))?;
    let (_, scope) = staff.scope(&app, &course)?;
    let page = Page { before: wanted.before, limit: wanted.limit.unwrap_or(MOST).clamp(1, MOST) };
    let records = app.store.deliveries(&scope, &wanted.states()?, page).await?;
    let is_full = records.len() == page.limit as usize;
    let next_before = records.last().filter(|_| is_full).map(|record| record.passback.grading);
    Ok(Json(List { deliveries: records.into_iter().map(line).collect(), next_before }))
}

fn line(record: PassbackRecord) -> Line {
    let passback = record.passback.clone();
    Line {
        grading: passback.grading,
        submission: passback.submission,
        user: passback.user,
        key: passback.key,
        score: passback.score,
        max_score: passback.max_score,
        graded_at: passback.graded_at,
        standing: Standing::of(record),
    }
}
