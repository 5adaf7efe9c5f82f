//! A request's body, not larger than it may be.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::header,
};
use http_body_util::BodyExt;
use model::Refusal;
use tokio::time::{Instant, timeout_at};

use crate::{api::problem::ApiError, app::App};

/// A body that is too large is still read, though not kept, so that its sender gets to hear the answer instead of a
/// broken connection: up to this much, and for this long.
const DRAIN_BYTES: usize = 256 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(20);

/// The whole body, at most as large as the configuration allows.
pub(crate) struct Body(pub(crate) Bytes);

impl FromRequest<Arc<App>> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let limit_bytes = app.settings.max_submission_bytes;
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced: usize = announced.and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0);
        let is_too_large = announced > limit_bytes;
        let mut kept = Vec::with_capacity(if is_too_large { 0 } else { announced });

        let mut body = request.into_body();
        let mut length = 0_usize;
        let mut drain_until = is_too_large.then(|| Instant::now() + DRAIN_TIME);
        loop {
            let frame = match drain_until {
                None => body.frame().await,
                Some(until) => timeout_at(until, body.frame()).await.ok().flatten(),
            };
            let Some(frame) = frame else { break };
            let data = frame.map_err(|_| ApiError::BrokenBody)?.into_data().unwrap_or_default();
            length += data.len();
            if drain_until.is_none() && length > limit_bytes {
                drain_until = Some(Instant::now() + DRAIN_TIME);
                kept = Vec::new();
            }
            match drain_until {
                None => kept.extend_from_slice(&data),
                Some(_) if length > DRAIN_BYTES => break,
                Some(_) => {}
            }
        }
        if drain_until.is_some() {
            return Err(ApiError::Refused(Refusal::TooLarge { limit_bytes }));
        }
        Ok(Self(kept.into()))
    }
}
