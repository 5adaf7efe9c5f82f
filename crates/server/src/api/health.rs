//! `GET /healthz`: the process lives. `GET /readyz`: it can accept submissions.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;

use crate::app::App;

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// Whether the store is ready, and the queue.
async fn look(app: &App) -> (bool, Option<Queue>) {
    if let Err(error) = app.store.ready().await {
        tracing::warn!(%error, "not ready");
        return (false, None);
    }
    let queue = app.store.queue(app.clock.now()).await;
    (true, queue.ok().map(|store::Queue { waiting, working }| Queue { waiting, grading: working }))
}

pub(crate) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Readiness>) {
    // A store that hangs is not ready, and whoever asks wants to know it soon.
    let (store_is_ready, queue) = tokio::time::timeout(PATIENCE, look(&app)).await.unwrap_or_else(|_| {
        tracing::warn!("not ready: the store does not answer");
        (false, None)
    });
    let is_stopping = app.stopping.is_cancelled();
    let (code, status) = match (is_stopping, store_is_ready) {
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
        (false, true) => (StatusCode::OK, "ready"),
    };
    let store = if store_is_ready { "ready" } else { "unavailable" };
    (code, Json(Readiness { status, store, materials: app.materials.problems(), queue }))
}
