//! Writes must not come from pages of other sites.

use axum::{
    extract::Request,
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::api::problem::ApiError;

/// Refuses a write that a browser says another site's page started (Fetch Metadata, W3C). Programs do not send the
/// header.
pub(crate) async fn require(request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let site = request.headers().get("sec-fetch-site").and_then(|site| site.to_str().ok());
    if !is_read && matches!(site, Some("cross-site" | "same-site")) {
        return ApiError::CrossSite.into_response();
    }
    next.run(request).await
}
