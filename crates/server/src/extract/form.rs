//! A form of one of this service's own pages.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Form as AxumForm,
    extract::{FromRequest, FromRequestParts, Request},
};

use crate::{api::problem::ApiError, app::App, extract::denial::Denial, identity::Caller};

/// The most bytes of a form: its token and a few words.
const MAX: usize = 16 * 1024;

/// A form that was sent from a page which this service made for this very session.
pub(crate) struct Form {
    /// Its other fields.
    pub(crate) fields: HashMap<String, String>,
}

impl FromRequest<Arc<App>> for Form {
    type Rejection = Denial;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Denial> {
        let (mut parts, body) = request.into_parts();
        let caller = <Caller as FromRequestParts<_>>::from_request_parts(&mut parts, app).await?;
        let small = http_body_util::Limited::new(body, MAX);
        let request = Request::from_parts(parts.clone(), axum::body::Body::new(small));
        let form = AxumForm::<HashMap<String, String>>::from_request(request, app).await;
        let mut fields = form.map(|AxumForm(fields)| fields).unwrap_or_default();
        let token = fields.remove("token").unwrap_or_default();
        if app.door.key.is_form_token(&caller.session, &token) {
            Ok(Self { fields })
        } else {
            Err(Denial::of(app, &parts, ApiError::OldForm))
        }
    }
}
