//! How an App proves who it is: a signed token.

use std::fmt;

use jiff::Timestamp;
use outbound::jwt::SigningKey;

use super::error::GitHubError;

/// Seconds by which the token is dated back, because GitHub's clock may be behind ours.
const BACK_S: i64 = 60;
/// Seconds for which it is good. GitHub takes at most ten minutes, by its own clock.
const GOOD_S: i64 = 9 * 60;

/// An App's private key, with its id; never shown.
pub struct AppKey {
    app_id: String,
    key: SigningKey,
}

impl AppKey {
    /// Reads an App's id (a number, or the client id) and its RSA key as GitHub gives it: PEM, PKCS #1. PKCS #8 is
    /// taken too, and so is a key whose line ends became `\n`, as in many an environment variable.
    pub fn parse(app_id: &str, pem: &str) -> Result<Self, GitHubError> {
        let app_id = app_id.trim();
        let is_id = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
        if app_id.is_empty() || app_id.len() > 100 || !app_id.bytes().all(is_id) {
            return Err(GitHubError::AppId { given: app_id.chars().take(100).collect() });
        }
        let key = SigningKey::parse(pem).map_err(|error| GitHubError::Key { problem: error.to_string() })?;
        Ok(Self { app_id: app_id.to_owned(), key })
    }

    /// The App's id.
    #[must_use]
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// A token that says that its bearer is the App, from now on for some minutes.
    pub(super) fn token(&self, now: Timestamp) -> String {
        let now_s = now.as_second();
        let claims = serde_json::json!({ "iat": now_s - BACK_S, "exp": now_s + GOOD_S, "iss": self.app_id });
        self.key.sign(None, &claims)
    }
}

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AppKey({}, …)", self.app_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_key_is_said_without_showing_it() {
        for pem in [
            "",
            "hidden-word",
            "-----BEGIN RSA PRIVATE KEY-----\naGlkZGVuLXdvcmQ=\n-----END RSA PRIVATE KEY-----\n",
            "-----BEGIN EC PRIVATE KEY-----\naGlkZGVuLXdvcmQ=\n-----END EC PRIVATE KEY-----\n",
            "-----BEGIN RSA PRIVATE KEY-----\nhidden-word",
        ] {
            let error = AppKey::parse("12345", pem).unwrap_err();
            assert!(matches!(error, GitHubError::Key { .. }), "{error}");
            let text = format!("{error} {error:?}");
            assert!(!text.contains("hidden") && !text.contains("aGlk"), "{text}");
        }
        for id in ["", "12 3", "a/b", "1\n2"] {
            assert!(matches!(AppKey::parse(id, "").unwrap_err(), GitHubError::AppId { .. }));
        }
    }
}
