//! The public keys of an issuer (RFC 7517), and what they have signed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{ED25519, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;

use crate::jwt::{Algorithm, Unverified};

/// The most keys of a set that are looked at.
const MAX_KEYS: usize = 100;

/// An issuer's keys. Those that cannot sign what is read here are left out.
#[derive(Debug)]
pub(crate) struct KeySet(Vec<Key>);

#[derive(Debug)]
struct Key {
    id: Option<String>,
    /// The only algorithm it is for, where the issuer says so.
    algorithm: Option<String>,
    public: Public,
}

#[derive(Debug)]
enum Public {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// A point, not compressed, on the curve of that name.
    Ec(&'static str, Vec<u8>),
    Ed25519(Vec<u8>),
}

/// What came of looking at a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// One of the keys has signed it.
    Good,
    /// The key that it names has not.
    Forged,
    /// None of the keys has, and it names none of them: newer keys may.
    UnknownKey,
}

/// A set as it is published.
#[derive(Deserialize)]
pub(crate) struct Published {
    keys: Vec<Value>,
}

/// What of a key is read.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl From<Published> for KeySet {
    fn from(published: Published) -> Self {
        Self(published.keys.into_iter().take(MAX_KEYS).filter_map(Key::read).collect())
    }
}

impl Key {
    fn read(value: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        if jwk.r#use.as_deref().is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let bytes = |text: Option<&String>| URL_SAFE_NO_PAD.decode(text?).ok();
        let coordinate = |text, length| bytes(text).filter(|bytes| bytes.len() == length);
        let point = |length| {
            let (x, y) = (coordinate(jwk.x.as_ref(), length)?, coordinate(jwk.y.as_ref(), length)?);
            Some([&[4][..], &x, &y].concat())
        };
        let public = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => {
                Public::Rsa { n: number(bytes(jwk.n.as_ref())?), e: number(bytes(jwk.e.as_ref())?) }
            }
            ("EC", Some("P-256")) => Public::Ec("P-256", point(32)?),
            ("EC", Some("P-384")) => Public::Ec("P-384", point(48)?),
            ("OKP", Some("Ed25519")) => Public::Ed25519(coordinate(jwk.x.as_ref(), 32)?),
            // `oct` is a secret key: nobody's that can be published.
            _ => return None,
        };
        Some(Self { id: jwk.kid, algorithm: jwk.alg, public })
    }

    /// Whether it may have signed the token, before that is computed.
    fn fits(&self, token: &Unverified<'_>) -> bool {
        let is_named = match (&self.id, &token.key_id) {
            (Some(mine), Some(named)) => mine == named,
            _ => true,
        };
        let is_for_it = self.algorithm.as_ref().is_none_or(|only| *only == token.algorithm_name);
        is_named && is_for_it
    }

    /// Only with an algorithm that is one for this kind of key.
    fn has_signed(&self, token: &Unverified<'_>) -> bool {
        let (signed, signature) = (token.signed.as_bytes(), token.signature.as_slice());
        match (&self.public, token.algorithm) {
            (Public::Rsa { n, e }, Algorithm::Rsa(parameters)) => {
                RsaPublicKeyComponents { n, e }.verify(parameters, signed, signature).is_ok()
            }
            (Public::Ec(mine, point), Algorithm::Ec(curve, algorithm)) if *mine == curve => {
                UnparsedPublicKey::new(algorithm, point).verify(signed, signature).is_ok()
            }
            (Public::Ed25519(point), Algorithm::Ed25519) => {
                UnparsedPublicKey::new(&ED25519, point).verify(signed, signature).is_ok()
            }
            _ => false,
        }
    }
}

impl KeySet {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether one of the keys has signed a token.
    pub(crate) fn judge(&self, token: &Unverified<'_>) -> Verdict {
        if self.0.iter().any(|key| key.fits(token) && key.has_signed(token)) {
            return Verdict::Good;
        }
        let names_one = token.key_id.is_some() && self.0.iter().any(|key| key.id == token.key_id);
        if names_one { Verdict::Forged } else { Verdict::UnknownKey }
    }
}

/// A number without the zeros that some put before it.
fn number(bytes: Vec<u8>) -> Vec<u8> {
    bytes.into_iter().skip_while(|byte| *byte == 0).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn verdict(keys: &Value, token: &str) -> Verdict {
        let published: Published = serde_json::from_value(json!({ "keys": keys })).unwrap();
        KeySet::from(published).judge(&Unverified::parse(token).unwrap())
    }

    /// RFC 7515, appendix A.2.
    const RS256: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
    /// RFC 7515, appendix A.3.
    const ES256: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    fn rsa() -> Value {
        json!({"kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"})
    }

    fn ec() -> Value {
        json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})
    }

    fn with(mut key: Value, name: &str, value: &str) -> Value {
        key[name] = value.into();
        key
    }

    #[test]
    fn the_signatures_of_the_rfc() {
        assert_eq!(verdict(&json!([rsa(), ec()]), RS256), Verdict::Good);
        assert_eq!(verdict(&json!([rsa(), ec()]), ES256), Verdict::Good);
        assert_eq!(verdict(&json!([ec()]), RS256), Verdict::UnknownKey);
        assert_eq!(verdict(&json!([rsa()]), ES256), Verdict::UnknownKey);
        assert_eq!(verdict(&json!([]), ES256), Verdict::UnknownKey);
        let padded = URL_SAFE_NO_PAD.decode(rsa()["n"].as_str().unwrap()).unwrap();
        let padded = URL_SAFE_NO_PAD.encode([&[0][..], &padded].concat());
        assert_eq!(verdict(&json!([with(rsa(), "n", &padded)]), RS256), Verdict::Good);
    }

    #[test]
    fn one_changed_character_is_noticed() {
        for at in [25, 60, 130] {
            let mut changed = ES256.to_owned().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            if let Ok(token) = Unverified::parse(&changed) {
                let published: Published = serde_json::from_value(json!({"keys": [ec()]})).unwrap();
                assert_ne!(KeySet::from(published).judge(&token), Verdict::Good, "{at}");
            }
        }
    }

    #[test]
    fn a_key_is_used_for_what_it_is_for_only() {
        assert_eq!(verdict(&json!([with(rsa(), "alg", "RS256")]), RS256), Verdict::Good);
        assert_eq!(verdict(&json!([with(rsa(), "alg", "PS256")]), RS256), Verdict::UnknownKey);
        assert_eq!(verdict(&json!([with(rsa(), "use", "enc")]), RS256), Verdict::UnknownKey);
        assert_eq!(verdict(&json!([with(rsa(), "use", "sig")]), RS256), Verdict::Good);
        assert_eq!(verdict(&json!([with(ec(), "crv", "P-384")]), ES256), Verdict::UnknownKey);
        assert_eq!(verdict(&json!([with(ec(), "kty", "oct")]), ES256), Verdict::UnknownKey);
        for broken in [json!({}), json!(1), json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"})] {
            assert_eq!(verdict(&json!([broken, ec()]), ES256), Verdict::Good, "others still count");
        }
    }

    #[test]
    fn who_names_a_key_must_have_it() {
        // As ES256 of the RFC, but with `kid`; so no key has signed it.
        let parts: Vec<_> = ES256.split('.').collect();
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","kid":"a"}"#);
        let named = format!("{header}.{}.{}", parts[1], parts[2]);
        assert_eq!(verdict(&json!([with(ec(), "kid", "a")]), &named), Verdict::Forged);
        assert_eq!(verdict(&json!([with(ec(), "kid", "b")]), &named), Verdict::UnknownKey);
        assert_eq!(verdict(&json!([ec()]), &named), Verdict::UnknownKey);
    }
}
