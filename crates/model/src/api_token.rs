//! Tokens of the service's own, by which programs say whom they act for.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use thiserror::Error;

use crate::{ambient::Entropy, hashes::TokenHash};

/// What every token begins with, so that people and secret scanners know one when they see it.
const PREFIX: &str = "otter_";

/// How many random bytes a token has.
const RANDOM: usize = 32;

/// A token: `otter_` and 32 random bytes as base64url (RFC 4648 §5), 49 characters in all. Whoever has it acts as its
/// user, so only its [hash](TokenHash) is kept, and `Debug` hides it.
#[derive(Clone)]
pub struct ApiToken(String);

/// Why a text is no [`ApiToken`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a token of this service is `otter_` and 43 characters of A-Z a-z 0-9 - _")]
pub struct ApiTokenError;

impl ApiToken {
    /// A new one.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut random = [0; RANDOM];
        entropy.fill(&mut random);
        Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random)))
    }

    /// Takes what a client sent. Whether there is such a token is for the store to say.
    pub fn parse(text: &str) -> Result<Self, ApiTokenError> {
        let random = text.strip_prefix(PREFIX).and_then(|random| URL_SAFE_NO_PAD.decode(random).ok());
        match random {
            Some(random) if random.len() == RANDOM => Ok(Self(text.to_owned())),
            _ => Err(ApiTokenError),
        }
    }

    /// What is kept of it: two tokens with the same hash are the same.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(self.0.as_bytes())
    }

    /// The token itself, to be shown once to whom it is for.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiToken(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ambient::SystemEntropy;

    #[test]
    fn a_token_reads_back_and_no_two_are_alike() {
        let (one, other) = (ApiToken::generate(&SystemEntropy), ApiToken::generate(&SystemEntropy));
        assert_eq!(one.reveal().len(), 49);
        assert_eq!(ApiToken::parse(one.reveal()).unwrap().hash(), one.hash());
        assert_ne!(one.hash(), other.hash());
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let random = "A".repeat(43);
        assert!(ApiToken::parse(&format!("otter_{random}")).is_ok());
        let texts = [
            String::new(),
            random.clone(),
            format!("otter-{random}"),
            format!("Otter_{random}"),
            format!("otter_{random}="),
            format!("otter_{random}A"),
            format!("otter_{}", &random[1..]),
            format!("otter_{}+", &random[1..]),
            // The last character has two bits that no byte holds: another spelling of the same bytes.
            format!("otter_{}B", &random[1..]),
            format!(" otter_{random}"),
        ];
        for text in texts {
            assert!(ApiToken::parse(&text).is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn debug_hides_it() {
        let token = ApiToken::generate(&SystemEntropy);
        assert!(!format!("{token:?}").contains(&token.reveal()[6..]));
    }
}
