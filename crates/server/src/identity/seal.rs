//! What only this service can have written: sessions, sealed in cookies, and the tokens of forms.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use model::ambient::Entropy;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Seals sessions and signs forms. All processes that answer for one service must have the same.
pub struct SessionKey {
    seal: LessSafeKey,
    forms: [u8; 32],
}

impl SessionKey {
    /// The key that belongs to a secret.
    #[must_use]
    pub fn of(secret: &SecretString) -> Self {
        let secret = secret.expose_secret().as_bytes();
        let derive = |purpose: &str| -> [u8; 32] {
            mac(secret, &[b"otter-service ", purpose.as_bytes()]).finalize().into_bytes().into()
        };
        let key = UnboundKey::new(&CHACHA20_POLY1305, &derive("sessions"))
            .expect("a key of 32 bytes, which is what it takes");
        Self { seal: LessSafeKey::new(key), forms: derive("forms") }
    }

    /// Makes a text that only this key can have made and can read. It counts only under the same `name`.
    pub(crate) fn seal(&self, name: &str, content: &[u8], entropy: &dyn Entropy) -> String {
        let mut nonce = [0; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut sealed = content.to_vec();
        self.seal
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(name.as_bytes()),
                &mut sealed,
            )
            .expect("what is sealed is far shorter than the 256 GiB that may be");
        URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// What was sealed under this name; `None` if it was not by this key.
    pub(crate) fn open(&self, name: &str, text: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let content = self.seal.open_in_place(nonce, Aad::from(name.as_bytes()), &mut sealed).ok()?;
        Some(content.to_vec())
    }

    /// What forms on the pages of a session bring back.
    pub(crate) fn form_token(&self, session: &str) -> String {
        URL_SAFE_NO_PAD.encode(mac(&self.forms, &[session.as_bytes()]).finalize().into_bytes())
    }

    /// Whether a form is from a page of this session. In constant time.
    pub(crate) fn is_form_token(&self, session: &str, token: &str) -> bool {
        let Ok(token) = URL_SAFE_NO_PAD.decode(token) else { return false };
        mac(&self.forms, &[session.as_bytes()]).verify_slice(&token).is_ok()
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(part);
    }
    mac
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use model::ambient::SystemEntropy;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_sealed_is_opened_by_the_same_key_and_name_only() {
        let key = SessionKey::of(&"one".into());
        let text = key.seal("a", b"content", &SystemEntropy);
        assert_eq!(key.open("a", &text).as_deref(), Some(&b"content"[..]));
        assert_eq!(key.open("b", &text), None);
        assert_eq!(SessionKey::of(&"two".into()).open("a", &text), None);
        assert_ne!(text, key.seal("a", b"content", &SystemEntropy), "never the same twice");
    }

    #[test]
    fn a_form_is_of_one_session() {
        let key = SessionKey::of(&"one".into());
        let token = key.form_token("s1");
        assert!(key.is_form_token("s1", &token));
        assert!(!key.is_form_token("s2", &token) && !key.is_form_token("s1", ""));
    }

    proptest! {
        #[test]
        fn a_changed_letter_spoils_it(place in 0..48_usize, letter in "[A-Za-z0-9_-]") {
            let key = SessionKey::of(&"one".into());
            let text = key.seal("a", b"content!", &SystemEntropy);
            let mut changed = text.clone();
            changed.replace_range(place..=place, &letter);
            prop_assert_eq!(key.open("a", &changed).is_some(), changed == text);
        }

        #[test]
        fn nonsense_is_none(text in ".{0,80}") {
            prop_assert_eq!(SessionKey::of(&"one".into()).open("a", &text), None);
        }
    }
}
