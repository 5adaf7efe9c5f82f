//! Which page is where, of those that show staff the grades on their way and who did what.

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use super::{audit, course, deliveries};
use crate::app::App;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/courses/{course}", get(course::show))
        .route("/courses/{course}/audit", get(audit::show))
        .route("/courses/{course}/deliveries", get(deliveries::show).post(deliveries::all_again))
        .route("/submissions/{id}/resend", post(deliveries::again))
}
