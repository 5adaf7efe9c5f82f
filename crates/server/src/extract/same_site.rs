//! Writes must not come from pages of other sites.

use axum::{
    extract::Request,
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{api::problem::ApiError, identity::write};

/// Refuses a write that a browser says another site's page started (Fetch Metadata, W3C). Programs do not send the
/// header.
pub(crate) async fn require(request: Request, next: Next) -> Response {
    let site = request.headers().get("sec-fetch-site").and_then(|site| site.to_str().ok());
    let is_told = site.is_some() || request.headers().contains_key(header::ORIGIN);
    let is_elsewhere = match site {
        Some(site) => matches!(site, "cross-site" | "same-site"),
        // By plain http browsers say less: the page's origin, if anything.
        None => is_told && !write::is_from_here(request.headers()),
    };
    if !write::is_read(request.method()) && is_elsewhere {
        return ApiError::CrossSite.into_response();
    }
    next.run(request).await
}
