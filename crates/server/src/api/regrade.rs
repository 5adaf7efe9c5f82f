//! New gradings at the wish of staff:
//! `POST api/v1/submissions/{id}/regrade` and `POST api/v1/courses/{course}/assignments/{section}/{assignment}/regrade`.

use std::{collections::HashSet, sync::Arc};

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use model::{AssignmentKey, Submission, SubmissionId};
use serde::{Deserialize, Serialize};
use store::{Filter, Page, Regrade, Scope, Status};

use super::problem::ApiError;
use crate::{
    app::App,
    extract::{Id, Staff},
    identity::Caller,
};

/// How many submissions are looked at in one query.
const PAGE: u32 = 100;

#[derive(Serialize)]
pub(crate) struct Queued {
    id: SubmissionId,
    status_url: String,
    events_url: String,
}

pub(crate) async fn one(
    State(app): State<Arc<App>>,
    staff: Staff,
    Id(id): Id,
) -> Result<(StatusCode, Json<Queued>), ApiError> {
    again(&app, &staff, id).await?;
    let status_url = app.url(&format!("api/v1/submissions/{id}"));
    let queued = Queued { id, events_url: format!("{status_url}/events"), status_url };
    Ok((StatusCode::ACCEPTED, Json(queued)))
}

/// Queues one submission again, and gives it.
pub(crate) async fn again(app: &App, staff: &Staff, id: SubmissionId) -> Result<Submission, ApiError> {
    let (scope, record) = staff.find(app, id).await?;
    match ask(app, &staff.0, &scope, &record.submission).await? {
        Regrade::Queued => Ok(record.submission),
        Regrade::Unfinished => Err(ApiError::NotFinished),
        Regrade::Unknown => Err(ApiError::NotFound("submission")),
        Regrade::NoNotebook => Err(ApiError::NotebookGone),
    }
}

/// Which of an assignment's submissions are graded again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Only {
    /// Those whose grading failed for good.
    Failed,
}

#[derive(Deserialize)]
pub(crate) struct Wanted {
    only: Option<Only>,
}

/// What became of the wish.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Told {
    /// They are graded again.
    pub(crate) queued: u64,
    /// They wait already, or are being graded.
    unfinished: u64,
    /// Their notebooks were removed.
    without_notebook: u64,
}

pub(crate) async fn assignment(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path((course, section, assignment)): Path<(String, String, String)>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<(StatusCode, Json<Told>), ApiError> {
    let Query(Wanted { only }) = wanted.map_err(|problem| ApiError::Query(problem.body_text()))?;
    let (course, scope) = staff.scope(&app, &course)?;
    let none = || ApiError::NotFound("assignment");
    let key = AssignmentKey {
        course,
        section: section.parse().map_err(|_| none())?,
        assignment: assignment.parse().map_err(|_| none())?,
    };
    app.materials.assignment(&key).map_err(|_| none())?;
    let told = to_its_end(async move {
        match only {
            Some(Only::Failed) => failed(&app, &staff.0, &scope, Some(&key)).await,
            None => counting(&app, &staff.0, &scope, &key).await,
        }
    });
    Ok((StatusCode::ACCEPTED, Json(told.await?)))
}

/// Goes on when the client goes away: half of a course graded again helps nobody.
pub(crate) async fn to_its_end(
    work: impl Future<Output = Result<Told, ApiError>> + Send + 'static,
) -> Result<Told, ApiError> {
    tokio::spawn(work).await.map_err(|_| ApiError::Task)?
}

/// Queues again what failed, of one assignment or of the whole course.
pub(crate) async fn failed(
    app: &App,
    staff: &Caller,
    scope: &Scope,
    key: Option<&AssignmentKey>,
) -> Result<Told, ApiError> {
    let mut told = Told::default();
    let mut page = Page { before: None, limit: PAGE };
    loop {
        let records = app.store.submissions(scope, &Filter::Failed, page).await?;
        for record in &records {
            if key.is_none_or(|key| record.submission.key == *key) {
                told.add(ask(app, staff, scope, &record.submission).await?);
            }
        }
        match records.last() {
            Some(last) => page.before = Some(last.submission.id),
            None => return Ok(told),
        }
    }
}

/// Queues again the newest submission of each user, and the one that counts if it is another. One that was skipped stays so.
async fn counting(app: &App, staff: &Caller, scope: &Scope, key: &AssignmentKey) -> Result<Told, ApiError> {
    let filter = Filter::Assignment(key.clone());
    let (mut told, mut users) = (Told::default(), HashSet::new());
    let mut page = Page { before: None, limit: PAGE };
    loop {
        let records = app.store.submissions(scope, &filter, page).await?;
        for record in &records {
            let user = &record.submission.user;
            if record.status == Status::Superseded || !users.insert(user.clone()) {
                continue;
            }
            told.add(ask(app, staff, scope, &record.submission).await?);
            let counts = app.store.grade(user, key).await?.map(|grade| grade.submission);
            if let Some(id) = counts.filter(|id| *id != record.submission.id)
                && let Some(other) = app.store.submission(scope, id).await?
            {
                told.add(ask(app, staff, scope, &other.submission).await?);
            }
        }
        match records.last() {
            Some(last) => page.before = Some(last.submission.id),
            None => return Ok(told),
        }
    }
}

impl Told {
    fn add(&mut self, regrade: Regrade) {
        match regrade {
            Regrade::Queued => self.queued += 1,
            Regrade::Unfinished => self.unfinished += 1,
            // It was erased meanwhile.
            Regrade::Unknown => {}
            Regrade::NoNotebook => self.without_notebook += 1,
        }
    }
}

async fn ask(app: &App, staff: &Caller, scope: &Scope, submission: &Submission) -> Result<Regrade, ApiError> {
    let entry = staff.entry(app, "regrade", submission);
    let regrade = app.store.regrade(scope, submission.id, &entry).await?;
    if regrade == Regrade::Queued {
        tracing::info!(submission = %submission.id, by = %staff.user, "to be graded again at the wish of staff");
        app.news.event(submission.id);
        app.news.job();
    }
    Ok(regrade)
}
