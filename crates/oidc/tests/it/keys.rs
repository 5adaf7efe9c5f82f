//! Keys made anew for each run, and what is signed with them.

use std::{process::Command, sync::LazyLock};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    hmac,
    rand::SystemRandom,
    rsa::{self, PublicKeyComponents},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256},
};
use serde_json::{Value, json};

/// An issuer's key.
pub(crate) enum Key {
    Ec(Box<EcdsaKeyPair>),
    Rsa(&'static rsa::KeyPair),
}

/// Making one takes a while, and ring makes none.
static RSA: LazyLock<rsa::KeyPair> = LazyLock::new(|| {
    let made = Command::new("openssl").args(["genrsa", "-traditional", "2048"]).output();
    let made = made.expect("these tests need the program openssl");
    let pem = String::from_utf8(made.stdout).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    rsa::KeyPair::from_der(&STANDARD.decode(body).unwrap()).unwrap()
});

pub(crate) fn ec() -> Key {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random);
    Key::Ec(Box::new(pair.unwrap()))
}

pub(crate) fn rsa() -> Key {
    Key::Rsa(&RSA)
}

impl Key {
    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Self::Ec(_) => "ES256",
            Self::Rsa(_) => "RS256",
        }
    }

    /// As it is published.
    pub(crate) fn public(&self, id: &str) -> Value {
        match self {
            Self::Ec(pair) => {
                let point = &pair.public_key().as_ref()[1..];
                let (x, y) = point.split_at(32);
                json!({"kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "x": text(x), "y": text(y)})
            }
            Self::Rsa(pair) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({"kty": "RSA", "alg": "RS256", "kid": id, "n": text(&public.n), "e": text(&public.e)})
            }
        }
    }

    /// A token as an honest issuer makes it.
    pub(crate) fn token(&self, id: &str, claims: &Value) -> String {
        self.sign(&json!({"alg": self.algorithm(), "kid": id, "typ": "JWT"}), claims)
    }

    /// Signed with this key, whatever the header says.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = unsigned(header, claims);
        let random = SystemRandom::new();
        let signature = match self {
            Self::Ec(pair) => pair.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
                signature
            }
        };
        format!("{signed}.{}", text(&signature))
    }

    /// The classic: a public key taken for a secret one, in each form in which a library may have it at hand.
    pub(crate) fn signed_with_the_public_one(&self, id: &str, claims: &Value) -> Vec<String> {
        let jwk = self.public(id).to_string();
        let bytes = match self {
            Self::Ec(pair) => pair.public_key().as_ref().to_vec(),
            Self::Rsa(pair) => pair.public().as_ref().to_vec(),
        };
        let pem =
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&bytes));
        let signed = unsigned(&json!({"alg": "HS256", "kid": id}), claims);
        let with = |secret: &[u8]| {
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
            format!("{signed}.{}", text(tag.as_ref()))
        };
        vec![with(&bytes), with(jwk.as_bytes()), with(pem.as_bytes()), with(b"")]
    }
}

/// A token without its signature.
pub(crate) fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", text(header.to_string().as_bytes()), text(claims.to_string().as_bytes()))
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
