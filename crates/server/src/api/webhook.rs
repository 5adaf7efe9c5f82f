//! `POST webhooks/github`: a push to a course's repository, told by GitHub
//! (<https://docs.github.com/en/webhooks/webhook-events-and-payloads#push>).
//!
//! Only a hint: the repository is asked what is new as at any other time, only sooner.

use std::sync::Arc;

use axum::{
    extract::{FromRequest, Request, State},
    http::{HeaderMap, StatusCode},
};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::Sha256;

use super::problem::ApiError;
use crate::{app::App, extract::Body};

/// The part of what is told that matters.
#[derive(Deserialize)]
struct Push {
    repository: Repository,
}

#[derive(Deserialize)]
struct Repository {
    /// `owner/name`.
    full_name: String,
}

pub(crate) async fn github(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    request: Request,
) -> Result<StatusCode, ApiError> {
    let Some(secret) = &app.settings.webhook_secret else { return Err(ApiError::NoSuchPath) };
    let Body(body, _held) = Body::from_request(request, &app).await?;
    let signature = headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok());
    if !signature.is_some_and(|signature| is_genuine(secret, &body, signature)) {
        return Err(ApiError::BadSignature);
    }
    match headers.get("x-github-event").map(axum::http::HeaderValue::as_bytes) {
        Some(b"push") => {}
        // `ping` when the webhook is set up, and whatever else is ticked there.
        _ => return Ok(StatusCode::NO_CONTENT),
    }
    let push: Push = serde_json::from_slice(&body).map_err(|_| ApiError::NotAPush)?;
    let name = push.repository.full_name;
    if app.materials.look_now(&name) {
        tracing::info!(repository = name, "a push was told; its materials are looked at now");
        Ok(StatusCode::ACCEPTED)
    } else {
        tracing::warn!(repository = name, "a push was told of a repository that no course has");
        Err(ApiError::NotFound("repository"))
    }
}

/// Whether the body was signed with the secret
/// (<https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>).
fn is_genuine(secret: &SecretString, body: &[u8], signature: &str) -> bool {
    let Some(signature) = signature.strip_prefix("sha256=").and_then(from_hex) else { return false };
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("HMAC takes keys of every length");
    mac.update(body);
    // In constant time.
    mac.verify_slice(&signature).is_ok()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_githubs_documentation_is_genuine() {
        let secret = SecretString::from("It's a Secret to Everybody");
        let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert!(is_genuine(&secret, b"Hello, World!", signature));
        assert!(!is_genuine(&secret, b"Hello, world!", signature));
        assert!(!is_genuine(&"another".into(), b"Hello, World!", signature));
        for forged in ["", "sha256=", "sha256=7571", "sha1=757107", "sha256=zz", "sha256=7571é"] {
            assert!(!is_genuine(&secret, b"Hello, World!", forged), "{forged}");
        }
    }
}
