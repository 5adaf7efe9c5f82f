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
    /// With which sessions are sealed, where several processes answer for one service.
    SessionSecret,
    /// What this service proves itself with to the OpenID Connect provider.
    OidcClientSecret,
    /// As what the service is known to platforms of LTI 1.1.
    LtiConsumerKey,
    /// What it shares with them.
    LtiConsumerSecret,
    /// With which it proves itself to platforms of LTI 1.3: one or several keys, PEM.
    Lti13PrivateKey,
    /// With which grades for a webhook are signed.
    PassbackWebhookSecret,
}

impl SecretName {
    pub(crate) const ALL: [Self; 13] = [
        Self::GitHubAppId,
        Self::GitHubAppPrivateKey,
        Self::GitHubAppInstallationId,
        Self::GitHubToken,
        Self::GitToken,
        Self::GitHubWebhookSecret,
        Self::StoreUrl,
        Self::SessionSecret,
        Self::OidcClientSecret,
        Self::LtiConsumerKey,
        Self::LtiConsumerSecret,
        Self::Lti13PrivateKey,
        Self::PassbackWebhookSecret,
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
            Self::SessionSecret => "session_secret",
            Self::OidcClientSecret => "oidc_client_secret",
            Self::LtiConsumerKey => "LTI_CONSUMER_KEY",
            Self::LtiConsumerSecret => "LTI_CONSUMER_SECRET",
            Self::Lti13PrivateKey => "LTI13_PRIVATE_KEY",
            Self::PassbackWebhookSecret => "passback_webhook_secret",
        }
    }
    /// Another variable that may name its file.
    pub(crate) fn path_variable(self) -> Option<&'static str> {
        matches!(self, Self::Lti13PrivateKey).then_some("LTI13_PRIVATE_KEY_PATH")
    }
}
