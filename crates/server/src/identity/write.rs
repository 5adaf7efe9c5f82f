//! Writes that a cookie carries: a browser sends it along whoever made it send the request (attack 62).

use axum::http::{HeaderMap, Method, header};

use crate::api::problem::ApiError;

/// Whether a request only reads.
pub(crate) fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Refuses a write that no page of this very site is known to have started. What browsers say about that
/// (`Sec-Fetch-Site`, Fetch Metadata, W3C; `Origin`, RFC 6454) no page can change.
pub(crate) fn require(method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    if is_read(method) || is_from_here(headers) { Ok(()) } else { Err(ApiError::CrossSite) }
}

/// Whether a browser says that a page of this very site started the request.
pub(crate) fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match headers.get("sec-fetch-site").map(header::HeaderValue::as_bytes) {
        Some(site) => site == b"same-origin",
        // An older browser, or one that came by plain http, which is not told.
        None => text(header::ORIGIN)
            .zip(text(header::HOST))
            .is_some_and(|(origin, host)| origin.split_once("://").is_some_and(|(_, from)| from == host)),
    }
}

/// Refuses a body of a kind that forms send, where no form is expected: pages of other sites can send those without
/// asking first.
pub(crate) fn require_no_form(headers: &HeaderMap) -> Result<(), ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_form = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
    if is_form.contains(&&*kind) { Err(ApiError::NotJson) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_write_must_come_from_a_page_of_this_site() {
        let told = |pairs: &[(&'static str, &str)]| require(&Method::POST, &with(pairs)).is_ok();
        assert!(told(&[("sec-fetch-site", "same-origin")]));
        assert!(told(&[("origin", "https://hub.example"), ("host", "hub.example")]));
        for refused in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://evil.example"), ("host", "hub.example")],
            &[("origin", "null"), ("host", "null")],
            &[("origin", "https://hub.example"), ("host", "hub.example"), ("sec-fetch-site", "cross-site")],
        ] {
            assert!(!told(refused), "{refused:?}");
        }
        assert!(require(&Method::GET, &HeaderMap::new()).is_ok());
    }

    #[test]
    fn a_form_is_no_json() {
        let told = |kind: &str| require_no_form(&with(&[("content-type", kind)])).is_ok();
        assert!(told("application/json") && told("application/json; charset=utf-8"));
        assert!(require_no_form(&HeaderMap::new()).is_ok());
        for form in ["text/plain", "Text/Plain;charset=UTF-8", "application/x-www-form-urlencoded"] {
            assert!(!told(form), "{form}");
        }
    }
}
