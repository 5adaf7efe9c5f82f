//! `GET api/v1/courses/{course}/submissions/{id}/events`: all that happened to a submission and who did it, for the
//! course's staff. A list, not a stream.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use model::{Event, SubmissionId};
use serde::Serialize;

use super::{problem::ApiError, submission::parse_id};
use crate::{app::App, extract::Staff};

#[derive(Serialize)]
pub(crate) struct History {
    id: SubmissionId,
    events: Vec<Event>,
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    staff: Staff,
    Path((course, id)): Path<(String, String)>,
) -> Result<Json<History>, ApiError> {
    let (_, scope) = staff.scope(&app, &course)?;
    let id = parse_id(&id)?;
    let record = app.store.submission(&scope, id).await?.ok_or(ApiError::NotFound("submission"))?;
    if record.submission.user != staff.0.user {
        let mut entry = staff.0.entry(&app, "view", &record.submission);
        entry.detail = Some("steps".into());
        app.store.audit(&entry).await?;
    }
    Ok(Json(History { id, events: app.store.events(&scope, id, 0).await? }))
}
