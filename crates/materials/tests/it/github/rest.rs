//! The REST API, as far as it is asked.

use axum::{
    Json, Router,
    extract::{Path, State as Extracted},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::{SignedDuration, Timestamp};
use model::ambient::Clock;
use serde_json::json;

use super::{APP, INSTALLATION, Kind, Shared, State, keys};

pub(super) fn router(state: Shared) -> Router {
    Router::new()
        .route("/app/installations/{id}/access_tokens", post(token))
        .route("/repos/{owner}/{repo}/commits/{reference}", get(newest))
        .route("/repos/{owner}/{repo}/tarball/{commit}", get(tarball))
        .with_state(state)
}

async fn token(Extracted(state): Extracted<Shared>, Path(id): Path<u64>, headers: HeaderMap) -> Response {
    let canned = state.lock().unwrap().arrived(Kind::Token);
    if let Some(canned) = canned {
        return canned.answer().await;
    }
    // Long enough that whoever does not wait for the first asks too.
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let mut state = state.lock().unwrap();
    let jwt = bearer(&headers).unwrap_or_default();
    state.latest_jwt = Some(jwt.to_owned());
    let now = state.clock.now();
    if let Err(problem) = is_the_app(jwt, now) {
        state.complaint = Some(problem.clone());
        return refusal(StatusCode::UNAUTHORIZED, &problem);
    }
    if id != INSTALLATION {
        return refusal(StatusCode::NOT_FOUND, "Not Found");
    }
    let expires_at = now + SignedDuration::from_hours(1);
    let token = format!("ghs_{}", state.tokens.len());
    state.tokens.insert(token.clone(), expires_at.as_second());
    let given = json!({
        "token": token,
        "expires_at": Timestamp::from_second(expires_at.as_second()).unwrap(),
        "permissions": { "contents": "read" },
    });
    (StatusCode::CREATED, Json(given)).into_response()
}

/// As GitHub's documentation has it: signed by the App's key with RS256, begun in the past, ending within 10 minutes.
fn is_the_app(jwt: &str, now: Timestamp) -> Result<(), String> {
    let (header, claims) = keys::verified(jwt)?;
    let number = |name: &str| claims[name].as_i64().ok_or(format!("{name} is missing"));
    let (issued, ends) = (number("iat")?, number("exp")?);
    if header["alg"] != "RS256" || claims["iss"] != APP {
        return Err("another algorithm or App".into());
    }
    // GitHub's clock may be a little behind.
    let here = now.as_second() - 30;
    if issued > here || ends <= here || ends > here + 600 {
        return Err("'Expiration time' claim ('exp') is too far in the future".into());
    }
    Ok(())
}

async fn newest(
    Extracted(state): Extracted<Shared>,
    Path((owner, repo, reference)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let canned = state.lock().unwrap().arrived(Kind::Newest);
    if let Some(canned) = canned {
        return canned.answer().await;
    }
    let mut state = state.lock().unwrap();
    if let Some(refused) = refused(&state, &headers, &owner, &repo) {
        return refused;
    }
    let branch = reference.strip_prefix("heads/").unwrap_or_default();
    let Some(commit) = state.branches.get(branch).cloned() else {
        return refusal(StatusCode::UNPROCESSABLE_ENTITY, &format!("No commit found for SHA: {reference}"));
    };
    if headers.get("accept").is_none_or(|accept| accept != "application/vnd.github.sha") {
        return Json(json!({ "sha": commit })).into_response();
    }
    let etag = format!("\"{commit}\"");
    if headers.get("if-none-match").is_some_and(|known| known == etag.as_str()) {
        state.unchanged += 1;
        return (StatusCode::NOT_MODIFIED, [("etag", etag)]).into_response();
    }
    ([("etag", etag)], commit).into_response()
}

async fn tarball(
    Extracted(state): Extracted<Shared>,
    Path((owner, repo, commit)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let canned = state.lock().unwrap().arrived(Kind::Tarball);
    if let Some(canned) = canned {
        return canned.answer().await;
    }
    let state = state.lock().unwrap();
    if let Some(refused) = refused(&state, &headers, &owner, &repo) {
        return refused;
    }
    if !state.tarballs.contains_key(&commit) {
        return refusal(StatusCode::NOT_FOUND, "Not Found");
    }
    let to = format!("{}/{owner}/{repo}/legacy.tar.gz/{commit}?token=for-one-download", state.archives);
    (StatusCode::FOUND, [("location", to)]).into_response()
}

/// Whether somebody may see a repository; GitHub hides those that they may not.
fn refused(state: &State, headers: &HeaderMap, owner: &str, repo: &str) -> Option<Response> {
    let ends = bearer(headers).and_then(|token| state.tokens.get(token));
    if ends.is_none_or(|ends| *ends <= state.clock.now().as_second()) {
        return Some(refusal(StatusCode::UNAUTHORIZED, "Bad credentials"));
    }
    let is_hidden = (owner, repo) != ("owner", "repo");
    is_hidden.then(|| refusal(StatusCode::NOT_FOUND, "Not Found"))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get("authorization")?.to_str().ok()?.strip_prefix("Bearer ")
}

fn refusal(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}
