//! `GET api/v1/courses/{course}/submissions?user=NAME&before=ID&limit=N`: what came in for a course, newest first, for its
//! staff.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
};
use model::{Name, SubmissionId, UserName};
use serde::Deserialize;
use store::{Filter, Page, Scope, SubmissionRecord};

use super::{
    problem::ApiError,
    submissions::{List, line},
};
use crate::{app::App, extract::Staff};

/// The most that one page holds.
const MOST: u32 = 100;

#[derive(Default, Deserialize)]
pub(crate) struct Wanted {
    /// Whose; `None`: everybody's.
    pub(crate) user: Option<UserName>,
    pub(crate) before: Option<SubmissionId>,
    limit: Option<u32>,
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
    let records = load(&app, &course, wanted.user.as_ref(), page).await?;
    let is_full = records.len() == page.limit as usize;
    let next_before = records.last().filter(|_| is_full).map(|record| record.submission.id);
    let submissions = records.into_iter().map(|record| line(record, None)).collect();
    Ok(Json(List { submissions, next_before }))
}

/// A page of the course's submissions.
pub(crate) async fn load(
    app: &App,
    course: &Name,
    user: Option<&UserName>,
    mut page: Page,
) -> Result<Vec<SubmissionRecord>, ApiError> {
    let Some(user) = user else {
        let scope = Scope::Course(course.clone());
        return Ok(app.store.submissions(&scope, &Filter::All, page).await?);
    };
    // One user's are not many; those for other courses are nobody's business here.
    let (scope, wanted) = (App::own(user), page.limit as usize);
    page.limit = MOST;
    let mut found = Vec::new();
    loop {
        let records = app.store.submissions(&scope, &Filter::All, page).await?;
        let is_last = records.len() < MOST as usize;
        page.before = records.last().map(|record| record.submission.id);
        found.extend(records.into_iter().filter(|record| record.submission.key.course == *course));
        if is_last || found.len() >= wanted {
            found.truncate(wanted);
            return Ok(found);
        }
    }
}
