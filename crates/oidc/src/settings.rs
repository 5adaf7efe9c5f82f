//! How a provider is used.

use outbound::{Site, Url};
use secrecy::SecretString;

use crate::error::OidcError;

/// How people sign in at a provider.
#[derive(Debug, Clone)]
pub struct OidcSettings {
    /// Who signs the ID tokens; its discovery document is below it, at `.well-known/openid-configuration`.
    pub issuer: Url,
    /// As what the provider knows this service.
    pub client_id: String,
    /// The secret that belongs to the id; `None` for a public client, for which PKCE stands in.
    pub client_secret: Option<SecretString>,
    /// What is asked for besides `openid`, for instance `email`.
    pub scopes: Vec<String>,
    /// The claim that is the user's name. `email` counts only where `email_verified` is true.
    pub user_claim: String,
    /// The claim that names the user's groups: a list of texts, or one.
    pub groups_claim: Option<String>,
    /// Where the provider sends the browser back to, as it is registered there.
    pub redirect_url: Url,
    /// Whether the issuer may be without TLS, and it and the addresses that it names in a private network.
    pub allow_private: bool,
}

impl OidcSettings {
    /// What can be said before the provider is asked.
    pub(crate) fn check(&self) -> Result<(), OidcError> {
        let wrong = |what: &str| Err(OidcError::misconfigured(what));
        let Some(issuer) = Site::of(&self.issuer) else {
            return wrong("The issuer of sign-ins is no https URL.");
        };
        if !issuer.is_secure() && !self.allow_private {
            return wrong(
                "The issuer of sign-ins has an http URL: who is in between could sign in as anybody. Give its https URL, or allow private addresses if it is on this machine.",
            );
        }
        if self.issuer.query().is_some() || self.issuer.fragment().is_some() {
            return wrong("The issuer of sign-ins is a URL without `?` and `#`.");
        }
        if Site::of(&self.redirect_url).is_none() || self.redirect_url.fragment().is_some() {
            return wrong("The redirect URL of sign-ins is an http or https URL without `#`.");
        }
        if self.client_id.trim().is_empty() {
            return wrong(
                "The client id for signing in is empty. It is what the provider calls this service.",
            );
        }
        if self.user_claim.trim().is_empty() {
            return wrong("The claim that is the user's name is empty. `email` is usual.");
        }
        Ok(())
    }

    /// The issuer as text, without a slash at its end.
    pub(crate) fn issuer_text(&self) -> &str {
        self.issuer.as_str().trim_end_matches('/')
    }

    /// All that is asked for, each once.
    pub(crate) fn scope(&self) -> String {
        let mut scopes = vec!["openid"];
        for scope in self.scopes.iter().flat_map(|scope| scope.split_whitespace()) {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        scopes.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(issuer: &str) -> OidcSettings {
        OidcSettings {
            issuer: issuer.parse().unwrap(),
            client_id: "otter".into(),
            client_secret: Some("hidden-word".into()),
            scopes: vec!["email".into(), "openid profile".into(), "email".into()],
            user_claim: "email".into(),
            groups_claim: None,
            redirect_url: "https://grade.example.org/oauth_callback".parse().unwrap(),
            allow_private: false,
        }
    }

    #[test]
    fn settings_that_cannot_work_are_told_of_at_once() {
        let good = settings("https://login.example.org/realms/a");
        assert_eq!(good.check(), Ok(()));
        assert_eq!(good.scope(), "openid email profile");
        assert_eq!(settings("https://login.example.org").issuer_text(), "https://login.example.org");
        assert!(!format!("{good:?}").contains("hidden-word"));
        for issuer in ["http://login.example.org", "ftp://x", "https://x/?a", "https://x/#a", "mailto:x"] {
            let error = settings(issuer).check().unwrap_err();
            assert!(matches!(error, OidcError::Misconfigured { .. }), "{issuer}: {error}");
        }
        let private = OidcSettings { allow_private: true, ..settings("http://127.0.0.1:9/") };
        assert_eq!(private.check(), Ok(()));
        assert!(OidcSettings { client_id: " ".into(), ..good.clone() }.check().is_err());
        assert!(OidcSettings { user_claim: String::new(), ..good.clone() }.check().is_err());
        assert!(OidcSettings { redirect_url: "otter:x".parse().unwrap(), ..good }.check().is_err());
    }
}
