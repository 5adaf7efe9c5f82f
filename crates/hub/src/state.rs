//! What a sign-in carries from its beginning to its end, so that nobody else can begin or end it.
//!
//! The hub hands the `state` back as it was. It is signed, runs out, and belongs to one browser: the one that holds the
//! cookie set at the beginning. Nothing has to be kept here meanwhile, so any process that has the key can end what
//! another one began.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use model::ambient::{Clock, Entropy};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{
    next::NextPath,
    oauth::{Challenge, Verifier},
};

/// How long somebody may take to sign in at the hub.
const TIME: Duration = Duration::from_mins(10);
const VERSION: u8 = 1;
const FLOW: usize = 8;
const HASH: usize = 32;
/// Version, when it runs out, which one it is, and the hash of the cookie.
const FIXED: usize = 1 + 8 + FLOW + HASH;

/// Signs what sign-ins carry.
#[derive(Clone)]
pub struct StateKey(SecretString);

/// A sign-in that begins.
pub struct Begun {
    /// For [`crate::Hub::authorize_url`].
    pub state: String,
    /// Which sign-in it is, 16 characters. For the cookie's name, so that sign-ins in two tabs do not disturb each other.
    pub flow: String,
    /// The cookie's value: secret, for this browser only.
    pub cookie: SecretString,
    /// For [`crate::Hub::authorize_url`].
    pub challenge: Challenge,
}

/// A sign-in that the hub sent back, in the browser in which it began.
#[derive(Debug)]
pub struct SignIn {
    /// Which one it is.
    pub flow: String,
    /// Where to go now; `None` if the browser gets the answer to what it had posted.
    pub next: Option<NextPath>,
    /// For [`crate::Hub::exchange`].
    pub verifier: Verifier,
}

/// Why a sign-in does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StateError {
    /// Not made here, or with another key.
    #[error("This sign-in was not begun here. Sign in again.")]
    Forged,
    /// It took too long.
    #[error("Signing in took too long. Sign in again.")]
    Expired,
    /// Begun in another browser, or the browser keeps no cookies.
    #[error("This sign-in was begun in another browser, or this one keeps no cookies. Sign in again.")]
    OtherBrowser,
}

impl StateKey {
    /// The key that belongs to a secret; `JUPYTERHUB_API_TOKEN` will do. Everybody with the same secret has the same
    /// key, so that several processes can share the sign-ins.
    #[must_use]
    pub fn of(secret: &SecretString) -> Self {
        let key = mac(secret.expose_secret().as_bytes(), "key", &[]).finalize().into_bytes();
        Self(URL_SAFE_NO_PAD.encode(key).into())
    }

    /// Begins a sign-in, to go to a page afterwards, or to get the answer to what was posted.
    #[must_use]
    pub fn begin(&self, next: Option<&NextPath>, clock: &dyn Clock, entropy: &dyn Entropy) -> Begun {
        let (mut flow, mut cookie) = ([0; FLOW], [0; HASH]);
        entropy.fill(&mut flow);
        entropy.fill(&mut cookie);
        let cookie = URL_SAFE_NO_PAD.encode(cookie);
        let until = clock.now().as_second().saturating_add_unsigned(TIME.as_secs());
        let mut content = vec![VERSION];
        content.extend(until.to_be_bytes());
        content.extend(flow);
        content.extend(Sha256::digest(&cookie));
        // No path is empty.
        content.extend(next.map_or("", NextPath::as_str).as_bytes());
        let signature = self.mac("state", &content).finalize().into_bytes();
        content.extend(signature);
        let challenge = self.verifier(&cookie).challenge();
        Begun { state: URL_SAFE_NO_PAD.encode(content), flow: hex(&flow), cookie: cookie.into(), challenge }
    }

    /// Ends a sign-in: the `state` as the hub sent it back, and the cookie of the flow it names, which `cookie` looks
    /// for. Whoever ends one must then remove the cookie, so that it ends once only.
    pub fn end<'a>(
        &self,
        state: &str,
        cookie: impl FnOnce(&str) -> Option<&'a str>,
        clock: &dyn Clock,
    ) -> Result<SignIn, StateError> {
        let signed = URL_SAFE_NO_PAD.decode(state).map_err(|_| StateError::Forged)?;
        let length =
            signed.len().checked_sub(HASH).filter(|length| *length >= FIXED).ok_or(StateError::Forged)?;
        let (content, signature) = signed.split_at(length);
        // In constant time.
        self.mac("state", content).verify_slice(signature).map_err(|_| StateError::Forged)?;
        let (fixed, next) = content.split_at(FIXED);
        let (version, rest) = fixed.split_at(1);
        let (until, rest) = rest.split_at(8);
        let (flow, cookie_hash) = rest.split_at(FLOW);
        if version != [VERSION] {
            return Err(StateError::Forged);
        }
        let until = i64::from_be_bytes(until.try_into().map_err(|_| StateError::Forged)?);
        if Timestamp::from_second(until).map_err(|_| StateError::Forged)? <= clock.now() {
            return Err(StateError::Expired);
        }
        let flow = hex(flow);
        let cookie = cookie(&flow).ok_or(StateError::OtherBrowser)?;
        // What is compared are hashes: the time that it takes tells nothing that could be used.
        if Sha256::digest(cookie)[..] != *cookie_hash {
            return Err(StateError::OtherBrowser);
        }
        let next = String::from_utf8(next.to_vec()).map_err(|_| StateError::Forged)?;
        let next = (!next.is_empty()).then(|| NextPath::trusted(next));
        Ok(SignIn { flow, next, verifier: self.verifier(cookie) })
    }

    /// What proves to the hub, too, that the same browser ends what it began (RFC 7636). From the cookie, so it need not
    /// be kept.
    fn verifier(&self, cookie: &str) -> Verifier {
        let bytes = self.mac("verifier", cookie.as_bytes()).finalize().into_bytes();
        Verifier::new(URL_SAFE_NO_PAD.encode(bytes))
    }

    fn mac(&self, purpose: &str, content: &[u8]) -> Hmac<Sha256> {
        mac(self.0.expose_secret().as_bytes(), purpose, content)
    }
}

fn mac(key: &[u8], purpose: &str, content: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(format!("otter-service sign-in {purpose}\0").as_bytes());
    mac.update(content);
    mac
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

impl std::fmt::Debug for StateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StateKey(…)")
    }
}

impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Begun").field("flow", &self.flow).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use model::ambient::{SystemClock, SystemEntropy};
    use proptest::prelude::*;

    use super::*;

    const PREFIX: &str = "/services/otter_grade/";

    struct At(i64);

    impl Clock for At {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(1_800_000_000 + self.0).unwrap()
        }
    }

    fn key(secret: &str) -> StateKey {
        StateKey::of(&secret.into())
    }

    fn begin(next: &str) -> Begun {
        key("secret").begin(Some(&NextPath::parse(next, PREFIX).unwrap()), &At(0), &SystemEntropy)
    }

    fn end(begun: &Begun, state: &str, at: i64) -> Result<SignIn, StateError> {
        let cookie = |flow: &str| (flow == begun.flow).then(|| begun.cookie.expose_secret());
        key("secret").end(state, cookie, &At(at))
    }

    #[test]
    fn the_browser_that_began_it_ends_it() {
        let begun = begin("/services/otter_grade/grades?course=88e");
        let sign_in = end(&begun, &begun.state, 599).unwrap();
        assert_eq!(sign_in.next.unwrap().as_str(), "/services/otter_grade/grades?course=88e");
        assert_eq!(sign_in.flow, begun.flow);
        assert_eq!(sign_in.verifier.challenge().as_str(), begun.challenge.as_str());
        assert_eq!(begun.flow.len(), 16);
        assert!(!begun.state.contains(begun.cookie.expose_secret()), "the URL does not tell the cookie");
    }

    #[test]
    fn what_was_posted_is_not_forgotten() {
        let begun = key("secret").begin(None, &At(0), &SystemEntropy);
        assert_eq!(end(&begun, &begun.state, 0).unwrap().next, None);
    }

    #[test]
    fn nobody_else_does() {
        let (mine, theirs) = (begin(PREFIX), begin(PREFIX));
        assert_ne!((&mine.flow, &mine.state), (&theirs.flow, &theirs.state));
        assert_eq!(end(&mine, &mine.state, 600).unwrap_err(), StateError::Expired);
        // An attacker's sign-in, ended in somebody's browser (CSRF at the callback).
        assert_eq!(end(&mine, &theirs.state, 0).unwrap_err(), StateError::OtherBrowser);
        let guess = |_: &str| Some("guess");
        assert_eq!(key("secret").end(&mine.state, guess, &At(0)).unwrap_err(), StateError::OtherBrowser);
        assert_eq!(key("other").end(&mine.state, guess, &At(0)).unwrap_err(), StateError::Forged);
        for forged in ["", "x", "!", &mine.state[..40], &format!("{}A", mine.state), &"A".repeat(200)] {
            assert_eq!(end(&mine, forged, 0).unwrap_err(), StateError::Forged, "{forged}");
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let begun = begin(PREFIX);
        let shown = format!("{begun:?} {:?} {:?}", key("s3cret"), end(&begun, &begun.state, 0).unwrap());
        assert!(!shown.contains("s3cret") && !shown.contains(begun.cookie.expose_secret()), "{shown}");
    }

    proptest! {
        #[test]
        fn no_bit_of_it_can_be_changed(byte in 0_usize..1000, bit in 0..8_u8) {
            let begun = key("secret").begin(Some(&NextPath::first(PREFIX)), &SystemClock, &SystemEntropy);
            let mut raw = URL_SAFE_NO_PAD.decode(&begun.state).unwrap();
            let at = byte % raw.len();
            raw[at] ^= 1_u8 << bit;
            let cookie = |_: &str| Some(begun.cookie.expose_secret());
            let ended = key("secret").end(&URL_SAFE_NO_PAD.encode(raw), cookie, &SystemClock);
            prop_assert_eq!(ended.unwrap_err(), StateError::Forged);
        }

        #[test]
        fn any_text_is_refused_and_none_is_trouble(text in ".{0,200}") {
            let ended = key("secret").end(&text, |_| Some("x"), &SystemClock);
            prop_assert_eq!(ended.unwrap_err(), StateError::Forged);
        }
    }
}
