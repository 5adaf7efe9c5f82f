//! Somebody who came in.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

use hub::HubUser;
use model::{AuditId, Name, Submission, UserName};
use serde::Serialize;
use store::AuditEntry;

use crate::{
    app::App,
    identity::{WayIn, roles},
};

/// Somebody who came in, and how.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) user: UserName,
    pub(crate) way: Way,
    /// The groups they are in, as far as the way they came tells.
    pub(crate) groups: BTreeSet<String>,
    /// Who they are at the hub, where they came by it.
    pub(crate) hub: Option<Arc<HubUser>>,
    /// What their forms are bound to.
    pub(crate) session: String,
    /// From where.
    pub(crate) address: Option<IpAddr>,
}

/// How somebody came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// There is one user, and everybody is that one.
    SingleUser,
    /// A token of the hub's with the request.
    HubToken,
    /// A session that a sign-in at the hub opened.
    HubSession,
    /// A token of this service's own.
    ApiToken,
    /// A session that a sign-in at a provider opened.
    OidcSession,
    /// A session that a launch from a learning platform opened.
    LtiSession,
    /// A header that a proxy wrote, which the operator trusts.
    TrustedHeader,
}

impl Way {
    /// Whether a browser brings it along by itself, whoever made it send the request.
    pub(crate) fn is_by_cookie(self) -> bool {
        matches!(self, Self::HubSession | Self::OidcSession | Self::LtiSession)
    }
}

impl Caller {
    /// Whether they may do everything here.
    pub(crate) fn is_administrator(&self, app: &App) -> bool {
        let is_named = || {
            self.hub.as_ref().is_some_and(|user| user.is_admin)
                || app.door.roles.is_administrator(&self.user, &self.groups)
        };
        matches!(app.door.way_in, WayIn::SingleUser(_)) || (!self.is_server() && is_named())
    }

    /// The courses that they look after.
    pub(crate) fn courses(&self, app: &App) -> BTreeSet<Name> {
        let courses = app.materials.courses();
        if self.is_administrator(app) {
            return courses;
        }
        let (rules, hub) = (&app.door.roles, self.hub.as_deref());
        let is_staff = |course: &Name| match hub {
            Some(token) if self.is_server() => roles::has_scope(token, course),
            _ => rules.is_staff(&self.user, &self.groups, hub, course),
        };
        courses.into_iter().filter(is_staff).collect()
    }

    /// Whether it is a server that came, with a token that whatever runs there can use: a student's notebook in a
    /// teacher's server must not come by the teacher's powers.
    fn is_server(&self) -> bool {
        self.way == Way::HubToken && self.hub.as_ref().is_some_and(|token| token.is_held_by_a_server())
    }

    /// That they did something to a submission.
    pub(crate) fn entry(&self, app: &App, action: &str, submission: &Submission) -> AuditEntry {
        AuditEntry {
            id: AuditId::new(&*app.clock, &*app.entropy),
            at: app.clock.now(),
            actor: self.user.to_string(),
            action: action.into(),
            course: Some(submission.key.course.clone()),
            user: Some(submission.user.clone()),
            submission: Some(submission.id),
            address: self.address.map(|address| address.to_string()),
            detail: None,
        }
    }

    /// What the forms on their pages must bring back.
    pub(crate) fn form_token(&self, app: &App) -> String {
        app.door.key.form_token(&self.session)
    }
}
