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
    extract::{Id, Sight},
    identity::Caller,
};

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    caller: Caller,
    Id(id): Id,
) -> Result<Response, ApiError> {
    let Sight { scope, record, .. } = Sight::of(&app, &caller, id, "notebook").await?;
    let bytes = app.store.notebook(&scope, id).await?.ok_or(ApiError::NotebookGone)?;
    Ok(download(&format!("{}-{id}.ipynb", record.submission.key.assignment), bytes))
}

/// A notebook to be saved under a name, never shown: browsers would run what it holds.
pub(super) fn download(name: &str, notebook: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/x-ipynb+json".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, notebook).into_response()
}
