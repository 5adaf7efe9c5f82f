//! Signing in by way of the hub: OAuth 2 with a code (RFC 6749, 4.1) and PKCE (RFC 7636).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use outbound::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{
    error::HubError,
    hub::{Hub, MAX_SMALL_BYTES},
    token::Token,
};

/// What the hub gave the browser to bring here, good once.
#[derive(Clone)]
pub struct Code(SecretString);

/// Why a text is no [`Code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this is no code of a sign-in")]
pub struct CodeError;

/// Proves that who exchanges the code is who asked for it.
#[derive(Clone)]
pub struct Verifier(SecretString);

/// Announces a [`Verifier`] without telling it. Not secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge(String);

impl Code {
    /// Takes the `code` of the callback's query.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let is_code =
            !text.is_empty() && text.len() <= 512 && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_code.then(|| Self(text.into())).ok_or(CodeError)
    }
}

impl Verifier {
    pub(crate) fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The verifier, for the one who exchanges the code.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    /// What announces it. Known to one browser's sign-in only, so it can be its `nonce`, too.
    #[must_use]
    pub fn challenge(&self) -> Challenge {
        Challenge(URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.expose_secret())))
    }
}

impl Challenge {
    /// As it stands in the URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(…)")
    }
}

/// What a code is exchanged for.
#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

/// Why not, as OAuth says it.
#[derive(Deserialize)]
struct Refused {
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Hub {
    /// Where to send a browser to sign in; a path if the hub is at the same site, else a URL. The hub sends it back to
    /// [`crate::HubSettings::callback_path`] with `state` and a `code`.
    #[must_use]
    pub fn authorize_url(&self, state: &str, challenge: Option<&Challenge>) -> String {
        let mut query = Url::parse("http://query.invalid").expect("the constant is a URL");
        {
            let mut pairs = query.query_pairs_mut();
            pairs
                .append_pair("client_id", &self.settings.client_id)
                .append_pair("redirect_uri", &self.settings.callback)
                .append_pair("response_type", "code")
                .append_pair("state", state);
            if let Some(challenge) = challenge {
                pairs.append_pair("code_challenge", challenge.as_str());
                pairs.append_pair("code_challenge_method", "S256");
            }
        }
        format!("{}api/oauth2/authorize?{}", self.settings.hub_url(), query.query().unwrap_or_default())
    }

    /// Gives the hub the code that a browser brought, for a token of the user who signed in. Whose it is, and whether
    /// they may use this service, is still to be asked: [`Hub::user_of`].
    pub async fn exchange(&self, code: &Code, verifier: Option<&Verifier>) -> Result<Token, HubError> {
        let mut fields = vec![
            ("client_id", self.settings.client_id.as_str()),
            ("client_secret", self.settings.api_token.expose_secret()),
            ("grant_type", "authorization_code"),
            ("code", code.0.expose_secret()),
            ("redirect_uri", self.settings.callback.as_str()),
        ];
        if let Some(verifier) = verifier {
            fields.push(("code_verifier", verifier.0.expose_secret()));
        }
        let request = self.outbound.post(self.url(&["oauth2", "token"])).form(&fields);
        let answer = request.within(self.options.within).send().await?;
        match answer.status().as_u16() {
            200 => {
                let granted: Granted = answer.json(MAX_SMALL_BYTES).await?;
                Token::parse(&granted.access_token).map_err(|problem| HubError::Nonsense {
                    problem: format!("it gives a token, and {problem}"),
                })
            }
            400 | 401 | 403 => {
                let status = answer.status().as_u16();
                let refused: Refused =
                    answer.json(MAX_SMALL_BYTES).await.map_err(|_| HubError::of_status(status))?;
                Err(refused.into_error())
            }
            status => Err(HubError::of_status(status)),
        }
    }
}

impl Refused {
    fn into_error(self) -> HubError {
        if self.error == "invalid_client" {
            return HubError::ServiceTokenRefused;
        }
        // In the log nothing starts a line of its own.
        let plain = |text: &str| text.chars().filter(|c| !c.is_control()).take(200).collect::<String>();
        let problem = match self.error_description.as_str() {
            "" => plain(&self.error),
            description => format!("{} ({})", plain(description), plain(&self.error)),
        };
        HubError::CodeRefused { problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_of_the_rfc() {
        let verifier = Verifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());
        assert_eq!(verifier.challenge().as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn what_is_no_code() {
        assert!(Code::parse("abc123").is_ok());
        for text in ["", "a b", "a\n", "é", &"x".repeat(513)] {
            assert!(Code::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(format!("{:?}", Code::parse("s3cret")), "Ok(Code(…))");
    }
}
