//! What is wrong with what an operator gave.

use outbound::{OutboundError, SiteError};
use thiserror::Error;

use super::repository::RepositoryName;

/// Why GitHub cannot be asked with what the operator gave. Holds no secret.
#[derive(Debug, Error)]
pub enum GitHubError {
    /// The base URL of the API.
    #[error(
        "{given:?} is not the URL of a GitHub API: {problem}. Give `https://api.github.com`, or `https://HOST/api/v3` for GitHub Enterprise Server."
    )]
    Api {
        /// What was given.
        given: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A host or site beside it.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// A repository somewhere else.
    #[error(
        "{repository} is not on {host}, where the API is. Correct the repository, or the URL of the API (`github_api`)."
    )]
    Elsewhere {
        /// The repository.
        repository: RepositoryName,
        /// Where repositories of this API are.
        host: String,
    },
    /// The App's id.
    #[error(
        "{given:?} is not the id of a GitHub App, which is a number, or letters, digits and dots. It is on the App's settings page."
    )]
    AppId {
        /// What was given.
        given: String,
    },
    /// The App's private key.
    #[error(
        "The GitHub App's private key cannot be used: {problem}. Give the whole .pem file that GitHub made on the App's settings page."
    )]
    Key {
        /// What is wrong with it.
        problem: String,
    },
    /// The token.
    #[error("The GitHub token is empty or has characters that no token has. Give it as GitHub showed it.")]
    Token,
    /// There can be no client.
    #[error(transparent)]
    Client(#[from] OutboundError),
}
