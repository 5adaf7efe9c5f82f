//! A submission that somebody may see.

use model::SubmissionId;
use store::{Scope, SubmissionRecord};

use crate::{api::problem::ApiError, app::App, extract::Staff, identity::Caller};

/// A submission that somebody may see: their own, or one of a course that they look after.
pub(crate) struct Sight {
    pub(crate) scope: Scope,
    pub(crate) record: SubmissionRecord,
    /// Whether it is seen as its student sees it.
    pub(crate) is_own: bool,
}

impl Sight {
    /// That of a caller. Staff look at the work of others in the open only: the audit trail says so (`view`, and what
    /// they looked at).
    pub(crate) async fn of(
        app: &App,
        caller: &Caller,
        id: SubmissionId,
        what: &str,
    ) -> Result<Self, ApiError> {
        let sight = Self::find(app, caller, id).await?;
        if !sight.is_own {
            sight.note(app, caller, what).await?;
        }
        Ok(sight)
    }

    /// That of a caller who follows the steps, and comes back for them every minute: the audit trail has that once an
    /// hour.
    pub(crate) async fn of_steps(app: &App, caller: &Caller, id: SubmissionId) -> Result<Self, ApiError> {
        let sight = Self::find(app, caller, id).await?;
        if !sight.is_own && !app.door.looks.has(caller, id, app.clock.now()) {
            sight.note(app, caller, "steps").await?;
            app.door.looks.add(caller, id, app.clock.now());
        }
        Ok(sight)
    }

    async fn note(&self, app: &App, caller: &Caller, what: &str) -> Result<(), ApiError> {
        let mut entry = caller.entry(app, "view", &self.record.submission);
        entry.detail = Some(what.into());
        app.store.audit(&entry).await?;
        Ok(())
    }

    async fn find(app: &App, caller: &Caller, id: SubmissionId) -> Result<Self, ApiError> {
        let scope = App::own(&caller.user);
        if let Some(record) = app.store.submission(&scope, id).await? {
            return Ok(Self { scope, record, is_own: true });
        }
        let (scope, record) = Staff(caller.clone()).find(app, id).await?;
        Ok(Self { scope, record, is_own: false })
    }
}
