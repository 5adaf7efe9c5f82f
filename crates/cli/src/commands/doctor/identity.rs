//! How people come in: whether the hub knows this service, and whether the provider can be found.

use std::sync::Arc;

use hub::{Hub, HubError, HubOptions, HubSettings, Missing, Scope};
use model::ambient::SystemClock;
use oidc::{OidcSettings, Provider};

use super::check::Check;
use crate::{
    config::{Config, Way},
    secrets::SecretName,
};

const NAME: &str = "sign-in";

pub(super) async fn check(config: &Config) -> Vec<Check> {
    let way = config.identity.way.to_string();
    let mut checks = vec![match &config.identity.way {
        Way::SingleUser(_) if config.listen.ip().is_loopback() => Check::ok(NAME, way),
        Way::SingleUser(_) => Check::warning(NAME, way).because(
            format!("{} is not an address of this machine alone, and nobody proves who they are", config.listen),
            "set up a sign-in (docs/how-to/run-behind-jupyterhub.md, docs/how-to/run-alone.md), or listen on 127.0.0.1",
        ),
        Way::Hub(settings) => hub(settings, config.passback.post_grade).await,
        Way::HubToCome => Check::warning(NAME, way).because(
            "the service does not start without them, and the hub cannot be asked from here",
            "nothing where the hub starts the service: it gives them itself; else set them as docs/how-to/run-behind-jupyterhub.md says",
        ),
        Way::Oidc(settings) => provider(config, settings).await,
        Way::Tokens => Check::ok(NAME, way),
    }];
    if config.identity.trust_client_header {
        checks.push(Check::warning("trust", "the header X-Otter-User is believed").because(
            "whoever can send it through one of server.trusted_proxies is whom it names",
            "let that proxy take the header from everybody and write it itself, or set identity.trust_client_header = false",
        ));
    }
    checks
}

/// Asks the hub what this service's own token may do.
async fn hub(settings: &HubSettings, reads_launches: bool) -> Check {
    let found = format!("JupyterHub, as the service {} at {}", settings.service_name, settings.prefix);
    let service = settings.service_name.clone();
    let asked = async {
        Hub::open(settings.clone(), HubOptions::default(), Arc::new(SystemClock))?.own_scopes().await
    };
    match asked.await {
        Ok(scopes) => {
            let has = |scope: &str| scope.parse::<Scope>().is_ok_and(|scope| scopes.grant(&scope));
            if reads_launches && !(has("admin:auth_state") && has("read:users")) {
                let missing = Missing::LaunchData { service };
                return Check::warning(NAME, found).because(missing.to_string(), "");
            }
            Check::ok(NAME, found)
        }
        Err(HubError::Away { problem }) => Check::failure(NAME, found).because(
            format!("the hub does not answer: {problem}"),
            "start it; until then nobody new can sign in",
        ),
        Err(error) => Check::failure(NAME, found).because(error.to_string(), ""),
    }
}

/// Asks the provider for its discovery document, by making the address to which a sign-in would lead.
async fn provider(config: &Config, settings: &OidcSettings) -> Check {
    let found = format!("OpenID Connect, {} as {}", settings.issuer, settings.client_id);
    let asked = async {
        let client_secret =
            config.secrets.get(SecretName::OidcClientSecret).map_err(|error| error.to_string())?;
        let settings = OidcSettings { client_secret, ..settings.clone() };
        let provider = Provider::new(settings, Arc::new(SystemClock)).map_err(|error| error.to_string())?;
        provider.authorize_url("doctor", "doctor", "doctor").await.map_err(|error| error.to_string())
    };
    match asked.await {
        Ok(_) => Check::ok(NAME, format!("{found}; it must know {}", settings.redirect_url)),
        Err(why) => Check::failure(NAME, found).because(why, "look at [identity.oidc]"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::check::State, *};
    use crate::config::Sources;

    async fn of(variables: &[(&str, &str)]) -> Vec<Check> {
        store::use_ring();
        let variables = variables.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        let sources = Sources { variables, ..Sources::default_only() };
        check(&Config::load(&sources).unwrap()).await
    }

    #[tokio::test]
    async fn one_user_is_well_on_loopback_and_not_elsewhere() {
        let [one] = &of(&[]).await[..] else { panic!("one") };
        assert!(one.state == State::Ok && one.found.contains("everybody is student"), "{one:?}");
        let [open] = &of(&[("OTTER_SERVICE_SERVER_LISTEN", "0.0.0.0:1")]).await[..] else { panic!("one") };
        assert_eq!(open.state, State::Warning);
    }

    #[tokio::test]
    async fn a_hub_that_is_still_to_come_is_told_of() {
        let [hub] = &of(&[("OTTER_SERVICE_IDENTITY_MODE", "hub")]).await[..] else { panic!("one") };
        assert!(hub.state == State::Warning && hub.found.contains("not set here"), "{hub:?}");
    }

    #[tokio::test]
    async fn who_cannot_be_asked_is_a_failure() {
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let url = format!("http://{gone}/");
        let hub = [
            ("JUPYTERHUB_API_URL", &*url),
            ("JUPYTERHUB_API_TOKEN", "s3cret"),
            ("JUPYTERHUB_SERVICE_NAME", "otter"),
        ];
        let provider = [
            ("OTTER_SERVICE_IDENTITY_OIDC_ISSUER", &*url),
            ("OTTER_SERVICE_IDENTITY_OIDC_CLIENT_ID", "otter"),
            ("OTTER_SERVICE_IDENTITY_OIDC_ALLOW_PRIVATE", "true"),
            ("OTTER_SERVICE_SERVER_PUBLIC_URL", "https://grading.example.edu"),
        ];
        for variables in [&hub[..], &provider] {
            let [check] = &of(variables).await[..] else { panic!("one") };
            assert_eq!(check.state, State::Failure, "{check:?}");
            assert!(!format!("{check:?}").contains("s3cret"));
        }
    }

    #[tokio::test]
    async fn a_trusted_header_is_told_of() {
        let variables = [
            ("OTTER_SERVICE_IDENTITY_MODE", "tokens"),
            ("OTTER_SERVICE_IDENTITY_TRUST_CLIENT_HEADER", "true"),
            ("OTTER_SERVICE_SERVER_TRUSTED_PROXIES", "10.0.0.1"),
        ];
        let [_, trust] = &of(&variables).await[..] else { panic!("two") };
        assert_eq!(trust.state, State::Warning);
    }
}
