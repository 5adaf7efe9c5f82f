//! This service as platforms see it: a tool.

use std::{fmt, sync::Arc, time::Duration};

use model::ambient::Clock;
use outbound::{Outbound, Url};

use super::{launch::LtiLaunch, login::LtiLogin, platform::LtiPlatform};
use crate::{
    cache::Cache,
    called::{self, WITHIN},
    claims::{Expected, audiences, text},
    error::{OidcError, plain},
    jwt::{Claims, Unverified},
    keys::{KeySet, Published},
    provider::{Bad, verify_signature},
};

/// The most bytes of an ID token; a browser posts it, so anybody can.
const MAX_TOKEN: usize = 64 * 1024;

/// A tool that platforms launch.
pub struct LtiTool {
    platforms: Vec<Registered>,
    launch_url: Url,
    clock: Arc<dyn Clock>,
    within: Duration,
}

struct Registered {
    platform: LtiPlatform,
    keys: Cache<KeySet>,
    outbound: Outbound,
}

impl LtiTool {
    /// Asks nothing yet. `launch_url` is where platforms post to, as it is registered there.
    pub fn new(
        platforms: Vec<LtiPlatform>,
        launch_url: Url,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OidcError> {
        let mut registered: Vec<Registered> = Vec::new();
        for platform in platforms {
            platform.check()?;
            let same = |other: &Registered| other.is(&platform.issuer, &platform.client_id);
            if registered.iter().any(same) {
                return Err(OidcError::misconfigured(format!(
                    "The learning platform `{}` with the client id `{}` is there twice.",
                    platform.issuer, platform.client_id
                )));
            }
            let outbound = called::client([&platform.jwks_url], platform.allow_private)?;
            registered.push(Registered { platform, keys: Cache::new(Arc::clone(&clock)), outbound });
        }
        Ok(Self { platforms: registered, launch_url, clock, within: WITHIN })
    }

    /// How long each question may take with its answer, instead of 10 seconds.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// Where platforms post to.
    #[must_use]
    pub fn launch_url(&self) -> &Url {
        &self.launch_url
    }

    /// A platform, by what it calls itself and this service.
    #[must_use]
    pub fn platform(&self, issuer: &str, client_id: &str) -> Option<&LtiPlatform> {
        self.platforms.iter().find(|known| known.is(issuer, client_id)).map(|known| &known.platform)
    }

    /// Whether a platform's keys can be had: for those who set it up. Gives how many there are that could sign a launch.
    pub async fn keys_of(&self, platform: &LtiPlatform) -> Result<usize, OidcError> {
        let is_it = |known: &&Registered| known.is(&platform.issuer, &platform.client_id);
        let found = self.platforms.iter().find(is_it);
        let Registered { platform, keys, outbound } = found.ok_or_else(|| {
            OidcError::misconfigured(format!("The platform `{}` is not registered.", platform.issuer))
        })?;
        let request = outbound.get(platform.jwks_url.clone());
        let ask = async { called::json::<Published>(request, self.within).await.map(KeySet::from) };
        Ok(keys.get(ask).await?.len())
    }

    /// Where to send a browser that a platform sent here. The platform lets it post `state` and an `id_token` to the
    /// launch URL. `nonce` is new for each launch and known to this browser's only.
    pub fn authorize_url(&self, login: &LtiLogin, state: &str, nonce: &str) -> Result<String, OidcError> {
        let again = "Launch it again from the platform; if that does not help, tell whoever set it up there.";
        if let Some(name) = login.wrong() {
            return Err(OidcError::refused(format!(
                "The platform's launch has a `{name}` that is empty or too long. {again}"
            )));
        }
        let platform = self.of_login(login)?;
        if let Some(id) = login.lti_deployment_id.as_ref().filter(|id| !platform.takes_deployment(id)) {
            return Err(OidcError::refused(format!(
                "The platform's deployment `{}` is not among the `deployment_ids` of the platform here. {again}",
                plain(id)
            )));
        }
        let mut url = platform.auth_url.clone();
        url.query_pairs_mut()
            .append_pair("scope", "openid")
            .append_pair("response_type", "id_token")
            .append_pair("response_mode", "form_post")
            .append_pair("prompt", "none")
            .append_pair("client_id", &platform.client_id)
            .append_pair("redirect_uri", self.launch_url.as_str())
            .append_pair("login_hint", &login.login_hint)
            .append_pair("state", state)
            .append_pair("nonce", nonce)
            .extend_pairs(login.lti_message_hint.as_ref().map(|hint| ("lti_message_hint", hint)));
        Ok(url.into())
    }

    /// Reads what a platform let the browser post, if it is signed by a key of a registered platform, for this service,
    /// now, and for the launch that began with `nonce`.
    pub async fn verify(&self, id_token: &str, nonce: &str) -> Result<LtiLaunch, OidcError> {
        self.read(id_token, nonce).await.map_err(|problem| match problem {
            Bad::Token(problem) => OidcError::refused(format!(
                "This launch does not count: the platform's ID token {problem}. Launch it again from the platform; if that does not help, tell whoever set it up there."
            )),
            Bad::Other(error) => error,
        })
    }

    async fn read(&self, id_token: &str, nonce: &str) -> Result<LtiLaunch, Bad> {
        if id_token.len() > MAX_TOKEN {
            return Err(Bad::Token("is too long".into()));
        }
        let token = Unverified::parse(id_token).map_err(Bad::Token)?;
        let Registered { platform, keys, outbound } =
            self.of_token(token.claims_of_anybody()).map_err(Bad::Token)?;
        let ask = || async {
            let request = outbound.get(platform.jwks_url.clone());
            called::json::<Published>(request, self.within).await.map(KeySet::from)
        };
        verify_signature(keys, ask, &token).await?;
        let claims = token.into_claims();
        let (issuer, client_id) = (platform.issuer.as_str(), platform.client_id.as_str());
        Expected { issuer, client_id, nonce, now: self.clock.now() }.check(&claims).map_err(Bad::Token)?;
        LtiLaunch::read(&claims, platform).map_err(Bad::Token)
    }

    fn of_login(&self, login: &LtiLogin) -> Result<&LtiPlatform, OidcError> {
        let of_issuer = |known: &&Registered| known.platform.issuer == login.iss;
        let is_named =
            |known: &&Registered| login.client_id.as_ref().is_none_or(|id| *id == known.platform.client_id);
        let mut found = self.platforms.iter().filter(of_issuer).filter(is_named);
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(&one.platform),
            (Some(_), Some(_)) => Err(OidcError::refused(
                "The platform does not say which of its clients this service is (`client_id`), and it is several. Let it say so.",
            )),
            (None, _) => Err(OidcError::refused(format!(
                "The platform `{}` with the client id `{}` is not registered at this service. Whoever runs it must add it to its configuration.",
                plain(&login.iss),
                plain(login.client_id.as_deref().unwrap_or_default())
            ))),
        }
    }

    /// Who should have signed a token, by what it says itself.
    fn of_token(&self, claims: &Claims) -> Result<&Registered, String> {
        let issuer = text(claims, "iss").unwrap_or_default();
        let audiences = audiences(claims);
        let mut of_issuer = self.platforms.iter().filter(|known| known.platform.issuer == issuer).peekable();
        if of_issuer.peek().is_none() {
            return Err(format!(
                "is of the issuer `{}`, which is not registered at this service",
                plain(issuer)
            ));
        }
        // Of several that it is for, the one for which it was made.
        let is_for = |known: &&Registered| match text(claims, "azp") {
            Some(party) => party == known.platform.client_id,
            None => audiences.contains(&known.platform.client_id.as_str()),
        };
        of_issuer
            .find(is_for)
            .ok_or_else(|| "is for another client (`aud`, `azp`); compare the client id".into())
    }
}

impl Registered {
    fn is(&self, issuer: &str, client_id: &str) -> bool {
        self.platform.issuer == issuer && self.platform.client_id == client_id
    }
}

impl fmt::Debug for LtiTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let platforms: Vec<_> = self.platforms.iter().map(|known| &known.platform).collect();
        f.debug_struct("LtiTool").field("platforms", &platforms).finish_non_exhaustive()
    }
}
