//! How a test's application is set up.

use std::{net::SocketAddr, time::Duration};

use crate::{LtiRegistration, RoleRules};

/// How people come in to a test's application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestWay {
    /// Everybody is [`USER`].
    SingleUser,
    /// By the hub at this address.
    Hub(SocketAddr),
    /// By the provider at this address.
    Oidc(SocketAddr),
    /// By tokens only.
    Tokens,
}

/// How a test's application is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// How people come in.
    pub way: TestWay,
    /// The learning platforms that may launch.
    pub lti: Vec<LtiRegistration>,
    /// Whether browsers come by https.
    pub is_secure: bool,
    /// Who looks after what.
    pub roles: RoleRules,
    /// The proxies that are believed.
    pub proxies: &'static str,
    /// Whether such a proxy says who somebody is.
    pub trust_client_header: bool,
    /// Submissions of a user, and requests of nobody, in a minute; 0: any number.
    pub per_minute: (u32, u32),
    /// Which sites may show the pages within theirs.
    pub frame_ancestors: Vec<String>,
    /// The largest submission that it takes, in bytes.
    pub max_submission_bytes: usize,
    /// How many bytes of bodies there is room for, and within what time each must arrive.
    pub intake: (usize, Duration),
    /// How many submissions may wait.
    pub max_waiting: u64,
    /// Whether a new submission skips those of the same user and assignment that wait.
    pub skip_superseded: bool,
    /// What pushes are signed with.
    pub webhook_secret: Option<&'static str>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            way: TestWay::SingleUser,
            lti: Vec::new(),
            is_secure: false,
            roles: RoleRules::default(),
            proxies: "",
            trust_client_header: false,
            per_minute: (0, 0),
            frame_ancestors: Vec::new(),
            max_submission_bytes: 1 << 20,
            intake: (256 << 20, Duration::from_mins(2)),
            max_waiting: 1000,
            skip_superseded: false,
            webhook_secret: None,
        }
    }
}
