//! What a provider says about itself (OpenID Connect Discovery 1.0).

use std::time::Duration;

use outbound::{Outbound, Site, Url};
use serde::Deserialize;

use crate::{
    called,
    error::{OidcError, plain},
    settings::OidcSettings,
};

/// Where a provider is asked what, and by whom.
#[derive(Debug)]
pub(crate) struct Discovered {
    /// As it stands in ID tokens.
    pub(crate) issuer: String,
    pub(crate) authorize: Url,
    pub(crate) token: Url,
    pub(crate) keys: Url,
    pub(crate) userinfo: Option<Url>,
    pub(crate) end_session: Option<Url>,
    /// Whether a secret goes into a header; else into the form.
    pub(crate) is_basic: bool,
    /// Calls these and nobody else.
    pub(crate) outbound: Outbound,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Discovered {
    pub(crate) async fn ask(settings: &OidcSettings, within: Duration) -> Result<Self, OidcError> {
        let place = format!("{}/.well-known/openid-configuration", settings.issuer_text());
        let place: Url =
            place.parse().map_err(|_| OidcError::misconfigured("The issuer of sign-ins is no URL."))?;
        let outbound = called::client([&place], settings.allow_private)?;
        Self::read(called::json(outbound.get(place), within).await?, settings)
    }

    fn read(document: Document, settings: &OidcSettings) -> Result<Self, OidcError> {
        // A slash at the end is all that may differ (our URL has one where theirs may not); who answered is the same.
        if document.issuer.trim_end_matches('/') != settings.issuer_text() {
            return Err(OidcError::misconfigured(format!(
                "The provider at {} calls itself `{}`. Configure that as the issuer, if it is right.",
                settings.issuer_text(),
                plain(&document.issuer)
            )));
        }
        let own = Site::of(&settings.issuer);
        let is_secure = own.as_ref().is_some_and(Site::is_secure);
        let url_if = |name: &str, text: String, is_good: &dyn Fn(&Site) -> bool| {
            let url = text.parse::<Url>().ok();
            url.filter(|url| Site::of(url).as_ref().is_some_and(is_good)).ok_or_else(|| insecure(name))
        };
        let good = |name: &str, text: String| {
            url_if(name, text, &|site| site.is_secure() || Some(site) == own.as_ref())
        };
        // Where browsers are sent: not called from here, and it may be another host of a provider without TLS.
        let shown = |name: &str, text: String| url_if(name, text, &|site| site.is_secure() || !is_secure);
        let token = good("token_endpoint", document.token_endpoint)?;
        let keys = good("jwks_uri", document.jwks_uri)?;
        let userinfo = document.userinfo_endpoint.map(|url| good("userinfo_endpoint", url)).transpose()?;
        let called = [&token, &keys].into_iter().chain(userinfo.as_ref());
        let methods = document.token_endpoint_auth_methods_supported;
        Ok(Self {
            outbound: called::client(called, settings.allow_private)?,
            issuer: document.issuer,
            authorize: shown("authorization_endpoint", document.authorization_endpoint)?,
            end_session: document
                .end_session_endpoint
                .map(|url| shown("end_session_endpoint", url))
                .transpose()?,
            token,
            keys,
            userinfo,
            // What all have that say nothing.
            is_basic: methods
                .is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic")),
        })
    }
}

fn insecure(name: &str) -> OidcError {
    OidcError::misconfigured(format!(
        "The provider names an address (`{name}`) that is neither at its own site nor https, so it is not used."
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(issuer: &str, change: &Value) -> Result<Discovered, OidcError> {
        let settings = OidcSettings {
            issuer: issuer.parse().unwrap(),
            client_id: "otter".into(),
            client_secret: None,
            scopes: Vec::new(),
            user_claim: "email".into(),
            groups_claim: None,
            redirect_url: "https://grade.example.org/oauth_callback".parse().unwrap(),
            allow_private: issuer.starts_with("http:"),
        };
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/auth"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
        });
        for (name, value) in change.as_object().unwrap() {
            document[name] = value.clone();
        }
        Discovered::read(serde_json::from_value(document).unwrap(), &settings)
    }

    #[test]
    fn a_provider_says_who_it_is() {
        assert!(read("https://login.example.org", &json!({})).unwrap().is_basic);
        assert!(read("https://login.example.org/realms/a", &json!({})).is_ok());
        let slash = read("https://login.example.org", &json!({"issuer": "https://login.example.org/"}));
        assert_eq!(slash.unwrap().issuer, "https://login.example.org/");
        for issuer in
            ["https://evil.example", "https://login.example.org/b", "https://login.example.org.evil"]
        {
            let error = read("https://login.example.org", &json!({ "issuer": issuer })).unwrap_err();
            assert!(error.to_string().contains(issuer), "{error}");
        }
        let methods = json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]});
        assert!(!read("https://login.example.org", &methods).unwrap().is_basic);
    }

    #[test]
    fn it_names_places_that_can_be_trusted_as_much_as_itself() {
        let other =
            json!({"jwks_uri": "https://keys.example.org/a", "userinfo_endpoint": "https://u.example.org/"});
        assert!(read("https://login.example.org", &other).is_ok());
        for name in [
            "token_endpoint",
            "jwks_uri",
            "userinfo_endpoint",
            "authorization_endpoint",
            "end_session_endpoint",
        ] {
            for url in [
                "http://login.example.org/x",
                "ftp://login.example.org/x",
                "javascript:alert(1)",
                "file:///etc",
            ] {
                let error = read("https://login.example.org", &json!({ name: url })).unwrap_err();
                assert!(
                    matches!(&error, OidcError::Misconfigured { problem } if problem.contains(name)),
                    "{error}"
                );
            }
        }
        let other = json!({"token_endpoint": "http://169.254.169.254/latest"});
        assert!(read("http://127.0.0.1:9", &other).is_err());
        assert!(read("http://127.0.0.1:9", &json!({})).is_ok());
    }
}
