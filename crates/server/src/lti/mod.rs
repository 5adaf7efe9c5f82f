//! Launches from learning platforms (LTI 1.3): who comes from one is signed in here, and where their grades go is kept.
//!
//! A platform's page leads the browser to `lti/login`; it is sent back to the platform, and that lets it post a signed
//! launch to `lti/launch`. Both are started by pages of other sites, so what holds for forms of our own does not hold
//! here: what counts is the platform's signature, for this browser's launch (the state, its cookie, and the nonce in the
//! token). The cookie must come along with another site's post, which browsers allow with `SameSite=None; Secure` only.
//! So launches need https, except between names of one site (`localhost`), where the cookie is `Lax`.

mod launch;
mod login;
mod registered;

use std::{fmt, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use model::ambient::Clock;
use oidc::{LtiLaunch, LtiTool, OidcError};
use outbound::Url;

pub use self::registered::{LtiRegistration, UserClaim, UserClaimError};
use crate::{api::problem::ApiError, app::App, identity::spent::Spent};

/// The cookie of a launch that is under way; its name ends with which one it is.
const COOKIE: &str = "otter-launch-";
/// How long it is kept: as long as a launch may take.
const COOKIE_S: u64 = 600;
/// The most bytes of what a platform lets a browser post.
const MAX_BYTES: usize = 128 * 1024;

/// The platforms that may launch.
pub struct Lti {
    tool: LtiTool,
    registered: Vec<LtiRegistration>,
    /// Launches that have signed somebody in.
    used: Spent,
}

impl Lti {
    /// Asks nothing yet. `launch_url` is the address of `lti/launch` as browsers see it.
    pub fn new(
        registered: Vec<LtiRegistration>,
        launch_url: Url,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OidcError> {
        let platforms = registered.iter().map(|registered| registered.platform.clone()).collect();
        Ok(Self { tool: LtiTool::new(platforms, launch_url, clock)?, registered, used: Spent::default() })
    }

    /// Whether a name is one that only a platform's users and groups have.
    pub(crate) fn is_of_platform(&self, name: &str) -> bool {
        let prefix = name.split_once(':').map(|(prefix, _)| prefix);
        self.registered.iter().any(|one| Some(one.users.as_str()) == prefix)
    }

    /// As what a platform is registered here.
    fn registration(&self, launch: &LtiLaunch) -> Option<&LtiRegistration> {
        let is_it = |one: &&LtiRegistration| {
            one.platform.issuer == launch.issuer && one.platform.client_id == launch.client_id
        };
        self.registered.iter().find(is_it)
    }
}

/// The addresses that pages of other sites may post to. To be added after what forbids that for all others.
pub(crate) fn routes(prefix: &str) -> Router<Arc<App>> {
    Router::new()
        .route(&format!("{prefix}lti/login"), get(login::by_link).post(login::by_form))
        .route(&format!("{prefix}lti/launch"), post(launch::end))
        .layer(DefaultBodyLimit::max(MAX_BYTES))
}

/// The platforms, if there are any.
fn of(app: &App) -> Result<&Lti, ApiError> {
    app.door.lti.as_ref().ok_or(ApiError::NoSuchPath)
}

impl fmt::Debug for Lti {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lti").field("registered", &self.registered).finish_non_exhaustive()
    }
}
