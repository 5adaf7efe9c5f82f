//! The receipt: the service's signed word that it has a submission.
//!
//! A JSON Web Signature in compact form (RFC 7515 §7.1) with `EdDSA` over Ed25519 (RFC 8037 §3.1), so that any JOSE
//! library can check it too.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{
    Signature, Signer, SigningKey, VerifyingKey,
    pkcs8::{
        DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, spki::der::pem::LineEnding,
    },
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{ambient::Entropy, hashes::NotebookHash, submission::Submission};

/// Why a receipt or a key is not good.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReceiptError {
    /// Not three parts of base64url, or not the expected JSON.
    #[error("this is not a receipt: it should be three parts joined by dots, exactly as the service gave it")]
    Malformed,
    /// The header names another algorithm. Never negotiated (attack 60).
    #[error("the receipt is signed with an algorithm other than EdDSA, which this service never uses")]
    Algorithm,
    /// Signed by another key.
    #[error(
        "the receipt was signed with the key {found}, and this is the key {expected}: it comes from another service or the key was replaced"
    )]
    OtherKey {
        /// The key id in the receipt.
        found: String,
        /// The key id of the key at hand.
        expected: String,
    },
    /// The signature does not fit.
    #[error("the receipt's signature is wrong: its text was changed, or this service did not sign it")]
    Signature,
    /// Not a PEM-encoded Ed25519 key.
    #[error("this is not an Ed25519 key in PEM form")]
    Key,
}

#[derive(Serialize, Deserialize)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

const TYPE: &str = "otter-receipt+jwt";

/// The secret key that signs receipts.
pub struct ReceiptKey(SigningKey);

impl ReceiptKey {
    /// A new key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut seed = [0; 32];
        entropy.fill(&mut seed);
        Self(SigningKey::from_bytes(&seed))
    }

    /// Reads a PKCS#8 PEM file's text.
    pub fn from_pem(pem: &str) -> Result<Self, ReceiptError> {
        SigningKey::from_pkcs8_pem(pem).map(Self).map_err(|_| ReceiptError::Key)
    }

    /// The key as a PKCS#8 PEM file. Secret.
    #[must_use]
    pub fn to_pem(&self) -> String {
        let pem = self.0.to_pkcs8_pem(LineEnding::LF).expect("an Ed25519 key always encodes");
        pem.as_str().to_owned()
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> ReceiptVerifier {
        ReceiptVerifier(self.0.verifying_key())
    }

    /// Signs a receipt for the submission.
    #[must_use]
    pub fn sign(&self, submission: &Submission) -> String {
        let header = Header { alg: "EdDSA".into(), typ: TYPE.into(), kid: self.verifier().id() };
        let signed = format!("{}.{}", encode(&header), encode(submission));
        let signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

/// The public key that checks receipts.
#[derive(Debug, Clone)]
pub struct ReceiptVerifier(VerifyingKey);

impl ReceiptVerifier {
    /// Reads an SPKI PEM file's text.
    pub fn from_pem(pem: &str) -> Result<Self, ReceiptError> {
        VerifyingKey::from_public_key_pem(pem).map(Self).map_err(|_| ReceiptError::Key)
    }

    /// The key as an SPKI PEM file.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.0.to_public_key_pem(LineEnding::LF).expect("an Ed25519 key always encodes")
    }

    /// The key's id: the first 16 hexadecimal digits of the SHA-256 of its 32 bytes.
    #[must_use]
    pub fn id(&self) -> String {
        NotebookHash::of(self.0.as_bytes()).to_string()[..16].to_owned()
    }

    /// Checks a receipt and gives what it says: the submission as it was accepted.
    pub fn verify(&self, receipt: &str) -> Result<Submission, ReceiptError> {
        let (signed, signature) = receipt.trim().rsplit_once('.').ok_or(ReceiptError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(ReceiptError::Malformed)?;
        let header: Header = decode(header)?;
        if header.typ != TYPE {
            return Err(ReceiptError::Malformed);
        }
        if header.alg != "EdDSA" {
            return Err(ReceiptError::Algorithm);
        }
        if header.kid != self.id() {
            return Err(ReceiptError::OtherKey { found: header.kid, expected: self.id() });
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| ReceiptError::Malformed)?;
        let signature = Signature::from_slice(&signature).map_err(|_| ReceiptError::Malformed)?;
        self.0.verify_strict(signed.as_bytes(), &signature).map_err(|_| ReceiptError::Signature)?;
        decode(payload)
    }
}

fn encode(value: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).expect("plain structs always serialize"))
}

fn decode<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, ReceiptError> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| ReceiptError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| ReceiptError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        SubmissionId,
        ambient::{Clock, SystemClock, SystemEntropy},
    };

    fn submission() -> Submission {
        let name = |text: &str| text.parse().unwrap();
        Submission {
            id: SubmissionId::new(&SystemClock, &SystemEntropy),
            user: "ada".parse().unwrap(),
            key: crate::AssignmentKey { course: name("88e"), section: name("1"), assignment: name("lab01") },
            received_at: SystemClock.now(),
            sha256: NotebookHash::of(b"{}"),
            size_bytes: 2,
        }
    }

    #[test]
    fn a_receipt_says_what_was_signed() {
        let key = ReceiptKey::generate(&SystemEntropy);
        let submission = submission();
        let receipt = key.sign(&submission);
        assert_eq!(key.verifier().verify(&receipt).unwrap(), submission);
        let again = ReceiptVerifier::from_pem(&key.verifier().to_pem()).unwrap();
        assert!(again.verify(&receipt).is_ok());
        let reread = ReceiptKey::from_pem(&key.to_pem()).unwrap();
        assert_eq!(reread.sign(&submission), receipt);
    }

    #[test]
    fn a_changed_or_foreign_receipt_is_refused() {
        let key = ReceiptKey::generate(&SystemEntropy);
        let verifier = key.verifier();
        let receipt = key.sign(&submission());
        let parts: Vec<_> = receipt.split('.').collect();

        let forged = Submission { size_bytes: 3, ..submission() };
        let changed = format!("{}.{}.{}", parts[0], encode(&forged), parts[2]);
        assert_eq!(verifier.verify(&changed), Err(ReceiptError::Signature));

        let none = Header { alg: "none".into(), typ: TYPE.into(), kid: verifier.id() };
        let unsigned = format!("{}.{}.", encode(&none), parts[1]);
        assert_eq!(verifier.verify(&unsigned), Err(ReceiptError::Algorithm));

        let other = ReceiptKey::generate(&SystemEntropy).sign(&submission());
        assert!(matches!(verifier.verify(&other), Err(ReceiptError::OtherKey { .. })));
        for text in ["", ".", "..", "a.b.c", "no receipt"] {
            assert_eq!(verifier.verify(text), Err(ReceiptError::Malformed));
        }
    }
}
