//! `GET /healthz`: the process lives. `GET /readyz`: it can accept submissions.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use store::{Delivery, Outbox};

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
    /// How many grades are on their way to the learning platform, and how many need somebody.
    #[serde(skip_serializing_if = "Option::is_none")]
    grades: Option<Grades>,
}

#[derive(Serialize)]
struct Grades {
    pending: u64,
    sending: u64,
    refused: u64,
    given_up: u64,
}

/// What a look at the store finds.
#[derive(Default)]
struct Found {
    is_ready: bool,
    queue: Option<Queue>,
    grades: Option<Grades>,
}

#[derive(Serialize)]
struct Queue {
    waiting: u64,
    grading: u64,
}

async fn look(app: &App) -> Found {
    if let Err(error) = app.store.ready().await {
        tracing::warn!(%error, "not ready");
        return Found::default();
    }
    let queue = app.store.queue(app.clock.now()).await.ok();
    let outbox = match app.rules.delivery {
        Delivery::Nowhere => None,
        Delivery::Withheld | Delivery::Due => app.store.outbox().await.ok(),
    };
    Found {
        is_ready: true,
        queue: queue.map(|store::Queue { waiting, working }| Queue { waiting, grading: working }),
        grades: outbox.map(|Outbox { pending, sending, refused, given_up }| Grades {
            pending,
            sending,
            refused,
            given_up,
        }),
    }
}

pub(crate) async fn ready(State(app): State<Arc<App>>) -> (StatusCode, Json<Readiness>) {
    // A store that hangs is not ready, and whoever asks wants to know it soon.
    let found = tokio::time::timeout(PATIENCE, look(&app)).await.unwrap_or_else(|_| {
        tracing::warn!("not ready: the store does not answer");
        Found::default()
    });
    let is_stopping = app.stopping.is_cancelled();
    let (code, status) = match (is_stopping, found.is_ready) {
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
        (false, true) => (StatusCode::OK, "ready"),
    };
    let store = if found.is_ready { "ready" } else { "unavailable" };
    let Found { queue, grades, .. } = found;
    (code, Json(Readiness { status, store, materials: app.materials.problems(), queue, grades }))
}
