//! Signing in at a provider: the code flow (OpenID Connect Core 1.0, 3.1) with PKCE (RFC 7636).

use std::{fmt, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::ambient::Clock;
use outbound::Url;
use secrecy::ExposeSecret;
use serde::Deserialize;

use crate::{
    cache::Cache,
    called::{self, MAX_BYTES, WITHIN},
    claims::{Expected, text},
    discovery::Discovered,
    error::OidcError,
    jwt::{Claims, Unverified},
    keys::{KeySet, Published, Verdict},
    settings::OidcSettings,
    user::{OidcUser, is_incomplete},
};

/// A provider at which people sign in.
pub struct Provider {
    settings: OidcSettings,
    clock: Arc<dyn Clock>,
    within: Duration,
    discovered: Cache<Discovered>,
    keys: Cache<KeySet>,
}

/// What a code is exchanged for. Secret: it has no `Debug`.
#[derive(Deserialize)]
struct Granted {
    id_token: Option<String>,
    access_token: String,
}

/// Why not, as OAuth says it.
#[derive(Deserialize)]
struct NotGranted {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Provider {
    /// Asks nothing yet. What the provider says about itself, and its keys, are asked for when they are first needed,
    /// kept for an hour, and its keys asked for again when one is not known, at most once a minute.
    pub fn new(settings: OidcSettings, clock: Arc<dyn Clock>) -> Result<Self, OidcError> {
        settings.check()?;
        Ok(Self {
            within: WITHIN,
            discovered: Cache::new(Arc::clone(&clock)),
            keys: Cache::new(Arc::clone(&clock)),
            settings,
            clock,
        })
    }

    /// How long each question may take with its answer, instead of 10 seconds.
    #[must_use]
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// How it is used.
    #[must_use]
    pub fn settings(&self) -> &OidcSettings {
        &self.settings
    }

    /// Where to send a browser to sign in. The provider sends it back to [`OidcSettings::redirect_url`] with `state`,
    /// and a `code` or an `error` ([`OidcError::of_answer`]). `nonce` is new for each sign-in and known to this browser's
    /// only; `challenge` is PKCE's (S256).
    pub async fn authorize_url(
        &self,
        state: &str,
        nonce: &str,
        challenge: &str,
    ) -> Result<String, OidcError> {
        let mut url = self.discovered().await?.authorize.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings.client_id)
            .append_pair("redirect_uri", self.settings.redirect_url.as_str())
            .append_pair("scope", &self.settings.scope())
            .append_pair("state", state)
            .append_pair("nonce", nonce)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(url.into())
    }

    /// Gives the provider the code that a browser brought, for the user who signed in. `verifier` belongs to the
    /// challenge, and `nonce` is the same as at the beginning.
    pub async fn exchange(&self, code: &str, verifier: &str, nonce: &str) -> Result<OidcUser, OidcError> {
        let discovered = self.discovered().await?;
        let granted = self.grant(&discovered, code, verifier).await?;
        let id_token = granted.id_token.ok_or_else(|| {
            OidcError::misconfigured(
                "The provider gives no ID token: it does not speak OpenID Connect with this client.",
            )
        })?;
        let claims = self.verified(&discovered, &id_token, nonce).await.map_err(|problem| {
            match problem {
                Bad::Token(problem) => OidcError::refused(format!(
                    "What the provider says does not count: the ID token {problem}. Sign in again; if that does not help, tell whoever runs this service."
                )),
                Bad::Other(error) => error,
            }
        })?;
        let subject = text(&claims, "sub").ok_or_else(|| {
            OidcError::misconfigured("The provider's ID token does not say who signed in (`sub`).")
        })?;
        let userinfo = match &discovered.userinfo {
            Some(url) if is_incomplete(&self.settings, &claims) => {
                Some(self.userinfo(&discovered, url, &granted.access_token, subject).await?)
            }
            _ => None,
        };
        OidcUser::read(&self.settings, subject.to_owned(), &claims, userinfo.as_ref())
    }

    /// Where a browser can end its session at the provider too; `None` if the provider has no such page or does not
    /// answer. The provider asks whether that is meant.
    pub async fn end_session_url(&self) -> Option<String> {
        let mut url = self.discovered().await.ok()?.end_session.clone()?;
        url.query_pairs_mut().append_pair("client_id", &self.settings.client_id);
        Some(url.into())
    }

    async fn discovered(&self) -> Result<Arc<Discovered>, OidcError> {
        self.discovered.get(Discovered::ask(&self.settings, self.within)).await
    }

    async fn grant(&self, discovered: &Discovered, code: &str, verifier: &str) -> Result<Granted, OidcError> {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.settings.redirect_url.as_str()),
            ("code_verifier", verifier),
        ];
        let mut request = discovered.outbound.post(discovered.token.clone());
        match &self.settings.client_secret {
            Some(secret) if discovered.is_basic => {
                let pair =
                    format!("{}:{}", escaped(&self.settings.client_id), escaped(secret.expose_secret()));
                request = request.authorization(&format!("Basic {}", STANDARD.encode(pair)));
            }
            secret => {
                fields.push(("client_id", self.settings.client_id.as_str()));
                fields.extend(secret.as_ref().map(|secret| ("client_secret", secret.expose_secret())));
            }
        }
        let request = request.form(&fields).header("accept", "application/json").within(self.within);
        let answer = request.send().await?;
        match answer.status().as_u16() {
            200 => Ok(answer.json(MAX_BYTES).await?),
            status @ (400 | 401 | 403) => {
                let other = OidcError::of_status(&answer.site().to_string(), status);
                let refused: NotGranted = answer.json(MAX_BYTES).await.map_err(|_| other)?;
                Err(OidcError::of_answer(&refused.error, &refused.error_description))
            }
            status => Err(OidcError::of_status(&answer.site().to_string(), status)),
        }
    }

    async fn verified(&self, discovered: &Discovered, token: &str, nonce: &str) -> Result<Claims, Bad> {
        let token = Unverified::parse(token).map_err(Bad::Token)?;
        let ask = || async {
            let request = discovered.outbound.get(discovered.keys.clone());
            called::json::<Published>(request, self.within).await.map(KeySet::from)
        };
        verify_signature(&self.keys, ask, &token).await?;
        let claims = token.into_claims();
        let (issuer, client_id) = (discovered.issuer.as_str(), self.settings.client_id.as_str());
        Expected { issuer, client_id, nonce, now: self.clock.now() }.check(&claims).map_err(Bad::Token)?;
        Ok(claims)
    }

    async fn userinfo(
        &self,
        discovered: &Discovered,
        url: &Url,
        access_token: &str,
        subject: &str,
    ) -> Result<Claims, OidcError> {
        let request = discovered.outbound.get(url.clone()).bearer(access_token);
        let claims: Claims = called::json(request, self.within).await?;
        // The access token could be another user's (OpenID Connect Core, 5.3.2).
        if text(&claims, "sub") != Some(subject) {
            return Err(OidcError::refused(
                "The provider's userinfo is about another user than its ID token. Sign in again; if that does not help, tell whoever runs this service.",
            ));
        }
        Ok(claims)
    }
}

/// Why a token does not count, or cannot be looked at.
pub(crate) enum Bad {
    /// The end of "The ID token …".
    Token(String),
    /// The keys cannot be had.
    Other(OidcError),
}

/// Looks at a token's signature, with newer keys if it may be of one.
pub(crate) async fn verify_signature<F: Future<Output = Result<KeySet, OidcError>>>(
    keys: &Cache<KeySet>,
    ask: impl Fn() -> F,
    token: &Unverified<'_>,
) -> Result<(), Bad> {
    let mut verdict = keys.get(ask()).await.map_err(Bad::Other)?.judge(token);
    if verdict == Verdict::UnknownKey {
        verdict = keys.renewed(ask()).await.map_err(Bad::Other)?.judge(token);
    }
    match verdict {
        Verdict::Good => Ok(()),
        Verdict::Forged => Err(Bad::Token("is not signed by the key that it names".into())),
        Verdict::UnknownKey => {
            Err(Bad::Token("is signed by none of the issuer's keys; they are asked for once a minute".into()))
        }
    }
}

/// As a name and secret stand in a header (RFC 6749, 2.3.1).
fn escaped(text: &str) -> String {
    let mut url = Url::parse("http://form.invalid").expect("the constant is a URL");
    url.query_pairs_mut().append_pair("", text);
    url.query().unwrap_or_default().trim_start_matches('=').to_owned()
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_secrets_may_have_any_characters() {
        assert_eq!(escaped("otter"), "otter");
        assert_eq!(escaped("a:b c=d&é/"), "a%3Ab+c%3Dd%26%C3%A9%2F");
        assert_eq!(escaped("=x"), "%3Dx");
    }
}
