//! The secrets that there are.

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretName {
    /// The number of the GitHub App. No secret by itself; the Python service keeps it with them.
    GitHubAppId,
    /// The App's private key, PEM.
    GitHubAppPrivateKey,
    /// The number of the App's installation.
    GitHubAppInstallationId,
    /// A token for repositories, where there is no App.
    GitHubToken,
    /// A token or password for git remotes over https.
    GitToken,
    /// With which GitHub signs the news of a push.
    GitHubWebhookSecret,
    /// The store's URL with its password.
    StoreUrl,
}

impl SecretName {
    pub(crate) const ALL: [Self; 7] = [
        Self::GitHubAppId,
        Self::GitHubAppPrivateKey,
        Self::GitHubAppInstallationId,
        Self::GitHubToken,
        Self::GitToken,
        Self::GitHubWebhookSecret,
        Self::StoreUrl,
    ];

    /// As it is called everywhere outside: in the Python service's own sops file, too.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::GitHubAppId => "github_app_id",
            Self::GitHubAppPrivateKey => "github_app_private_key",
            Self::GitHubAppInstallationId => "github_app_installation_id",
            Self::GitHubToken => "github_token",
            Self::GitToken => "git_token",
            Self::GitHubWebhookSecret => "github_webhook_secret",
            Self::StoreUrl => "store_url",
        }
    }
}
