//! Who submits.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};

use crate::{
    api::problem::ApiError,
    app::App,
    extract::denial::Denial,
    identity::{Caller, WayIn, client::Client, write},
};

/// Who submits. Decided before the notebook is read.
pub(crate) enum Sender {
    /// Somebody who is known.
    Known(Caller),
    /// A page of the hub's, such as JupyterLab with the published otter-submit: what it fetches carries nothing that says
    /// who they are, but the hub will, if the browser is sent there.
    Page(Client),
}

impl FromRequestParts<Arc<App>> for Sender {
    type Rejection = Denial;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Denial> {
        let caller = <Caller as OptionalFromRequestParts<_>>::from_request_parts(parts, app).await?;
        let is_page = write::is_from_here(&parts.headers);
        match caller {
            Some(caller) if caller.way.is_by_cookie() => match write::require_no_form(&parts.headers) {
                Ok(()) => Ok(Self::Known(caller)),
                Err(why) => Err(Denial::of(app, parts, why)),
            },
            Some(caller) => Ok(Self::Known(caller)),
            None if is_page && matches!(app.door.way_in, WayIn::Hub(_)) => {
                Ok(Self::Page(Client::noted(parts)))
            }
            None => Err(Denial::of(app, parts, ApiError::NotSignedIn)),
        }
    }
}
