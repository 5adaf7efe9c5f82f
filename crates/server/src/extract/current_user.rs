//! Who asks.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};
use model::UserName;

use crate::{
    api::problem::ApiError,
    app::App,
    extract::denial::Denial,
    identity::{Caller, whose},
};

/// What was found out about a request, for all extractors that want to know.
#[derive(Clone)]
struct Found(Option<Caller>);

/// The user whose request it is.
pub(crate) struct CurrentUser(pub(crate) UserName);

impl FromRequestParts<Arc<App>> for CurrentUser {
    type Rejection = Denial;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Denial> {
        <Caller as FromRequestParts<_>>::from_request_parts(parts, app).await.map(|caller| Self(caller.user))
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Denial;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Denial> {
        let found = find(parts, app).await;
        found
            .and_then(|caller| caller.ok_or(ApiError::NotSignedIn))
            .map_err(|why| Denial::of(app, parts, why))
    }
}

impl OptionalFromRequestParts<Arc<App>> for Caller {
    type Rejection = Denial;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Option<Self>, Denial> {
        find(parts, app).await.map_err(|why| Denial::of(app, parts, why))
    }
}

async fn find(parts: &mut Parts, app: &App) -> Result<Option<Caller>, ApiError> {
    if let Some(Found(caller)) = parts.extensions.get() {
        return Ok(caller.clone());
    }
    let caller = whose(app, parts).await?;
    parts.extensions.insert(Found(caller.clone()));
    Ok(caller)
}
