//! How people come in, as configured.

use std::sync::Arc;

use anyhow::{Context, bail};
use hub::{Hub, HubOptions, StateKey};
use model::ambient::{Clock, Entropy};
use oidc::{OidcSettings, Provider};
use server::{Door, Lti, RoleRules, SessionKey, WayIn};

use super::{DataDir, session_secret::session_secret};
use crate::{
    config::{Config, LtiSettings, Way},
    secrets::SecretName,
};

/// Puts it together. Nobody is asked anything yet.
pub(crate) fn door(
    config: &Config,
    data: &DataDir,
    clock: &Arc<dyn Clock>,
    entropy: &dyn Entropy,
) -> anyhow::Result<Door> {
    let identity = &config.identity;
    let secret = session_secret(config, data, entropy)?;
    let way_in = match &identity.way {
        Way::SingleUser(user) => WayIn::SingleUser(user.clone()),
        Way::Hub(settings) => {
            let hub = Hub::open((**settings).clone(), HubOptions::default(), Arc::clone(clock));
            WayIn::Hub(Arc::new(hub.context("the hub cannot be used")?))
        }
        Way::HubToCome => bail!(
            "identity.mode = \"hub\": a hub gives its services the variables JUPYTERHUB_API_URL and \
             JUPYTERHUB_API_TOKEN, and they are not set (docs/how-to/run-behind-jupyterhub.md)"
        ),
        Way::Oidc(settings) => {
            let client_secret = config.secrets.get(SecretName::OidcClientSecret)?;
            let settings = OidcSettings { client_secret, ..(**settings).clone() };
            let provider = Provider::new(settings, Arc::clone(clock));
            WayIn::Oidc(Arc::new(provider.context("the sign-in provider cannot be used")?))
        }
        Way::Tokens => WayIn::Tokens,
    };
    let lti = config.lti.as_ref().map(|settings| platforms(settings, clock)).transpose()?;
    let courses = config.materials.courses.iter().flatten();
    Ok(Door {
        roles: RoleRules {
            administrators: identity.administrators.clone(),
            staff: identity.staff.clone(),
            courses: courses.map(|course| (course.name.clone(), course.staff.clone())).collect(),
        },
        session: identity.session,
        proxies: identity.proxies.clone(),
        trust_client_header: identity.trust_client_header,
        is_secure: identity.is_secure(),
        hosts: hosts(config),
        limits: identity.limits(),
        lti,
        ..Door::new(way_in, SessionKey::of(&secret), StateKey::of(&secret))
    })
}

/// The learning platforms that may launch.
fn platforms(settings: &LtiSettings, clock: &Arc<dyn Clock>) -> anyhow::Result<Lti> {
    for registration in &settings.platforms {
        if registration.platform.takes_any_deployment() {
            let platform = registration.name.as_str();
            tracing::warn!(
                platform,
                "every deployment of this client may launch: lti.{platform}.deployment_ids is not set"
            );
        }
    }
    if settings.launch_url.scheme() == "http" {
        tracing::warn!(
            "launches from learning platforms need https: browsers send no cookie with what another site posts here by http"
        );
    }
    let lti = Lti::new(settings.platforms.clone(), settings.launch_url.clone(), Arc::clone(clock));
    lti.context("a learning platform cannot be used")
}

/// The names by which the one user comes. Who opens the service to a network (`--insecure-single-user`) has decided that
/// everybody may.
fn hosts(config: &Config) -> Option<Vec<String>> {
    let public = config.identity.public_url.as_ref().and_then(|url| url.host_str());
    config.listen.ip().is_loopback().then(|| public.map(str::to_owned).into_iter().collect())
}
