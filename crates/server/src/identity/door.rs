//! How people come in, as the operator chose it.

use std::{sync::Arc, time::Duration};

use hub::{Hub, StateKey};
use model::UserName;
use oidc::Provider;

use crate::{
    api::streams::Streams,
    identity::{Limits, Proxies, RoleRules, SessionKey, looks::Looks, spent::Spent, stash::Stash},
    lti::Lti,
};

/// How people come in. Tokens of the service's own count everywhere but where there is one user only.
pub enum WayIn {
    /// Everybody is this one, without any proof: for a service that only its user reaches.
    SingleUser(UserName),
    /// By a JupyterHub.
    Hub(Arc<Hub>),
    /// By an OpenID Connect provider.
    Oidc(Arc<Provider>),
    /// By tokens of the service's own only.
    Tokens,
}

/// How people come in, and who may do what.
pub struct Door {
    /// How people come in.
    pub way_in: WayIn,
    /// Who looks after what.
    pub roles: RoleRules,
    /// Seals sessions.
    pub key: SessionKey,
    /// Signs what sign-ins carry.
    pub states: StateKey,
    /// How long a session lasts.
    pub session: Duration,
    /// Sessions that were signed out before that.
    pub ended: Spent,
    /// The proxies that are believed.
    pub proxies: Proxies,
    /// Whether the header `X-Otter-User` counts when such a proxy sent it.
    pub trust_client_header: bool,
    /// Whether browsers are known to come by https.
    pub is_secure: bool,
    /// Where there is one user only: the host names by which browsers may come, besides `localhost` and addresses. Else
    /// a page of any name that leads to this machine could read everything (DNS rebinding). `None`: by any.
    pub hosts: Option<Vec<String>>,
    /// How often somebody may come.
    pub limits: Limits,
    /// What waits for its user to sign in.
    pub stash: Stash,
    /// Which looks of the staff's are in the audit trail already.
    pub looks: Looks,
    /// How many streams of events each user has open.
    pub streams: Streams,
    /// The learning platforms that may launch, if there are any.
    pub lti: Option<Lti>,
}

impl Door {
    /// With the defaults, for one way in.
    #[must_use]
    pub fn new(way_in: WayIn, key: SessionKey, states: StateKey) -> Self {
        Self {
            way_in,
            roles: RoleRules::default(),
            key,
            states,
            session: Duration::from_hours(12),
            ended: Spent::default(),
            proxies: Proxies::default(),
            trust_client_header: false,
            is_secure: false,
            hosts: Some(Vec::new()),
            limits: Limits::per_minute(0, 0),
            stash: Stash::default(),
            looks: Looks::default(),
            streams: Streams::default(),
            lti: None,
        }
    }
}
