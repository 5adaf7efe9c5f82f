//! Tokens by which the service proves who it is: JSON Web Tokens (RFC 7519), signed with RS256 (RFC 7518, 3.3).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    rsa::{KeyPair, PublicKeyComponents},
    signature::RSA_PKCS1_SHA256,
};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};
use serde_json::{Value, json};
use thiserror::Error;

/// An RSA key that signs; never shown.
pub struct SigningKey(KeyPair);

/// Why a text is no [`SigningKey`]: the end of a sentence. Holds nothing of the text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct KeyError(String);

impl SigningKey {
    /// Reads the first private key in a PEM file, PKCS #1 or PKCS #8. One whose line ends became `\n`, as in many an
    /// environment variable, is read, too.
    pub fn parse(pem: &str) -> Result<Self, KeyError> {
        Ok(Self::parse_all(pem)?.swap_remove(0))
    }

    /// Reads all private keys in a PEM file, in their order: one at least.
    pub fn parse_all(pem: &str) -> Result<Vec<Self>, KeyError> {
        let lines = if pem.trim().contains('\n') { pem.to_owned() } else { pem.replace("\\n", "\n") };
        // The reader's own words could quote the key.
        let none = || KeyError("there is no private key in PEM in it".into());
        let keys = PrivateKeyDer::pem_slice_iter(lines.as_bytes());
        let keys = keys.map(|der| Self::of(&der.map_err(|_| none())?)).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(none()) } else { Ok(keys) }
    }

    fn of(der: &PrivateKeyDer<'_>) -> Result<Self, KeyError> {
        let key = match der {
            PrivateKeyDer::Pkcs1(key) => KeyPair::from_der(key.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(key) => KeyPair::from_pkcs8(key.secret_pkcs8_der()),
            _ => return Err(KeyError("it is not an RSA key".into())),
        };
        key.map(Self).map_err(|rejected| KeyError(format!("it is no RSA key that can sign ({rejected})")))
    }

    /// A token that makes these claims. `key_id` tells the other side which of several keys signed it.
    #[must_use]
    pub fn sign(&self, key_id: Option<&str>, claims: &Value) -> String {
        let header = match key_id {
            Some(kid) => json!({"alg": "RS256", "typ": "JWT", "kid": kid}),
            None => json!({"alg": "RS256", "typ": "JWT"}),
        };
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .expect("a key that was taken can sign, and the room for it has its length");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The public key: modulus and exponent, each in base64url as a JSON Web Key has them (RFC 7518, 6.3.1).
    #[must_use]
    pub fn public(&self) -> (String, String) {
        let public = PublicKeyComponents::<Vec<u8>>::from(self.0.public());
        (URL_SAFE_NO_PAD.encode(public.n), URL_SAFE_NO_PAD.encode(public.e))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
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
            let error = SigningKey::parse(pem).unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(!text.contains("hidden") && !text.contains("aGlk"), "{text}");
        }
    }
}
