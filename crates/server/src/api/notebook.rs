//! `GET api/v1/submissions/{id}/notebook`: the notebook exactly as it was submitted.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use super::problem::ApiError;
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
    let bytes = app.store.notebook(&scope, id).await?.ok_or(ApiError::NotFound("submission"))?;
    let name = format!("attachment; filename=\"{}-{id}.ipynb\"", record.submission.key.assignment);
    Ok((
        [(header::CONTENT_TYPE, "application/x-ipynb+json".to_owned()), (header::CONTENT_DISPOSITION, name)],
        bytes,
    )
        .into_response())
}
