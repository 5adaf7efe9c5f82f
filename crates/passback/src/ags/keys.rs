//! The keys by which platforms know this tool.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use outbound::jwt::{KeyError, SigningKey};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use thiserror::Error;

/// The tool's private keys. The first one signs; platforms are told the public part of all of them, so that a key can be
/// added some time before it signs, and removed some time after.
pub struct ToolKeys(Vec<ToolKey>);

struct ToolKey {
    id: String,
    key: SigningKey,
}

/// Why there are no keys. Shows nothing of them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ToolKeysError {
    /// Not a key.
    #[error(
        "The private key of LTI 1.3 (LTI13_PRIVATE_KEY) cannot be used: {0}. Give one or several RSA keys in PEM, of 2048 bits at least."
    )]
    Key(#[from] KeyError),
    /// Not a name of a key.
    #[error(
        "The id of the key of LTI 1.3 (LTI13_KEY_ID) has a control character, or is longer than 200 bytes."
    )]
    Id,
    /// Which of the two is meant?
    #[error(
        "Two keys of LTI 1.3 have the id {0:?}. Give each key once, and LTI13_KEY_ID for the first one only."
    )]
    Twice(String),
}

impl ToolKeys {
    /// Reads PEM with one or several private keys. The first one is called `key_id`; each other, and the first if no name
    /// is given, by its thumbprint.
    pub fn parse(pem: &str, key_id: Option<&str>) -> Result<Self, ToolKeysError> {
        let key_id = key_id.map(str::trim).filter(|id| !id.is_empty());
        if key_id.is_some_and(|id| id.len() > 200 || id.contains(char::is_control)) {
            return Err(ToolKeysError::Id);
        }
        let mut keys: Vec<ToolKey> = Vec::new();
        for key in SigningKey::parse_all(pem)? {
            let given = key_id.filter(|_| keys.is_empty());
            let id = given.map_or_else(|| thumbprint(&key.public()), ToOwned::to_owned);
            if keys.iter().any(|other| other.id == id) {
                return Err(ToolKeysError::Twice(id));
            }
            keys.push(ToolKey { id, key });
        }
        Ok(Self(keys))
    }

    /// The ids of the keys, the one that signs first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.id.as_str())
    }

    /// The public keys as a JSON Web Key Set (RFC 7517, section 5), for platforms to fetch.
    #[must_use]
    pub fn jwks(&self) -> Value {
        let key = |key: &ToolKey| {
            let (n, e) = key.key.public();
            json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key.id, "n": n, "e": e})
        };
        json!({"keys": self.0.iter().map(key).collect::<Vec<_>>()})
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        let first = self.0.first().expect("there is one at least, or it would not have been read");
        first.key.sign(Some(&first.id), claims)
    }
}

impl fmt::Debug for ToolKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ToolKeys").field(&self.ids().collect::<Vec<_>>()).finish()
    }
}

/// RFC 7638: the hash of the members that make the key, modulus and exponent, in order, without spaces.
fn thumbprint((n, e): &(String, String)) -> String {
    let members = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_of_the_rfc() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let key = (n.to_owned(), "AQAB".to_owned());
        assert_eq!(thumbprint(&key), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }
}
