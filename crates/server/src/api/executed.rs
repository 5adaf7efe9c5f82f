//! `GET api/v1/submissions/{id}/executed`: the notebook as its newest grading ran it, with the outputs of its cells.

use std::sync::Arc;

use axum::{extract::State, response::Response};

use super::{notebook::download, problem::ApiError};
use crate::{
    app::App,
    extract::{CurrentUser, Id},
};

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    CurrentUser(user): CurrentUser,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let scope = App::own(&user);
    let record = app.store.submission(&scope, id).await?.ok_or(ApiError::NotFound("submission"))?;
    let bytes = app.store.executed(&scope, id).await?.ok_or(ApiError::NotExecuted)?;
    Ok(download(&format!("{}-executed.ipynb", record.submission.key.assignment), bytes))
}
