//! Requests signed with OAuth 1.0 (RFC 5849), HMAC-SHA1, and without a token: as LTI 1.1 has them, with a hash of the
//! body (OAuth Request Body Hash 1.0, draft 4).

mod base_string;

use std::fmt;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use outbound::Url;
use ring::{digest, hmac};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use self::base_string::{base_string, encode};

/// As what this tool is known to a platform: key and secret of LTI 1.1.
#[derive(Clone)]
pub struct Consumer {
    key: String,
    secret: SecretString,
}

/// Why a key or secret is none. Shows neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{what} is {problem}")]
pub struct ConsumerError {
    what: &'static str,
    problem: &'static str,
}

impl Consumer {
    /// Takes what the platform's operator gave; space around it, as files have it at their end, does not belong to it.
    pub fn new(key: &str, secret: &str) -> Result<Self, ConsumerError> {
        let checked = |what, text: &str| {
            let problem = match text.trim() {
                "" => "empty",
                text if text.len() > 1000 => "longer than 1000 bytes",
                text if text.contains(char::is_control) => "more than one line",
                text => return Ok(text.to_owned()),
            };
            Err(ConsumerError { what, problem })
        };
        let key = checked("the consumer key of LTI 1.1", key)?;
        Ok(Self { key, secret: checked("the consumer secret of LTI 1.1", secret)?.into() })
    }

    /// Where what a platform echoes could show it.
    pub(crate) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }

    /// The header `Authorization` of a request with a body that is no form.
    pub(crate) fn authorization(
        &self,
        method: &str,
        url: &Url,
        body: &[u8],
        now: Timestamp,
        nonce: &str,
    ) -> String {
        let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, body);
        // Strict platforms take whole seconds only, and want the optional version.
        let mut parameters = vec![
            ("oauth_body_hash", BASE64_STANDARD.encode(hash)),
            ("oauth_consumer_key", self.key.clone()),
            ("oauth_nonce", nonce.to_owned()),
            ("oauth_signature_method", "HMAC-SHA1".to_owned()),
            ("oauth_timestamp", now.as_second().to_string()),
            ("oauth_version", "1.0".to_owned()),
        ];
        let signature = sign(&base_string(method, url, &parameters), self.secret(), "");
        parameters.push(("oauth_signature", signature));
        let shown: Vec<_> =
            parameters.iter().map(|(name, value)| format!("{name}=\"{}\"", encode(value))).collect();
        format!("OAuth {}", shown.join(", "))
    }
}

impl fmt::Debug for Consumer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Consumer({}, …)", self.key)
    }
}

/// Section 3.4.2.
fn sign(base_string: &str, secret: &str, token_secret: &str) -> String {
    let key = format!("{}&{}", encode(secret), encode(token_secret));
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    BASE64_STANDARD.encode(hmac::sign(&key, base_string.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    /// The requests of RFC 5849, section 1.2, whose signatures stand there.
    #[test]
    fn the_examples_of_the_rfc() {
        let signed =
            |method: &str, to: &str, time: &str, nonce: &str, more: &[(&str, &str)], token_secret| {
                let of_all = [
                    ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
                    ("oauth_signature_method", "HMAC-SHA1"),
                    ("oauth_timestamp", time),
                    ("oauth_nonce", nonce),
                ];
                let parameters: Vec<_> =
                    of_all.iter().chain(more).map(|(name, value)| (*name, (*value).to_owned())).collect();
                sign(&base_string(method, &url(to), &parameters), "kd94hf93k423kf44", token_secret)
            };
        let callback = [("oauth_callback", "http://printer.example.com/ready")];
        let initiate = "https://photos.example.net/initiate";
        assert_eq!(
            signed("POST", initiate, "137131200", "wIjqoS", &callback, ""),
            "74KNZJeDHnMBp0EMJ9ZHt/XKycU="
        );
        let token = [("oauth_token", "hh5s93j4hdidpola"), ("oauth_verifier", "hfdp7dh39dks9884")];
        let to = "https://photos.example.net/token";
        assert_eq!(
            signed("POST", to, "137131201", "walatlh", &token, "hdhd0244k9j7ao03"),
            "gKgrFCywp7rO0OXSjdot/IHF7IU="
        );
        let to = "http://photos.example.net/photos?file=vacation.jpg&size=original";
        let token = [("oauth_token", "nnch734d00sl2jdk")];
        assert_eq!(
            signed("GET", to, "137131202", "chapoH", &token, "pfkkdhi9sl3r4s00"),
            "MdpQcU8iPSUjWoN/UDMsK2sui9I="
        );
    }

    #[test]
    fn a_header_has_all_that_strict_platforms_want() {
        let consumer = Consumer::new("key ä", " s3cret&\n").unwrap();
        let header =
            consumer.authorization("POST", &url("https://h/"), b"<x/>", Timestamp::MAX, "0123456789abcdef");
        assert!(
            header.starts_with(
                "OAuth oauth_body_hash=\"JAGtss%2F%2B%2Fb%2FNf2Pxe5Gl2UbnhVw%3D\", oauth_consumer_key=\"key%20%C3%A4\", \
                 oauth_nonce=\"0123456789abcdef\", oauth_signature_method=\"HMAC-SHA1\", \
                 oauth_timestamp=\"253402207200\", oauth_version=\"1.0\", oauth_signature=\""
            ),
            "{header}"
        );
        assert!(!header.contains("s3cret") && !format!("{consumer:?}").contains("s3cret"));
        for (key, secret) in [("", "s"), ("k", " \n"), ("k\nk", "s"), ("k", &*"s".repeat(1001))] {
            assert!(Consumer::new(key, secret).is_err());
        }
    }
}
