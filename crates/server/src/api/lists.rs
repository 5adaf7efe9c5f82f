//! Which request goes where, of what staff asks about grades on their way and about who did what.

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use super::{audit, course, deliveries, resend};
use crate::app::App;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/api/v1/courses/{course}/audit", get(audit::list))
        .route("/api/v1/courses/{course}/submissions", get(course::list))
        .route("/api/v1/courses/{course}/deliveries", get(deliveries::list))
        .route("/api/v1/courses/{course}/resend", post(resend::all))
        .route("/api/v1/submissions/{id}/resend", post(resend::one))
}
