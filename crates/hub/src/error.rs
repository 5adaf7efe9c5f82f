//! Why a hub does not say what was asked.

use outbound::OutboundError;
use thiserror::Error;

use crate::{missing::Missing, scope::Scopes};

/// Why a hub does not say what was asked. For operators; shows no token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HubError {
    /// The hub does not know the token: it is wrong, has run out or was revoked.
    #[error("The hub does not know the token: it is wrong, has run out, or was revoked. Sign in again.")]
    Unknown,
    /// The token is a service's, and services submit nothing.
    #[error("The token belongs to the {kind} `{name}` of the hub, not to a user.")]
    NotAUser {
        /// What it is.
        kind: String,
        /// Its name.
        name: String,
    },
    /// A user's token, or that of their server, which may not use this service.
    #[error("The token of {user} may not use this service. It needs {needed}, and has {has}. {missing}")]
    MissingScope {
        /// Whose token it is.
        user: String,
        /// Any one of these would do.
        needed: Scopes,
        /// What it has instead.
        has: Scopes,
        /// What to add to the hub's configuration.
        missing: Box<Missing>,
    },
    /// This service itself lacks a permission.
    #[error("{0}")]
    MissingPermission(Missing),
    /// The hub does not know this service's own token.
    #[error(
        "The hub does not know this service's own token. JUPYTERHUB_API_TOKEN and the `api_token` in the hub's `c.JupyterHub.services` must be the same."
    )]
    ServiceTokenRefused,
    /// The code of a sign-in was used already, has run out, or was given to another service.
    #[error("The hub does not take the code of this sign-in: {problem}. Sign in again.")]
    CodeRefused {
        /// In the hub's words.
        problem: String,
    },
    /// The hub knows no such user.
    #[error("The hub knows no user {user}, or does not let this service see them.")]
    NoSuchUser {
        /// Who was asked for.
        user: String,
    },
    /// The hub does not answer. It may, later.
    #[error("The hub does not answer: {problem}")]
    Away {
        /// What is in the way.
        problem: String,
    },
    /// The hub cannot be asked, and this does not pass by itself.
    #[error("The hub cannot be asked. Look at JUPYTERHUB_API_URL. {problem}")]
    Unusable {
        /// Why not.
        problem: String,
    },
    /// The hub's answer is not one that a hub gives.
    #[error("What answers at JUPYTERHUB_API_URL does not answer as a hub does: {problem}.")]
    Nonsense {
        /// What is wrong with it.
        problem: String,
    },
}

impl HubError {
    /// Whether it says that the token is not good, rather than that it is not known whether it is.
    pub(crate) fn is_verdict(&self) -> bool {
        matches!(self, Self::Unknown | Self::NotAUser { .. } | Self::MissingScope { .. })
    }

    /// A status that has no meaning of its own where it came.
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            429 | 500.. => Self::Away { problem: format!("it says {status}.") },
            _ => Self::Nonsense { problem: format!("it says {status}") },
        }
    }
}

impl From<OutboundError> for HubError {
    fn from(error: OutboundError) -> Self {
        let problem = error.to_string();
        match error {
            error if error.is_passing() => Self::Away { problem },
            OutboundError::Nonsense { .. } | OutboundError::TooLarge { .. } => {
                Self::Nonsense { problem: problem.trim_end_matches(['.', '?']).to_owned() }
            }
            _ => Self::Unusable { problem },
        }
    }
}
