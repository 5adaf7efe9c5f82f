//! `GET api/v1/submissions/{id}`: where a submission stands, and its report.

use std::sync::Arc;

use axum::{Json, extract::State};
use jiff::Timestamp;
use model::{Event, Grade, Report, Step, Submission, SubmissionId, Visibility};
use serde::Serialize;
use store::{GradingRecord, Outcome, Status, SubmissionRecord};

use super::{deliveries::Standing, problem::ApiError};
use crate::{
    app::App,
    extract::{Id, Sight},
    identity::Caller,
};

/// A submission as its user, or staff, may see it.
#[derive(Serialize)]
pub(crate) struct SubmissionView {
    #[serde(flatten)]
    pub(crate) submission: Submission,
    pub(crate) status: Status,
    /// Its place in the queue, while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grading: Option<GradingView>,
    /// The newer submission that came before its turn, where it was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) superseded_by: Option<SubmissionId>,
    /// The user's grade for the assignment, from whichever submission counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) grade: Option<Grade>,
    /// Where the grade that this submission made is on its way to the learning platform, if it is to go there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delivery: Option<Standing>,
    pub(crate) receipt: String,
}

/// A grading as its user, or staff, may see it.
#[derive(Serialize)]
pub(crate) struct GradingView {
    pub(crate) revision: String,
    pub(crate) started_at: Timestamp,
    pub(crate) finished_at: Timestamp,
    pub(crate) report: Report,
    /// Set when only public tests are shown, and the report's points are theirs alone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) only_public: bool,
    /// Path of the notebook as it was run, where that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) executed_url: Option<String>,
}

impl GradingView {
    /// `shown` is how much of it students see; staff see all of it.
    fn of(app: &App, id: SubmissionId, record: GradingRecord, shown: Option<Visibility>) -> Option<Self> {
        let Outcome::Report(report) = record.outcome else { return None };
        let executed_url = || app.url(&format!("api/v1/submissions/{id}/executed"));
        Some(Self {
            revision: record.revision,
            started_at: record.started_at,
            finished_at: record.finished_at,
            report: match shown {
                Some(visibility) => report.for_student(visibility),
                None => *report,
            },
            only_public: shown == Some(Visibility::Public),
            executed_url: record.has_executed.then(executed_url),
        })
    }
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
) -> Result<Json<SubmissionView>, ApiError> {
    load(&app, &caller, id, "report").await.map(Json)
}

/// The submission with this id, if the caller may see it. `what` says what they look at.
pub(crate) async fn load(
    app: &App,
    caller: &Caller,
    id: SubmissionId,
    what: &str,
) -> Result<SubmissionView, ApiError> {
    let Sight { scope, record, is_own } = Sight::of(app, caller, id, what).await?;
    let SubmissionRecord { submission, status, grading, .. } = record;
    let position = match status {
        Status::Queued => app.store.position(&scope, id).await?,
        _ => None,
    };
    let superseded_by = match status {
        Status::Superseded => newer(app.store.events(&scope, id, 0).await?),
        _ => None,
    };
    let shown = if is_own { Some(app.visibility(&submission.key)) } else { None };
    let grade = match shown {
        Some(Visibility::All) | None => app.store.grade(&submission.user, &submission.key).await?,
        // Hidden tests count in it.
        Some(Visibility::Public) => None,
    };
    let delivery = app.store.passbacks(&scope, id).await?.pop().map(Standing::of);
    let delivery = if is_own { delivery.map(Standing::for_student) } else { delivery };
    let receipt = app.receipt_key.sign(&submission);
    let grading = grading.and_then(|grading| GradingView::of(app, id, grading, shown));
    Ok(SubmissionView { submission, status, position, grading, superseded_by, grade, delivery, receipt })
}

fn newer(events: Vec<Event>) -> Option<SubmissionId> {
    events.into_iter().rev().find_map(|event| match event.step {
        Step::Superseded { newer } => Some(newer),
        _ => None,
    })
}

/// An id that is none names nothing.
pub(crate) fn parse_id(text: &str) -> Result<SubmissionId, ApiError> {
    text.parse().map_err(|_| ApiError::NotFound("submission"))
}
