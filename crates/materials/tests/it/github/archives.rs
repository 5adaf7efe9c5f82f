//! The other server, which has the archives: it wants no token in a header, but one in the URL.

use axum::{
    Router,
    extract::{Path, RawQuery, State as Extracted},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{Kind, Shared};

pub(super) fn router(state: Shared) -> Router {
    Router::new().route("/{owner}/{repo}/legacy.tar.gz/{commit}", get(archive)).with_state(state)
}

async fn archive(
    Extracted(state): Extracted<Shared>,
    Path((_, _, commit)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let canned = {
        let mut state = state.lock().unwrap();
        state.leaked += usize::from(headers.contains_key("authorization"));
        state.arrived(Kind::Archive)
    };
    if let Some(canned) = canned {
        return canned.answer().await;
    }
    let state = state.lock().unwrap();
    match state.tarballs.get(&commit) {
        Some(tarball) if query.as_deref() == Some("token=for-one-download") => {
            ([("content-type", "application/x-gzip")], tarball.clone()).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
