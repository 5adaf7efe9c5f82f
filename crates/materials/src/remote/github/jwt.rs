//! How an App proves who it is: a JSON Web Token (RFC 7519) signed with RS256 (RFC 7518, 3.3).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use ring::{rand::SystemRandom, rsa, signature::RSA_PKCS1_SHA256};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};

use super::error::GitHubError;

/// Seconds by which the token is dated back, because GitHub's clock may be behind ours.
const BACK_S: i64 = 60;
/// Seconds for which it is good. GitHub takes at most ten minutes, by its own clock.
const GOOD_S: i64 = 9 * 60;

/// An App's private key, with its id; never shown.
pub struct AppKey {
    app_id: String,
    key: rsa::KeyPair,
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
        let bad = |problem: String| GitHubError::Key { problem };
        let lines = if pem.trim().contains('\n') { pem.to_owned() } else { pem.replace("\\n", "\n") };
        // The reader's own words could quote the key.
        let der = PrivateKeyDer::from_pem_slice(lines.as_bytes())
            .map_err(|_| bad("there is no private key in PEM in it".into()))?;
        let key = match &der {
            PrivateKeyDer::Pkcs1(key) => rsa::KeyPair::from_der(key.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(key) => rsa::KeyPair::from_pkcs8(key.secret_pkcs8_der()),
            _ => return Err(bad("it is not an RSA key".into())),
        };
        let key = key.map_err(|rejected| bad(format!("it is no RSA key that can sign ({rejected})")))?;
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
        let header = r#"{"alg":"RS256","typ":"JWT"}"#;
        let signed =
            format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("a key that was taken can sign, and the room for it has its length");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
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
