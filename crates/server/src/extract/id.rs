//! Which submission a path names.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use model::SubmissionId;

use crate::api::problem::ApiError;

/// The id in the path. One that makes no sense names nothing.
pub(crate) struct Id(pub(crate) SubmissionId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let none = || ApiError::NotFound("submission");
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| none())?;
        text.parse().map(Self).map_err(|_| none())
    }
}
