//! What a service does when its hub refuses, fails, is slow, or is no hub; with a stand-in that can be told to.
#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod hub;
mod launches;
mod sign_in;
mod whose;

use ::hub::{HubError, Token};

fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

fn is_away<T: std::fmt::Debug>(answer: &Result<T, HubError>) -> bool {
    matches!(answer, Err(HubError::Away { .. }))
}

fn is_nonsense<T: std::fmt::Debug>(answer: &Result<T, HubError>) -> bool {
    matches!(answer, Err(HubError::Nonsense { .. }))
}
