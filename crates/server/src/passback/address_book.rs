//! Where each grade goes, as configured and as launches said.

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ::passback::{
    Caller, Consumer, CsvDrop, Destination, Keyring, LineItem, Outcomes, Platform, Seat, Webhook,
    WebhookSecret,
};
use async_trait::async_trait;
use hub::{Hub, HubError};
use materials::Materials;
use model::{AssignmentKey, UserName};
use outbound::Url;
use store::{Passback, Store, StoreError};

use super::{
    choice::{Choice, Known, Spoken, choose},
    destinations::{Destinations, NoDestination},
    launch::{KeptLaunch, KeptPlatform},
};

/// Where all grades go.
#[derive(Debug)]
pub enum Gradebook {
    /// To the learning platform, by what of the two is configured.
    Lti {
        /// LTI 1.1.
        lti11: Option<Lti11>,
        /// LTI 1.3.
        lti13: Option<Lti13>,
    },
    /// To an address.
    Webhook {
        /// The address.
        url: Url,
        /// What receiver and sender share.
        secret: Arc<WebhookSecret>,
    },
    /// Into files in a folder.
    Csv(PathBuf),
}

/// As what this tool is known by LTI 1.1.
#[derive(Debug)]
pub struct Lti11 {
    /// Key and secret.
    pub consumer: Arc<Consumer>,
    /// edX's host, for addresses that no launch gave.
    pub edx: Option<String>,
}

/// As what this tool is known by LTI 1.3.
#[derive(Debug)]
pub struct Lti13 {
    /// Its tokens, for which it signs with its keys.
    pub keyring: Arc<Keyring>,
    /// Its id at the platform, in the place of what launches say.
    pub client_id: Option<String>,
    /// As whom the platform wants to be addressed when asked for a token, if not by the token's URL.
    pub audience: Option<String>,
}

/// Finds the place of each grade.
pub struct AddressBook {
    store: Arc<dyn Store>,
    materials: Arc<Materials>,
    hub: Option<Arc<Hub>>,
    caller: Caller,
    to: Gradebook,
    /// Whether it was said that the hub tells nothing.
    told: AtomicBool,
}

impl AddressBook {
    /// Asks nobody yet. The hub is asked for launches that the store does not have.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        materials: Arc<Materials>,
        hub: Option<Arc<Hub>>,
        caller: Caller,
        to: Gradebook,
    ) -> Self {
        Self { store, materials, hub, caller, to, told: AtomicBool::new(false) }
    }

    async fn by_lti(
        &self,
        passback: &Passback,
        lti11: Option<&Lti11>,
        lti13: Option<&Lti13>,
    ) -> Result<Box<dyn Destination>, NoDestination> {
        let assignment = self.materials.assignment(&passback.key);
        let assignment = assignment.map_err(|error| NoDestination::NotNow(error.to_string()))?;
        let known = self.known(passback).await?;
        let spoken = Spoken {
            lti11: lti11.is_some(),
            lti13: lti13.is_some(),
            edx: lti11.and_then(|lti11| lti11.edx.as_deref()),
        };
        match (choose(&assignment, &passback.user, &known, spoken), lti11, lti13) {
            (Choice::LineItem { url, platform }, _, Some(lti13)) => self.line_item(lti13, &url, platform),
            (Choice::Outcome(place), Some(lti11), _) => {
                Ok(Box::new(Outcomes::new(self.caller.clone(), Arc::clone(&lti11.consumer), place)))
            }
            (Choice::None(words), ..) => Err(NoDestination::Nowhere(words)),
            _ => Err(NoDestination::Nowhere("The service does not speak what this platform speaks.".into())),
        }
    }

    fn line_item(
        &self,
        lti13: &Lti13,
        url: &str,
        platform: KeptPlatform,
    ) -> Result<Box<dyn Destination>, NoDestination> {
        let parsed = |what: &str, url: &str| {
            let parsed = Url::parse(url).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
            parsed.ok_or_else(|| NoDestination::Nowhere(format!("The {what} is no http or https URL.")))
        };
        let at = Platform {
            token_url: parsed("address for tokens that the launch gave", &platform.token_url)?,
            client_id: lti13.client_id.clone().unwrap_or(platform.client_id),
            audience: lti13.audience.clone(),
        };
        let seat = Seat { line_item: parsed("line item", url)?, sub: platform.sub };
        Ok(Box::new(LineItem::new(self.caller.clone(), Arc::clone(&lti13.keyring), at, seat)))
    }

    /// What is known of how the user came.
    async fn known(&self, passback: &Passback) -> Result<Known, NoDestination> {
        let away = |error: StoreError| {
            tracing::warn!(%error, "launches cannot be read");
            NoDestination::NotNow("The service cannot read at the moment how this user came.".into())
        };
        let (user, key) = (&passback.user, &passback.key);
        let here = self.store.launch(user, key).await.map_err(away)?;
        let here = here.and_then(|record| KeptLaunch::from_value(&record.data));
        let last = self.store.last_launch(user).await.map_err(away)?;
        let last = last.and_then(|record| KeptLaunch::from_value(&record.data));
        let has_item = |launch: &KeptLaunch| launch.lti13.as_ref().is_some_and(|it| it.line_item.is_some());
        let of_hub = match &self.hub {
            // Whoever submitted while the hub was away, or was graded before it answered, has nothing here yet.
            Some(hub) if !here.as_ref().is_some_and(has_item) => self.of_hub(hub, user, key).await?,
            _ => None,
        };
        let (here, of_hub) = match of_hub {
            Some(launch) if has_item(&launch) => (Some(launch), here),
            of_hub => (here, of_hub),
        };
        let has_namesake = self.has_namesake(key)?;
        Ok(Known { here, others: of_hub.into_iter().chain(last).collect(), has_namesake })
    }

    fn has_namesake(&self, key: &AssignmentKey) -> Result<bool, NoDestination> {
        self.materials.has_namesake(key).ok_or_else(|| {
            NoDestination::NotNow("The materials of a course are not here yet, so it is not known which assignments are called alike.".into())
        })
    }

    /// What the hub says now. A hub that never says is a matter of its configuration, and no reason to wait.
    async fn of_hub(
        &self,
        hub: &Hub,
        user: &UserName,
        key: &AssignmentKey,
    ) -> Result<Option<KeptLaunch>, NoDestination> {
        let has_namesake = self.has_namesake(key)?;
        match hub.launch_of(user).await {
            Ok(launch) => {
                Ok(launch.map(|launch| KeptLaunch::of_hub(&launch, &key.assignment, has_namesake, None)))
            }
            Err(error @ (HubError::MissingPermission(_) | HubError::NoSuchUser { .. })) => {
                if !self.told.swap(true, Ordering::Relaxed) {
                    tracing::info!(%error, "the hub tells nothing of launches; grades go where the configuration says");
                }
                Ok(None)
            }
            Err(error) => {
                tracing::warn!(%error, "the hub could not be asked how a user came");
                Err(NoDestination::NotNow(
                    "The hub, which knows how this user came, cannot say it now.".into(),
                ))
            }
        }
    }
}

#[async_trait]
impl Destinations for AddressBook {
    async fn of(&self, passback: &Passback) -> Result<Box<dyn Destination>, NoDestination> {
        match &self.to {
            Gradebook::Lti { lti11, lti13 } => self.by_lti(passback, lti11.as_ref(), lti13.as_ref()).await,
            Gradebook::Webhook { url, secret } => {
                Ok(Box::new(Webhook::new(self.caller.clone(), url.clone(), Arc::clone(secret))))
            }
            Gradebook::Csv(folder) => Ok(Box::new(CsvDrop::new(folder.clone(), &passback.key))),
        }
    }
}

impl fmt::Debug for AddressBook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressBook").field("to", &self.to).finish_non_exhaustive()
    }
}
