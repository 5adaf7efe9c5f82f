//! What a client shows to prove who it is.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// A token of the hub: of a user, of a user's server, of a sign-in, or of a service; only the hub knows which.
#[derive(Clone)]
pub struct Token(SecretString);

/// Why a text is no [`Token`]. Never shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Not the form that the hub takes.
    #[error("the header is not of the form `Authorization: token …` or `Authorization: Bearer …`")]
    Scheme,
    /// Nothing there.
    #[error("the token is empty")]
    Empty,
    /// More than [`Token::MAX`] characters.
    #[error("the token has more than {} characters", Token::MAX)]
    TooLong,
    /// No hub makes such tokens.
    #[error("the token has a character that is not visible ASCII")]
    Character,
}

/// By what a token is known again without keeping it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenHash([u8; 32]);

impl Token {
    /// The most characters a token has. The hub's own have 32 or 43; those of other authorities are longer.
    pub const MAX: usize = 4096;

    /// Takes the token itself.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        match text {
            "" => Err(TokenError::Empty),
            text if text.len() > Self::MAX => Err(TokenError::TooLong),
            text if !text.bytes().all(|byte| byte.is_ascii_graphic()) => Err(TokenError::Character),
            text => Ok(Self(text.into())),
        }
    }

    /// Takes the value of an `Authorization` header, in the forms that the hub takes too: `token …` and `Bearer …`,
    /// in capitals or not.
    pub fn from_authorization(value: &str) -> Result<Self, TokenError> {
        let (scheme, token) = value.trim().split_once([' ', '\t']).ok_or(TokenError::Scheme)?;
        if !["token", "bearer"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
            return Err(TokenError::Scheme);
        }
        Self::parse(token.trim_start())
    }

    /// The token, for the one who must send or keep it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.reveal().as_bytes()).into())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn from(value: &str) -> Result<String, TokenError> {
        Token::from_authorization(value).map(|token| token.reveal().to_owned())
    }

    #[test]
    fn the_forms_of_the_header() {
        for value in ["token abc", "Token abc", "Bearer abc", "bearer  abc", "BEARER\tabc", " token abc "] {
            assert_eq!(from(value), Ok("abc".into()), "{value:?}");
        }
        for value in ["", "abc", "token", "Basic abc", "tokenabc", "token: abc"] {
            assert_eq!(from(value), Err(TokenError::Scheme), "{value:?}");
        }
        assert_eq!(from("token a b"), Err(TokenError::Character));
        assert_eq!(from("token a\u{e9}"), Err(TokenError::Character));
        assert_eq!(Token::parse("").unwrap_err(), TokenError::Empty);
        assert_eq!(Token::parse(&"x".repeat(4097)).unwrap_err(), TokenError::TooLong);
    }

    #[test]
    fn it_is_not_shown() {
        let token = Token::parse("very-secret").unwrap();
        assert!(!format!("{token:?} {:?}", token.hash()).contains("very-secret"));
    }

    proptest! {
        #[test]
        fn whatever_is_taken_can_stand_in_a_header(text in ".{0,40}") {
            if let Ok(token) = Token::parse(&text) {
                prop_assert_eq!(token.reveal(), &text);
                prop_assert!(!text.contains(|c: char| c.is_control() || c.is_whitespace() || !c.is_ascii()));
            }
        }
    }
}
