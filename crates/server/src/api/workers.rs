//! `GET api/v1/workers`: the processes that work with the store, for staff.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use store::WorkerRecord;

use super::problem::ApiError;
use crate::{app::App, extract::Staff};

#[derive(Serialize)]
pub(crate) struct List {
    workers: Vec<WorkerRecord>,
}

pub(crate) async fn list(State(app): State<Arc<App>>, _: Staff) -> Result<Json<List>, ApiError> {
    Ok(Json(List { workers: app.store.workers().await? }))
}
