//! Who looks after a course.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::request::Parts,
};
use model::{Name, SubmissionId};
use store::{Scope, SubmissionRecord};

use crate::{api::problem::ApiError, app::App, extract::denial::Denial, identity::Caller};

/// A user who is on the staff of some course. Of whom that is so, [`Caller::courses`] says.
pub(crate) struct Staff(pub(crate) Caller);

impl FromRequestParts<Arc<App>> for Staff {
    type Rejection = Denial;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Denial> {
        let caller = <Caller as FromRequestParts<_>>::from_request_parts(parts, app).await?;
        // To everybody else it is as if there were nothing.
        Self::of(app, caller).ok_or_else(|| Denial::of(app, parts, ApiError::NotFound("page")))
    }
}

impl OptionalFromRequestParts<Arc<App>> for Staff {
    type Rejection = Denial;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Option<Self>, Denial> {
        let caller = <Caller as OptionalFromRequestParts<_>>::from_request_parts(parts, app).await?;
        Ok(caller.and_then(|caller| Self::of(app, caller)))
    }
}

impl Staff {
    fn of(app: &App, caller: Caller) -> Option<Self> {
        let is_some = caller.is_administrator(app) || !caller.courses(app).is_empty();
        is_some.then_some(Self(caller))
    }

    /// The courses that this user looks after.
    pub(crate) fn courses(&self, app: &App) -> BTreeSet<Name> {
        self.0.courses(app)
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
