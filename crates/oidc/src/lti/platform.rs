//! A platform as the operator has registered it.

use outbound::{Site, Url};

use crate::error::OidcError;

/// A learning platform, with what it shows of itself when a tool is registered there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LtiPlatform {
    /// What it calls itself (`iss`), to the letter.
    pub issuer: String,
    /// What it calls this service.
    pub client_id: String,
    /// The deployments that may launch; if there are none here, all of this client may
    /// ([`LtiPlatform::takes_any_deployment`]).
    pub deployment_ids: Vec<String>,
    /// Where browsers are sent to prove who they are ("OIDC authentication request URL").
    pub auth_url: Url,
    /// Where access tokens come from, with which grades are sent.
    pub token_url: Url,
    /// Where its public keys are.
    pub jwks_url: Url,
    /// Whether it may be without TLS, and in a private network.
    pub allow_private: bool,
}

impl LtiPlatform {
    /// Whether nobody said which deployments may launch. At platforms that many organisations share, each of them that
    /// knows the client id can then launch as its own users; `doctor` and the log are to say so.
    #[must_use]
    pub fn takes_any_deployment(&self) -> bool {
        self.deployment_ids.is_empty()
    }

    pub(crate) fn takes_deployment(&self, id: &str) -> bool {
        self.takes_any_deployment() || self.deployment_ids.iter().any(|known| known == id)
    }

    /// What can be said before the platform is asked.
    pub(crate) fn check(&self) -> Result<(), OidcError> {
        let wrong = |what: &str| {
            Err(OidcError::misconfigured(format!("The learning platform `{}`: {what}", self.issuer)))
        };
        if self.issuer.trim().is_empty() || self.client_id.trim().is_empty() {
            return wrong("its issuer and the client id are needed, as the platform shows them.");
        }
        for (name, url) in
            [("auth_url", &self.auth_url), ("token_url", &self.token_url), ("jwks_url", &self.jwks_url)]
        {
            match Site::of(url) {
                Some(site) if site.is_secure() || self.allow_private => (),
                Some(_) => {
                    return wrong(&format!(
                        "its {name} is without TLS. Give the https URL, or allow private addresses if it is on this machine."
                    ));
                }
                None => return wrong(&format!("its {name} is no https URL.")),
            }
        }
        Ok(())
    }
}
