//! Who asks.

use std::{convert::Infallible, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use model::UserName;

use crate::app::App;

/// The user whose request it is. As long as there is no sign-in, the one that the configuration names; nothing in a
/// request can change it.
pub(crate) struct CurrentUser(pub(crate) UserName);

impl FromRequestParts<Arc<App>> for CurrentUser {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Self(app.settings.single_user.clone()))
    }
}
