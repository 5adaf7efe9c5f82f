//! Where grades go, as configured.

use std::sync::Arc;

use anyhow::{Context, bail};
use hub::Hub;
use outbound::{Outbound, Policy, Site, Url};
use passback::{Caller, Consumer, Keyring, ToolKeys, WebhookSecret};
use secrecy::ExposeSecret;
use server::{AddressBook, Courier, CourierSettings, Destinations, Gradebook, Lti11, Lti13, Workshop};
use store::{Delivery, WorkerId};

use crate::{
    config::{Config, GradesTo},
    secrets::SecretName,
};

/// The keys by which platforms of LTI 1.3 know this tool, if there are any.
pub(crate) fn tool_keys(config: &Config) -> anyhow::Result<Option<Arc<ToolKeys>>> {
    let Some(pem) = config.secrets.get(SecretName::Lti13PrivateKey)? else { return Ok(None) };
    let keys = ToolKeys::parse(pem.expose_secret(), config.passback.lti13_key_id.as_deref())?;
    Ok(Some(Arc::new(keys)))
}

/// Starts to send grades, if any could go anywhere; also where new ones are not sent on purpose, since staff can send one.
/// The hub is asked for launches.
pub(crate) fn start_courier(
    config: &Config,
    hub: Option<Arc<Hub>>,
    keys: Option<&Arc<ToolKeys>>,
    workshop: &Arc<Workshop>,
    me: &WorkerId,
) -> anyhow::Result<Option<Courier>> {
    let settings = &config.passback;
    if settings.delivery == Delivery::Nowhere {
        if settings.post_grade {
            tracing::warn!(
                "passback.post_grade (POST_GRADE) is on, but nothing says where grades go (passback.edx_url, passback.allow, [lti.NAME]): they are kept, and shown here"
            );
        }
        return Ok(None);
    }
    let caller = Caller::new(
        Outbound::new(policy(config)?)?,
        Arc::clone(&workshop.clock),
        Arc::clone(&workshop.entropy),
    );
    let Some(to) = gradebook(config, keys, &caller)? else { return Ok(None) };
    tracing::info!(to = ?settings.to, post_grade = settings.post_grade, "grades are sent");
    let (store, materials) = (Arc::clone(&workshop.store), Arc::clone(&workshop.materials));
    let destinations: Arc<dyn Destinations> = Arc::new(AddressBook::new(store, materials, hub, caller, to));
    let options = CourierSettings {
        give_up: settings.give_up,
        drain: config.drain,
        pages: pages(config),
        ..CourierSettings::default()
    };
    Ok(Some(Courier::start(workshop, &destinations, me, options)))
}

/// Whom grades may be sent to: whom the configuration names for that, and the platforms that may launch.
fn policy(config: &Config) -> anyhow::Result<Policy> {
    let settings = &config.passback;
    let mut policy = Policy::default();
    for registered in config.lti.iter().flat_map(|lti| &lti.platforms) {
        let platform = &registered.platform;
        for site in [&platform.token_url, &platform.auth_url].into_iter().filter_map(Site::of) {
            if platform.allow_private {
                policy = policy.allow_private(site.host())?;
            }
            policy = policy.allow(site);
        }
    }
    let edx = settings.edx_url.as_deref().map(str::parse::<Site>).transpose()?;
    let webhook = settings.webhook_url.as_ref().and_then(Site::of);
    for site in edx.into_iter().chain(webhook).chain(settings.allow.iter().cloned()) {
        policy = policy.allow(site);
    }
    for host in &settings.allow_private {
        policy = policy.allow_private(host)?;
    }
    Ok(policy)
}

/// `None` where nothing could be sent, and nothing has to be.
fn gradebook(
    config: &Config,
    keys: Option<&Arc<ToolKeys>>,
    caller: &Caller,
) -> anyhow::Result<Option<Gradebook>> {
    let settings = &config.passback;
    match settings.to {
        GradesTo::Lti => {
            let lti11 = consumer(config)?.map(|consumer| Lti11 { consumer, edx: settings.edx_url.clone() });
            let lti13 = keys.map(|keys| Lti13 {
                keyring: Arc::new(Keyring::new(caller.clone(), Arc::clone(keys))),
                client_id: settings.lti13_client_id.clone(),
                audience: settings.lti13_audience.clone(),
            });
            if lti11.is_none() && lti13.is_none() {
                if settings.post_grade {
                    bail!(
                        "passback.post_grade (POST_GRADE) is on, but the secrets for it are missing: LTI_CONSUMER_KEY and LTI_CONSUMER_SECRET for LTI 1.1, or LTI13_PRIVATE_KEY for LTI 1.3 (docs/how-to/post-grades-to-a-learning-platform.md)"
                    );
                }
                if settings.delivery == Delivery::Withheld {
                    tracing::warn!(
                        "grades are withheld, and those that staff send all the same wait: the secrets of the learning platform are missing"
                    );
                }
                return Ok(None);
            }
            Ok(Some(Gradebook::Lti { lti11, lti13 }))
        }
        GradesTo::Webhook => {
            let secret = config.secrets.get(SecretName::PassbackWebhookSecret)?;
            let secret = secret.context("the secret passback_webhook_secret is missing, which grades for passback.webhook_url are signed with")?;
            let url = settings.webhook_url.clone().context("passback.webhook_url is missing")?;
            let secret = Arc::new(WebhookSecret::parse(secret.expose_secret())?);
            Ok(Some(Gradebook::Webhook { url, secret }))
        }
        GradesTo::Csv => {
            let folder = settings.csv_dir.clone().context("passback.csv_dir is missing")?;
            Ok(Some(Gradebook::Csv(folder)))
        }
    }
}

/// Key and secret of LTI 1.1: both or none.
fn consumer(config: &Config) -> anyhow::Result<Option<Arc<Consumer>>> {
    let key = config.secrets.get(SecretName::LtiConsumerKey)?;
    let secret = config.secrets.get(SecretName::LtiConsumerSecret)?;
    match (key, secret) {
        (Some(key), Some(secret)) => {
            Ok(Some(Arc::new(Consumer::new(key.expose_secret(), secret.expose_secret())?)))
        }
        (None, None) => Ok(None),
        (Some(_), None) => bail!("there is the secret LTI_CONSUMER_KEY, but no LTI_CONSUMER_SECRET"),
        (None, Some(_)) => bail!("there is the secret LTI_CONSUMER_SECRET, but no LTI_CONSUMER_KEY"),
    }
}

/// Below which address pages are, if browsers are known to find them there.
fn pages(config: &Config) -> Option<Url> {
    config.identity.public_url.as_ref()?.join(&config.prefix).ok()
}
