//! The hub, asked over its REST API (<https://jupyterhub.readthedocs.io/en/stable/reference/rest-api.html>).

use std::{fmt, num::NonZeroUsize, sync::Arc, time::Duration};

use model::{UserName, ambient::Clock};
use outbound::{Answer, Outbound, OutboundError, Policy, Site, Url};
use secrecy::ExposeSecret;
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use crate::{
    answers::Answers,
    error::HubError,
    launch::Launch,
    missing::Missing,
    scope::Scopes,
    settings::HubSettings,
    token::Token,
    user::{HubUser, Owner},
};

/// The most bytes of what the hub says about a user: names of groups and scopes, and a launch.
const MAX_USER_BYTES: u64 = 1024 * 1024;
/// How long the hub may take to say that it is there.
const PRESENCE: Duration = Duration::from_secs(5);
/// The most bytes of any other answer.
pub(crate) const MAX_SMALL_BYTES: u64 = 64 * 1024;

/// How the hub is asked.
#[derive(Debug, Clone, Copy)]
pub struct HubOptions {
    /// How long a question may take with its answer.
    pub within: Duration,
    /// How long a user's token counts as theirs before the hub is asked again. With `within` less than a minute, so
    /// that a revocation shows within one.
    pub known: Duration,
    /// How long a token that the hub refuses is refused without asking again.
    pub unknown: Duration,
    /// For how long a hub that did not answer is not asked again about the same token.
    pub away: Duration,
    /// How long a session goes on while the hub is away, since its user was last seen there.
    pub stale: Duration,
    /// How many users, and how many refused tokens, are remembered.
    pub entries: NonZeroUsize,
    /// How many questions are asked at once about tokens that were good before, and how many about others: a flood of
    /// made-up tokens keeps nobody waiting who is known.
    pub at_once: usize,
}

impl Default for HubOptions {
    fn default() -> Self {
        Self {
            within: Duration::from_secs(10),
            known: Duration::from_secs(30),
            unknown: Duration::from_secs(5),
            away: Duration::from_secs(2),
            stale: Duration::from_hours(1),
            entries: NonZeroUsize::new(10_000).expect("10000 is not zero"),
            at_once: 32,
        }
    }
}

/// A hub, as seen by this service.
pub struct Hub {
    pub(crate) settings: HubSettings,
    pub(crate) options: HubOptions,
    pub(crate) outbound: Outbound,
    answers: Answers,
    /// About tokens that were good before.
    known: Semaphore,
    /// About others.
    unknown: Semaphore,
}

impl Hub {
    /// Asks nothing yet. Its API may be at a private address and be unencrypted, as inside a cluster: the operator, or
    /// the hub itself, has named it.
    pub fn open(settings: HubSettings, options: HubOptions, clock: Arc<dyn Clock>) -> Result<Self, HubError> {
        let unusable = |problem: &dyn fmt::Display| HubError::Unusable { problem: problem.to_string() };
        let site = Site::of(&settings.api_url).ok_or_else(|| unusable(&"It is no http or https URL."))?;
        let policy = Policy::default().allow_private(site.host()).map_err(|problem| unusable(&problem))?;
        let outbound = Outbound::new(policy.allow(site)).map_err(|problem| unusable(&problem))?;
        Ok(Self {
            answers: Answers::new(options, clock),
            known: Semaphore::new(options.at_once),
            unknown: Semaphore::new(options.at_once),
            settings,
            options,
            outbound,
        })
    }

    /// As what this service is known to it.
    #[must_use]
    pub fn settings(&self) -> &HubSettings {
        &self.settings
    }

    /// Whose a token is: a user's who may use this service. Usually from memory; the first to ask about a token asks the
    /// hub, and others who ask meanwhile wait for that answer.
    pub async fn user_of(&self, token: &Token) -> Result<Arc<HubUser>, HubError> {
        let hash = token.hash();
        if let Some(known) = self.answers.fresh(hash) {
            return known;
        }
        let _turn = self.answers.turn(hash).await;
        if let Some(known) = self.answers.fresh(hash) {
            return known;
        }
        let asked = self.answers.now();
        let known = self.ask_whose(token).await.map(Arc::new);
        self.answers.keep(hash, asked, &known);
        known
    }

    /// The same, for the token of a session that was opened here: while the hub is away, it goes on for a while as what it
    /// was. Never after the hub has refused the token.
    pub async fn user_of_session(&self, token: &Token) -> Result<Arc<HubUser>, HubError> {
        match self.user_of(token).await {
            Err(HubError::Away { problem }) => {
                self.answers.last_known(token.hash()).ok_or(HubError::Away { problem })
            }
            known => known,
        }
    }

    /// Whether the hub answers at all: before a browser is sent there, which would only find the proxy's own page. What was
    /// found counts for a moment.
    pub async fn is_there(&self) -> Result<(), HubError> {
        let now = self.answers.now();
        if let Some(known) = self.answers.presence(now) {
            return known;
        }
        let asked = self.outbound.get(self.url(&[])).header("accept", "application/json");
        let found = match asked.within(self.options.within.min(PRESENCE)).send().await {
            Ok(answer) if answer.status().as_u16() < 500 => Ok(()),
            Ok(answer) => Err(HubError::of_status(answer.status().as_u16())),
            Err(error) => Err(error.into()),
        };
        self.answers.keep_presence(now, &found);
        found
    }

    /// Forgets what was said about a token: after signing out, and where a question must be asked afresh.
    pub fn forget(&self, token: &Token) {
        self.answers.forget(token.hash());
    }

    /// What this service may do at the hub.
    pub async fn own_scopes(&self) -> Result<Scopes, HubError> {
        let owner = self.owner(self.settings.api_token.expose_secret()).await;
        owner.map(|owner| owner.scopes()).map_err(|error| match error {
            HubError::Unknown => HubError::ServiceTokenRefused,
            other => other,
        })
    }

    /// What the learning platform said when it last sent a user to the hub. `None` if the user came by another way, or
    /// the hub keeps no `auth_state`.
    pub async fn launch_of(&self, user: &UserName) -> Result<Option<Launch>, HubError> {
        // No user's name, but another place in a URL.
        if [".", ".."].contains(&user.as_str()) {
            return Err(HubError::NoSuchUser { user: user.to_string() });
        }
        let url = self.url(&["users", user.as_str()]);
        let answer = self.get(url, self.settings.api_token.expose_secret()).await?;
        match answer.status().as_u16() {
            200 => {}
            404 => return Err(HubError::NoSuchUser { user: user.to_string() }),
            401 | 403 => {
                // The token may be no good, or good and without the permission.
                self.own_scopes().await?;
                return Err(self.may_not_read_launches());
            }
            status => return Err(HubError::of_status(status)),
        }
        let model: Map<String, Value> = answer.json(MAX_USER_BYTES).await?;
        let auth_state = match model.get("auth_state") {
            // Without the permission it is left out.
            None => return Err(self.may_not_read_launches()),
            Some(Value::Null) => return Ok(None),
            Some(Value::Object(auth_state)) => Launch::parse(auth_state),
            Some(_) => Err("there is no object".into()),
        };
        auth_state.map_err(|problem| HubError::Nonsense {
            problem: format!("in the `auth_state` of {user}, {problem}"),
        })
    }

    fn may_not_read_launches(&self) -> HubError {
        HubError::MissingPermission(Missing::LaunchData { service: self.settings.service_name.clone() })
    }

    async fn ask_whose(&self, token: &Token) -> Result<HubUser, HubError> {
        let many = || HubError::Away { problem: "too many questions wait for it.".into() };
        let is_known = self.answers.last_known(token.hash()).is_some();
        let questions = if is_known { &self.known } else { &self.unknown };
        let permit = tokio::time::timeout(self.options.within, questions.acquire()).await;
        let _permit = permit.map_err(|_| many())?.map_err(|_| many())?;
        let user = self.owner(token.reveal()).await?.into_user()?;
        if user.scopes.grant_any(&self.settings.access_scopes) {
            Ok(user)
        } else {
            Err(self.no_access(&user))
        }
    }

    fn no_access(&self, user: &HubUser) -> HubError {
        let service = self.settings.service_name.clone();
        let missing = if user.is_held_by_a_server() {
            Missing::ServerAccess { service }
        } else {
            Missing::UserAccess { service }
        };
        HubError::MissingScope {
            user: user.name.to_string(),
            needed: self.settings.access_scopes.clone(),
            has: user.scopes.clone(),
            missing: Box::new(missing),
        }
    }

    async fn owner(&self, token: &str) -> Result<Owner, HubError> {
        let answer = self.get(self.url(&["user"]), token).await?;
        match answer.status().as_u16() {
            200 => Ok(answer.json(MAX_USER_BYTES).await?),
            401 | 403 | 404 => Err(HubError::Unknown),
            status => Err(HubError::of_status(status)),
        }
    }

    async fn get(&self, url: Url, token: &str) -> Result<Answer, OutboundError> {
        let request = self.outbound.get(url).bearer(token).header("accept", "application/json");
        request.within(self.options.within).send().await
    }

    /// A URL of the API. Each part is one part of the path, whatever is in it.
    pub(crate) fn url(&self, parts: &[&str]) -> Url {
        let mut url = self.settings.api_url.clone();
        url.path_segments_mut().expect("http URLs have paths").pop_if_empty().extend(parts);
        url
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use model::ambient::SystemClock;
    use proptest::prelude::*;

    use super::*;

    static HUB: LazyLock<Hub> = LazyLock::new(|| {
        let settings = HubSettings::from_environment(|name| match name {
            "JUPYTERHUB_API_URL" => Some("http://127.0.0.1:8081/base/hub/api".into()),
            "JUPYTERHUB_API_TOKEN" => Some("s3cret".into()),
            "JUPYTERHUB_SERVICE_NAME" => Some("otter_grade".into()),
            _ => None,
        });
        Hub::open(settings.unwrap().unwrap(), HubOptions::default(), Arc::new(SystemClock)).unwrap()
    });

    #[test]
    fn a_users_name_stays_one_part_of_the_path() {
        let url = |name: &str| HUB.url(&["users", name]).to_string();
        assert_eq!(url("ada@example.org"), "http://127.0.0.1:8081/base/hub/api/users/ada@example.org");
        assert_eq!(
            url("a/../b?c#d%e \u{e9}"),
            "http://127.0.0.1:8081/base/hub/api/users/a%2F..%2Fb%3Fc%23d%25e%20%C3%A9"
        );
        assert!(!format!("{:?}", *HUB).contains("s3cret"));
    }

    proptest! {
        #[test]
        fn no_name_leads_elsewhere(name in r"[a-z./\\%?#@: é]{1,12}|\.\.?|%2e%2e") {
            let url = HUB.url(&["users", &name]);
            let parts: Vec<_> = url.path_segments().unwrap().collect();
            prop_assert!(url.query().is_none() && url.fragment().is_none());
            prop_assert_eq!(&parts[..4], ["base", "hub", "api", "users"]);
            // The library leaves `.` and `..` out, so `launch_of` refuses such a name.
            prop_assert_eq!(parts.len(), if [".", ".."].contains(&name.as_str()) { 4 } else { 5 });
        }
    }
}
