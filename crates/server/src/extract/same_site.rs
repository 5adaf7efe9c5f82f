//! Writes must not come from pages of other sites.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{api::problem::ApiError, identity::write};

/// Refuses a write that a browser says another site's page started (Fetch Metadata, W3C). Programs do not send the
/// header.
pub(crate) async fn require(request: Request, next: Next) -> Response {
    let site = request.headers().get("sec-fetch-site").and_then(|site| site.to_str().ok());
    if !write::is_read(request.method()) && matches!(site, Some("cross-site" | "same-site")) {
        return ApiError::CrossSite.into_response();
    }
    next.run(request).await
}
