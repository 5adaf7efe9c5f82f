//! A sign-in that goes on: sealed in a cookie, so that any process with the key can read it and none has to keep it.

use std::{collections::BTreeSet, time::Duration};

use axum::http::{HeaderMap, HeaderValue};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use model::UserName;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    identity::{
        client::Client,
        cookies::{self, Kind},
    },
};

/// The cookie's name.
pub(crate) const COOKIE: &str = "otter-session";
/// The most bytes of a cookie that every browser keeps.
const MAX: usize = 4000;

/// A sign-in that goes on. Not shown in logs: it may hold a token.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Which one it is; what its forms are bound to.
    pub(crate) id: String,
    pub(crate) user: UserName,
    /// When it ends, whatever happens.
    pub(crate) until: Timestamp,
    pub(crate) proof: Proof,
}

/// Why it counts.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Proof {
    /// The hub gave this token, and counts as long as the hub says so.
    Hub(String),
    /// A provider said so, when it began, and that the user is in these groups (of those that matter here).
    Oidc(BTreeSet<String>),
    /// A learning platform said so, when it began, and that the user is in these groups (likewise).
    Lti(BTreeSet<String>),
}

impl Session {
    /// One that begins now.
    pub(crate) fn begin(app: &App, user: UserName, proof: Proof) -> Self {
        let mut id = [0; 16];
        app.entropy.fill(&mut id);
        let until = app.clock.now() + app.door.session;
        Self { id: URL_SAFE_NO_PAD.encode(id), user, until, proof }
    }

    /// The one that the browser brought, if it is one of ours and not over: run out, or signed out in this process.
    pub(crate) fn read(app: &App, headers: &HeaderMap) -> Option<Self> {
        let content = app.door.key.open(COOKIE, cookies::read(headers, COOKIE)?)?;
        let session: Self = serde_json::from_slice(&content).ok()?;
        (session.until > app.clock.now() && !app.door.ended.has(&session.id)).then_some(session)
    }

    /// The header that gives it to the browser; `None` if it is too large for a cookie.
    pub(crate) fn set(&self, app: &App, client: Client) -> Option<HeaderValue> {
        let content = serde_json::to_vec(self).expect("texts and a time always serialize");
        let sealed = app.door.key.seal(COOKIE, &content, &*app.entropy);
        let left = Duration::try_from(self.until.duration_since(app.clock.now())).unwrap_or_default();
        (sealed.len() <= MAX).then(|| cookies::set(app, client, COOKIE, &sealed, Kind::Lax(left.as_secs())))
    }

    /// The header that takes it away from the browser.
    pub(crate) fn unset(app: &App, client: Client) -> HeaderValue {
        cookies::set(app, client, COOKIE, "", Kind::Gone)
    }
}
