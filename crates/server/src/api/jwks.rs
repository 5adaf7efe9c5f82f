//! `GET lti/jwks`: the public keys with which this tool proves itself to learning platforms (RFC 7517, 5).

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use super::problem::ApiError;
use crate::app::App;

pub(crate) async fn show(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let keys = app.tool_keys.as_ref().ok_or(ApiError::NoSuchPath)?;
    Ok(([(header::CONTENT_TYPE, "application/jwk-set+json")], keys.jwks().to_string()).into_response())
}
