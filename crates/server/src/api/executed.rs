//! `GET api/v1/submissions/{id}/executed`: the notebook as its newest grading ran it, with the outputs of its cells.

use std::sync::Arc;

use axum::{extract::State, response::Response};

use super::{notebook::download, problem::ApiError};
use crate::{
    app::App,
    extract::{Id, Sight},
    identity::Caller,
};

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let Sight { scope, record, .. } = Sight::of(&app, &caller, id, "executed notebook").await?;
    let bytes = app.store.executed(&scope, id).await?.ok_or(ApiError::NotExecuted)?;
    Ok(download(&format!("{}-executed.ipynb", record.submission.key.assignment), bytes))
}
