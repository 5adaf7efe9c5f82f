//! A request's body, not larger than it may be.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body as Stream, Bytes},
    extract::{FromRequest, Request},
    http::header,
};
use http_body_util::BodyExt;
use model::Refusal;
use tokio::time::{Instant, timeout, timeout_at};

use crate::{api::problem::ApiError, app::App, intake::Held};

/// A body that is refused is still read, though not kept, so that its sender gets to hear the answer instead of a
/// broken connection: up to this much, and for this long.
const DRAIN_BYTES: usize = 256 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(20);

/// The whole body, at most as large as the configuration allows, and the room that it takes: to be held as long as it is.
pub(crate) struct Body(pub(crate) Bytes, pub(crate) Held);

impl FromRequest<Arc<App>> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced: usize = announced.and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0);
        let mut body = request.into_body();
        let read = timeout(app.intake.within(), read(app, &mut body, announced)).await;
        let read = read.unwrap_or(Err(ApiError::SlowBody));
        if matches!(read, Err(ApiError::Refused(_) | ApiError::IntakeFull)) {
            drain(body).await;
        }
        read
    }
}

async fn read(app: &App, body: &mut Stream, announced: usize) -> Result<Body, ApiError> {
    let limit_bytes = app.settings.max_submission_bytes;
    let too_large = || ApiError::Refused(Refusal::TooLarge { limit_bytes });
    if announced > limit_bytes {
        return Err(too_large());
    }
    let mut held = app.intake.begin()?;
    // Only what is written to takes memory.
    let mut kept = Vec::with_capacity(announced);
    while let Some(frame) = body.frame().await {
        let data = frame.map_err(|_| ApiError::BrokenBody)?.into_data().unwrap_or_default();
        if kept.len() + data.len() > limit_bytes {
            return Err(too_large());
        }
        app.intake.more(&mut held, data.len())?;
        kept.extend_from_slice(&data);
    }
    Ok(Body(kept.into(), held))
}

/// Reads what nobody wants, so that its sender gets to hear the answer.
pub(crate) async fn drain(mut body: Stream) {
    let until = Instant::now() + DRAIN_TIME;
    let mut length = 0_usize;
    while length <= DRAIN_BYTES
        && let Ok(Some(Ok(frame))) = timeout_at(until, body.frame()).await
    {
        length += frame.data_ref().map_or(0, Bytes::len);
    }
}
