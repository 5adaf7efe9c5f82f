//! `GET api/v1/receipt-key`: the public key that checks receipts, as PEM.

use std::sync::Arc;

use axum::{extract::State, http::header, response::IntoResponse};

use crate::app::App;

pub(crate) async fn show(State(app): State<Arc<App>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/x-pem-file")], app.receipt_key.verifier().to_pem())
}
