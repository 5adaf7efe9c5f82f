//! `GET /healthz`: the process lives. `GET /readyz`: it can accept submissions.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;

use crate::app::App;

#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
}

pub(crate) async fn alive() -> Json<Health> {
    Json(Health { status: "alive" })
}

#[derive(Serialize)]
pub(crate) struct Readiness {
    status: &'static str,
    store: &'static str,
    /// What is wrong with the materials while older ones are used; for the operator.
    materials: Vec<String>,
    /// How many jobs wait, and how many are being graded.
    #[serde(skip_serializing_if = "Option::is_none")]
    queue: Option<Queue>,
}

#[derive(Serialize)]
struct Queue {
    waiting: u64,
    grading: u64,
}

pub(crate) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Readiness>) {
    let store_is_ready =
        app.store.ready().await.inspect_err(|error| tracing::warn!(%error, "not ready")).is_ok();
    let queue = match app.store.queue(app.clock.now()).await {
        Ok(store::Queue { waiting, working }) if store_is_ready => Some(Queue { waiting, grading: working }),
        _ => None,
    };
    let is_stopping = app.stopping.is_cancelled();
    let (code, status) = match (is_stopping, store_is_ready) {
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
        (false, true) => (StatusCode::OK, "ready"),
    };
    let store = if store_is_ready { "ready" } else { "unavailable" };
    (code, Json(Readiness { status, store, materials: app.materials.problems(), queue }))
}
