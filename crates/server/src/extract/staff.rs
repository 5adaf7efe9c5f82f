//! Who looks after a course.

use std::{collections::BTreeSet, convert::Infallible, sync::Arc};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};
use model::{Name, SubmissionId, UserName};
use store::{Scope, SubmissionRecord};

use crate::{api::problem::ApiError, app::App};

/// A user who is on the staff of some course. **The only place where that is decided**: as long as there is no sign-in,
/// the one user that the configuration names is on the staff of every course.
pub(crate) struct Staff(pub(crate) UserName);

impl FromRequestParts<Arc<App>> for Staff {
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        Ok(Self(app.settings.single_user.clone()))
    }
}

impl OptionalFromRequestParts<Arc<App>> for Staff {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Option<Self>, Infallible> {
        Ok(<Self as FromRequestParts<_>>::from_request_parts(parts, app).await.ok())
    }
}

impl Staff {
    /// The courses that this user looks after.
    #[expect(clippy::unused_self, reason = "who it is will matter")]
    pub(crate) fn courses(&self, app: &App) -> BTreeSet<Name> {
        app.materials.courses()
    }

    /// What this user may see of a course, named as in a path.
    pub(crate) fn scope(&self, app: &App, course: &str) -> Result<(Name, Scope), ApiError> {
        let none = || ApiError::NotFound("course");
        let course: Name = course.parse().map_err(|_| none())?;
        if !self.courses(app).contains(&course) {
            return Err(none());
        }
        Ok((course.clone(), Scope::Course(course)))
    }

    /// A submission of one of the user's courses.
    pub(crate) async fn find(
        &self,
        app: &App,
        id: SubmissionId,
    ) -> Result<(Scope, SubmissionRecord), ApiError> {
        for course in self.courses(app) {
            let scope = Scope::Course(course);
            if let Some(record) = app.store.submission(&scope, id).await? {
                return Ok((scope, record));
            }
        }
        Err(ApiError::NotFound("submission"))
    }
}
