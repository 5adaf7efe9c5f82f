//! Whether the learning platforms that may launch can be found, and whether browsers can be launched.

use std::sync::Arc;

use model::ambient::SystemClock;
use oidc::{LtiTool, OidcError};
use server::LtiRegistration;

use super::check::Check;
use crate::config::{Config, LtiSettings};

const NAME: &str = "launches";

pub(super) async fn check(config: &Config) -> Vec<Check> {
    let Some(settings) = &config.lti else { return Vec::new() };
    let platforms = settings.platforms.iter().map(|one| one.platform.clone()).collect();
    let tool = match LtiTool::new(platforms, settings.launch_url.clone(), Arc::new(SystemClock)) {
        Ok(tool) => tool,
        Err(error) => return vec![unusable("learning platforms".into(), &error)],
    };
    let mut checks: Vec<_> = launch_url(settings).into_iter().collect();
    for registration in &settings.platforms {
        checks.push(platform(&tool, registration).await);
    }
    checks
}

/// Without TLS only a platform of the same site can launch.
fn launch_url(settings: &LtiSettings) -> Option<Check> {
    let is_plain = settings.launch_url.scheme() == "http";
    is_plain.then(|| {
        Check::warning(NAME, format!("by {}", settings.launch_url)).because(
            "browsers send no cookie along with what another site posts here by http, so nobody can be launched",
            "give the service https, and server.public_url the https address",
        )
    })
}

async fn platform(tool: &LtiTool, registration: &LtiRegistration) -> Check {
    let (name, platform) = (&registration.name, &registration.platform);
    let found = format!("{name}: {} as {}", platform.issuer, platform.client_id);
    match tool.keys_of(platform).await {
        Ok(0) => Check::failure(NAME, found).because(
            format!("{} has no key that could sign a launch", platform.jwks_url),
            "compare jwks_url with what the platform shows",
        ),
        Ok(_) if platform.takes_any_deployment() => Check::warning(NAME, found)
            .because("every deployment of this client may launch", format!("set lti.{name}.deployment_ids")),
        Ok(_) => Check::ok(NAME, found),
        Err(error) => unusable(found, &error),
    }
}

fn unusable(found: String, error: &OidcError) -> Check {
    Check::failure(NAME, found).because(error.to_string(), "look at the sections [lti.NAME]")
}

#[cfg(test)]
mod tests {
    use super::{super::check::State, *};
    use crate::config::Sources;

    async fn of(file: &str) -> Vec<Check> {
        store::use_ring();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("otter-service.toml");
        std::fs::write(&path, file).unwrap();
        let sources = Sources { file: Some(path), ..Sources::default() };
        check(&Config::load(&sources).unwrap()).await
    }

    #[tokio::test]
    async fn a_platform_that_cannot_be_found_is_a_failure_and_http_a_warning() {
        assert!(of("").await.is_empty());
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let file = format!(
            "[server]\npublic_url = \"http://grade.example.edu\"\n[identity]\nmode = \"tokens\"\n[lti.campus]\n\
             issuer = \"x\"\nclient_id = \"y\"\nauth_url = \"http://{gone}/a\"\ntoken_url = \"http://{gone}/t\"\n\
             jwks_url = \"http://{gone}/j\"\nallow_private = \"yes\"\n"
        );
        let [plain, campus] = &of(&file).await[..] else { panic!("two") };
        assert_eq!((plain.state, campus.state), (State::Warning, State::Failure), "{campus:?}");
        let [refused] = &of(&file.replace("yes", "no")).await[..] else { panic!("one") };
        assert_eq!(refused.state, State::Failure, "without TLS: {refused:?}");
    }
}
