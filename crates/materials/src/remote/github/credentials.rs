//! As whom GitHub is asked.

use std::{fmt, sync::Arc};

use super::{app::AppTokens, error::GitHubError};
use crate::remote::RemoteError;

/// As whom GitHub is asked.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// As an App; its tokens are shared by all repositories of the installation.
    App(Arc<AppTokens>),
    /// With a token that somebody made.
    Token(Token),
}

/// Gives its bearer access; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Credentials {
    /// A token for the next request.
    pub(super) async fn token(&self) -> Result<Token, RemoteError> {
        match self {
            Self::App(tokens) => tokens.token().await,
            Self::Token(token) => Ok(token.clone()),
        }
    }

    /// A token in place of one that GitHub did not accept; `None` if there is no other.
    pub(super) async fn renewed(&self, refused: &Token) -> Result<Option<Token>, RemoteError> {
        match self {
            Self::App(tokens) => tokens.renewed(refused).await.map(Some),
            Self::Token(_) => Ok(None),
        }
    }
}

impl Token {
    /// Takes what an operator gave; space around it, as files have it at their end, does not belong to it.
    pub fn parse(text: &str) -> Result<Self, GitHubError> {
        let token = text.trim();
        let is_visible = |byte: u8| (0x21..=0x7e).contains(&byte);
        if token.is_empty() || token.len() > 1000 || !token.bytes().all(is_visible) {
            return Err(GitHubError::Token);
        }
        Ok(Self(token.to_owned()))
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
