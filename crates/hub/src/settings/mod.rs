//! What a hub tells a service: the variables `JUPYTERHUB_*`
//! (<https://jupyterhub.readthedocs.io/en/stable/reference/services.html>).
//!
//! A managed service gets all of them from the hub. For an external one somebody sets them, and those that follow from
//! others may be left out.

mod parse;
#[cfg(test)]
mod tests;

use outbound::Url;
use secrecy::SecretString;
use thiserror::Error;

use crate::scope::Scopes;
use parse::Parse;

/// As what this service is known to its hub, and where the hub is.
#[derive(Debug, Clone)]
pub struct HubSettings {
    /// `JUPYTERHUB_API_TOKEN`: with what the service proves who it is.
    pub api_token: SecretString,
    /// `JUPYTERHUB_API_URL`: where the service asks the hub; often only reachable from inside.
    pub api_url: Url,
    /// `JUPYTERHUB_BASE_URL`: the path of everything of the hub's, `/` if nothing is said.
    pub base_url: String,
    /// `JUPYTERHUB_CLIENT_ID`: `service-NAME`.
    pub client_id: String,
    /// `JUPYTERHUB_SERVICE_NAME`.
    pub service_name: String,
    /// `JUPYTERHUB_SERVICE_PREFIX`: the path of everything of this service's, `/services/NAME/`.
    pub prefix: String,
    /// `JUPYTERHUB_SERVICE_URL`: where the proxy expects this service to listen.
    pub listen: Option<Url>,
    /// `JUPYTERHUB_OAUTH_CALLBACK_URL`: where the hub sends browsers back to; a path, or a URL with subdomains.
    pub callback: String,
    /// `JUPYTERHUB_OAUTH_ACCESS_SCOPES` (before JupyterHub 3 `JUPYTERHUB_OAUTH_SCOPES`): any of them lets a user in.
    pub access_scopes: Scopes,
    /// `JUPYTERHUB_HOST`: the hub's own site where each user and service has a subdomain.
    pub host: Option<Url>,
    /// `JUPYTERHUB_PUBLIC_URL`: where browsers find this service, if the hub knows (since JupyterHub 5).
    pub public_url: Option<Url>,
    /// `JUPYTERHUB_PUBLIC_HUB_URL`: where browsers find the hub, if the hub knows.
    pub public_hub_url: Option<Url>,
}

/// What is wrong with the variables: all of it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("The variables that a JupyterHub gives to its services are not as they should be:{}", list(.0))]
pub struct HubSettingsError(pub Vec<Mistake>);

/// What is wrong with one variable.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{variable}: {problem}")]
pub struct Mistake {
    /// Its name.
    pub variable: &'static str,
    /// What is wrong, and what to write.
    pub problem: String,
}

fn list(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(|mistake| format!("\n- {mistake}")).collect::<Vec<_>>().concat()
}

impl HubSettings {
    /// Reads the variables. `None` if neither the hub's API nor a token for it is named: then there is no hub.
    pub fn from_environment(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, HubSettingsError> {
        // The hub sets what it does not know to nothing.
        let variable =
            |name: &str| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let tells = ["JUPYTERHUB_API_URL", "JUPYTERHUB_API_TOKEN", "JUPYTERHUB_CLIENT_ID"];
        if tells.iter().all(|name| variable(name).is_none()) {
            return Ok(None);
        }
        let mut parse = Parse { variable: &variable, mistakes: Vec::new() };
        let settings = parse.settings();
        match settings.filter(|_| parse.mistakes.is_empty()) {
            Some(settings) => Ok(Some(settings)),
            None => Err(HubSettingsError(parse.mistakes)),
        }
    }

    /// Where browsers find the hub's pages, with `/` at the end: a path if it is at the same site.
    #[must_use]
    pub fn hub_url(&self) -> String {
        if let Some(url) = &self.public_hub_url {
            return format!("{}/", url.as_str().trim_end_matches('/'));
        }
        let host = self.host.as_ref().map_or("", Url::as_str).trim_end_matches('/');
        format!("{host}{}hub/", self.base_url)
    }

    /// The path at which this service takes browsers that the hub sends back.
    #[must_use]
    pub fn callback_path(&self) -> String {
        Url::parse(&self.callback).map_or_else(|_| self.callback.clone(), |url| url.path().to_owned())
    }

    /// Whether browsers reach this service by `https`, as far as the hub says; the service itself often cannot see it,
    /// because a proxy before it ends the TLS.
    #[must_use]
    pub fn is_secure(&self) -> Option<bool> {
        let callback = Url::parse(&self.callback).ok();
        let url = self.public_url.as_ref().or(callback.as_ref());
        let url = url.or(self.public_hub_url.as_ref()).or(self.host.as_ref());
        url.map(|url| url.scheme() == "https")
    }
}
