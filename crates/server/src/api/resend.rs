//! Grades sent again at the wish of staff: `POST api/v1/submissions/{id}/resend` and
//! `POST api/v1/courses/{course}/resend?state=refused,given_up`.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use model::{GradingId, Submission, SubmissionId};
use serde::Serialize;
use store::{Page, PassbackState, Scope};

use super::{deliveries::Wanted, problem::ApiError};
use crate::{
    app::App,
    extract::{Id, Staff},
    identity::Caller,
};

/// How many deliveries are looked at in one query.
const PAGE: u32 = 100;

/// What is sent again where nobody says what: what did not reach the platform, and not on purpose.
const FAILED: [PassbackState; 2] = [PassbackState::Refused, PassbackState::GivenUp];

#[derive(Serialize)]
pub(crate) struct Sent {
    id: SubmissionId,
    /// The delivery, named by the grading that made the grade.
    grading: GradingId,
    status_url: String,
}

pub(crate) async fn one(
    State(app): State<Arc<App>>,
    staff: Staff,
    Id(id): Id,
) -> Result<(StatusCode, Json<Sent>), ApiError> {
    let (_, grading) = again(&app, &staff, id).await?;
    let status_url = app.url(&format!("api/v1/submissions/{id}"));
    Ok((StatusCode::ACCEPTED, Json(Sent { id, grading, status_url })))
}

/// Has the grade that a submission made last sent again, and gives both.
pub(crate) async fn again(
    app: &App,
    staff: &Staff,
    id: SubmissionId,
) -> Result<(Submission, GradingId), ApiError> {
    let (scope, record) = staff.find(app, id).await?;
    let newest = app.store.passbacks(&scope, id).await?.pop().ok_or(ApiError::NotFound("grade to send"))?;
    let grading = newest.passback.grading;
    if ask(app, &staff.0, &scope, &record.submission, grading).await? {
        Ok((record.submission, grading))
    } else {
        Err(ApiError::NotSendable)
    }
}

/// What became of the wish.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Told {
    /// They are sent again.
    sent_again: u64,
    /// They were sent again by somebody else meanwhile, or a newer grade took their place.
    left_alone: u64,
}

pub(crate) async fn all(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path(course): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<(StatusCode, Json<Told>), ApiError> {
    let Query(wanted) = wanted.map_err(|problem| ApiError::Query(problem.body_text()))?;
    let (_, scope) = staff.scope(&app, &course)?;
    let told = all_again(app, staff.0, scope, wanted.states()?).await?;
    Ok((StatusCode::ACCEPTED, Json(told)))
}

/// Has all of a course's grades in these states sent again (none given: those that failed). It goes on when the client
/// goes away: half of a course helps nobody.
pub(crate) async fn all_again(
    app: Arc<App>,
    staff: Caller,
    scope: Scope,
    states: Vec<PassbackState>,
) -> Result<Told, ApiError> {
    let states = if states.is_empty() { FAILED.to_vec() } else { states };
    let work = async move {
        let mut told = Told::default();
        let mut page = Page { before: None, limit: PAGE };
        loop {
            let records = app.store.deliveries(&scope, &states, page).await?;
            for record in &records {
                let passback = &record.passback;
                // It may have been erased meanwhile.
                let Some(found) = app.store.submission(&scope, passback.submission).await? else { continue };
                if ask(&app, &staff, &scope, &found.submission, passback.grading).await? {
                    told.sent_again += 1;
                } else {
                    told.left_alone += 1;
                }
            }
            match records.last() {
                Some(last) => page.before = Some(last.passback.grading),
                None => return Ok(told),
            }
        }
    };
    tokio::spawn(work).await.map_err(|_| ApiError::Task)?
}

async fn ask(
    app: &App,
    staff: &Caller,
    scope: &Scope,
    submission: &Submission,
    grading: GradingId,
) -> Result<bool, ApiError> {
    let entry = staff.entry(app, "resend", submission);
    let is_done = app.store.resend(scope, grading, &entry).await?;
    app.news.delivery();
    if is_done {
        tracing::info!(submission = %submission.id, by = %staff.user, "the grade is sent again at the wish of staff");
    }
    Ok(is_done)
}
