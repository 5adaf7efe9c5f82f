//! Signed tokens in their compact form (RFC 7515, 7.1), taken apart.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{
    self, EcdsaVerificationAlgorithm, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384,
    RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::plain;

/// What a token says.
pub(crate) type Claims = Map<String, Value>;

/// How a token may be signed: with a private key, of which everybody can have the public one. Neither `none` nor one of
/// the `HS…`, whose secret key a public one would become (attack 60), can be spoken of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Algorithm {
    /// RSA, in either of its two ways.
    Rsa(&'static RsaParameters),
    /// ECDSA, with the curve's name.
    Ec(&'static str, &'static EcdsaVerificationAlgorithm),
    /// Ed25519.
    Ed25519,
}

impl Algorithm {
    /// By its name (RFC 7518, 3.1; RFC 8037, 3.1).
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rsa(&RSA_PKCS1_2048_8192_SHA256),
            "RS384" => Self::Rsa(&RSA_PKCS1_2048_8192_SHA384),
            "RS512" => Self::Rsa(&RSA_PKCS1_2048_8192_SHA512),
            "PS256" => Self::Rsa(&RSA_PSS_2048_8192_SHA256),
            "PS384" => Self::Rsa(&RSA_PSS_2048_8192_SHA384),
            "PS512" => Self::Rsa(&RSA_PSS_2048_8192_SHA512),
            "ES256" => Self::Ec("P-256", &signature::ECDSA_P256_SHA256_FIXED),
            "ES384" => Self::Ec("P-384", &signature::ECDSA_P384_SHA384_FIXED),
            "EdDSA" | "Ed25519" => Self::Ed25519,
            _ => return None,
        })
    }
}

/// A token whose signature has not been looked at.
pub(crate) struct Unverified<'a> {
    pub(crate) algorithm: Algorithm,
    /// The algorithm's name, as keys may name it.
    pub(crate) algorithm_name: String,
    pub(crate) key_id: Option<String>,
    pub(crate) signed: &'a str,
    pub(crate) signature: Vec<u8>,
    claims: Claims,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

impl<'a> Unverified<'a> {
    /// Takes it apart. The error says what is wrong as the end of "The ID token …".
    pub(crate) fn parse(text: &'a str) -> Result<Self, String> {
        let broken = || "is no signed token".to_owned();
        let (signed, signature) = text.rsplit_once('.').ok_or_else(broken)?;
        let (header, claims) = signed.split_once('.').ok_or_else(broken)?;
        if claims.contains('.') {
            return Err("is encrypted, which is not read; let it only be signed".into());
        }
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| broken());
        let header: Header = serde_json::from_slice(&bytes(header)?).map_err(|_| broken())?;
        let algorithm = Algorithm::named(&header.alg).ok_or_else(|| {
            format!(
                "is signed with `{}`, which does not count; let it be signed with RS256 or ES256",
                plain(&header.alg)
            )
        })?;
        // What must be understood and is not (RFC 7515, 4.1.11).
        if header.crit.is_some() {
            return Err("has extensions that are not known here (`crit`)".into());
        }
        Ok(Self {
            algorithm,
            algorithm_name: header.alg,
            key_id: header.kid,
            signed,
            signature: bytes(signature)?,
            claims: serde_json::from_slice(&bytes(claims)?).map_err(|_| broken())?,
        })
    }

    /// What it says, which anybody could have written: to find out who should have signed it.
    pub(crate) fn claims_of_anybody(&self) -> &Claims {
        &self.claims
    }

    /// What it says, once its signature was found good.
    pub(crate) fn into_claims(self) -> Claims {
        self.claims
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(header: &str, claims: &str) -> String {
        format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
    }

    fn problem(text: &str) -> String {
        Unverified::parse(text).err().unwrap()
    }

    #[test]
    fn a_token_is_taken_apart() {
        let text = token(r#"{"alg":"ES256","kid":"k","typ":"JWT"}"#, r#"{"sub":"ada"}"#);
        let token = Unverified::parse(&text).unwrap();
        assert!(matches!(token.algorithm, Algorithm::Ec("P-256", _)));
        assert_eq!((token.key_id.as_deref(), &*token.signature), (Some("k"), &b"sig"[..]));
        assert_eq!(token.claims_of_anybody()["sub"], "ada");
        assert!(text.starts_with(token.signed) && text.len() == token.signed.len() + 5);
    }

    #[test]
    fn what_anybody_could_have_signed_does_not_count() {
        for name in ["none", "None", "nOnE", "", "HS256", "HS384", "HS512", "hs256", "RS1", "ES256K", "dir"] {
            let problem = problem(&token(&format!(r#"{{"alg":"{name}"}}"#), "{}"));
            assert!(problem.contains(&format!("`{name}`")), "{name}: {problem}");
        }
        assert!(problem(&token(r#"{"alg":"RS256","crit":["b64"],"b64":false}"#, "{}")).contains("crit"));
        assert!(problem("a.b.c.d.e").contains("encrypted"));
        for text in ["", ".", "..", "a.b.c", &token("{}", "{}"), &token(r#"{"alg":"RS256"}"#, "[]")] {
            assert!(problem(text).contains("no signed token"), "{text}");
        }
        let padded = format!("{}=", token(r#"{"alg":"RS256"}"#, "{}"));
        assert!(problem(&padded).contains("no signed token"));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "[A-Za-z0-9_.-]{0,200}", header in ".{0,60}", claims in ".{0,60}") {
            let _ = Unverified::parse(&text);
            let _ = Unverified::parse(&token(&header, &claims));
        }
    }
}
