//! One GitHub, and how it is asked.

use std::{fmt, sync::Arc, time::Duration};

use model::ambient::Clock;
use outbound::{Answer, Outbound, Policy, Request, Site, Url};

use super::{credentials::Token, error::GitHubError, refusal};
use crate::remote::RemoteError;

/// How often a redirect is followed: one leads to an archive, one more if the repository was renamed.
const REDIRECTS: usize = 3;

/// Which GitHub, and whom it may send us to.
#[derive(Debug, Clone, Copy, Default)]
pub struct GitHubSettings<'a> {
    /// The base URL of its REST API: `https://api.github.com`, or `https://HOST/api/v3` of GitHub Enterprise Server.
    /// Plain `http` only if `allow_private` has its host.
    pub api: &'a str,
    /// Further sites at which it has archives, beside the usual `codeload.` ones.
    pub archives: &'a [String],
    /// Hosts whose private addresses may be contacted.
    pub allow_private: &'a [String],
}

/// A GitHub: github.com or one's own.
#[derive(Clone)]
pub struct GitHubApi {
    base: Url,
    site: Site,
    web_host: String,
    outbound: Outbound,
    clock: Arc<dyn Clock>,
}

impl GitHubApi {
    /// Prepares to ask it. Asks nothing yet.
    pub fn open(settings: GitHubSettings<'_>, clock: Arc<dyn Clock>) -> Result<Self, GitHubError> {
        let bad =
            |problem: &str| GitHubError::Api { given: shown(settings.api), problem: problem.to_owned() };
        let base = Url::parse(settings.api).map_err(|problem| bad(&problem.to_string()))?;
        let site = Site::of(&base).ok_or_else(|| bad("it does not begin with https://"))?;
        if !base.username().is_empty() || base.password().is_some() {
            return Err(bad("it has a user name or password"));
        }
        if base.query().is_some() || base.fragment().is_some() {
            return Err(bad("it has a `?` or `#`"));
        }
        if !site.is_secure() && !settings.allow_private.iter().any(|host| host == site.host()) {
            return Err(bad("tokens are not sent unencrypted, except to hosts in `allow_private`"));
        }
        // api.github.com, and api.NAME.ghe.com of Enterprise Cloud; Enterprise Server has the API below its own host.
        let web_host = site.host().strip_prefix("api.").unwrap_or(site.host()).to_owned();
        let mut policy = Policy::default().allow(site.clone());
        if !is_address(site.host()) {
            policy = policy.allow(format!("codeload.{web_host}").parse()?);
        }
        for archive in settings.archives {
            policy = policy.allow(archive.parse()?);
        }
        for host in settings.allow_private {
            policy = policy.allow_private(host)?;
        }
        Ok(Self { base, site, web_host, outbound: Outbound::new(policy)?, clock })
    }

    /// Where its repositories are for people: `github.com`.
    #[must_use]
    pub fn web_host(&self) -> &str {
        &self.web_host
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// A URL below the base. Each part is one part of the path, whatever is in it.
    pub(super) fn url(&self, parts: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.path_segments_mut().expect("http URLs have paths").pop_if_empty().extend(parts);
        url
    }

    /// Posts as the bearer of a token.
    pub(super) async fn post(&self, url: Url, token: &str) -> Result<Answer, RemoteError> {
        let request = Self::usual(self.outbound.post(url)).bearer(token);
        request.header("accept", "application/vnd.github+json").send().await.map_err(refusal::on_the_way)
    }

    /// Gets, and follows redirects, to allowed sites only. The token goes to the API itself and to nobody else.
    pub(super) async fn get(
        &self,
        mut url: Url,
        token: &Token,
        headers: &[(&'static str, &str)],
        within: Duration,
    ) -> Result<Answer, RemoteError> {
        for _ in 0..=REDIRECTS {
            let is_api = Site::of(&url).as_ref() == Some(&self.site);
            let mut request = Self::usual(self.outbound.get(url)).within(within);
            if is_api {
                request = request.bearer(token.reveal());
            }
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let answer = request.send().await.map_err(refusal::on_the_way)?;
            match answer.redirect() {
                None => return Ok(answer),
                Some(elsewhere) => url = elsewhere,
            }
        }
        let problem = format!("{} redirects more than {REDIRECTS} times. Is it the right URL?", self.site);
        Err(RemoteError::Refused { problem })
    }

    fn usual(request: Request) -> Request {
        request.header("x-github-api-version", "2022-11-28")
    }
}

impl fmt::Debug for GitHubApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GitHubApi({})", self.base)
    }
}

/// What was given, short and without what stands before an `@`, which may be a password.
fn shown(given: &str) -> String {
    given.rsplit('@').next().unwrap_or_default().chars().take(200).collect()
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use model::ambient::SystemClock;

    use super::*;

    fn open(api: &str, allow_private: &[String]) -> Result<GitHubApi, GitHubError> {
        let settings = GitHubSettings { api, archives: &[], allow_private };
        GitHubApi::open(settings, Arc::new(SystemClock))
    }

    #[test]
    fn each_github_has_its_hosts() {
        let web_host = |api: &str| open(api, &[]).unwrap().web_host().to_owned();
        assert_eq!(web_host("https://api.github.com"), "github.com");
        assert_eq!(web_host("https://api.course.ghe.com/"), "course.ghe.com");
        assert_eq!(web_host("https://ghe.example.edu/api/v3"), "ghe.example.edu");
    }

    #[test]
    fn a_part_of_a_path_stays_one_part() {
        for base in ["https://ghe.example.edu/api/v3", "https://ghe.example.edu/api/v3/"] {
            let url = open(base, &[]).unwrap().url(&["repos", "a/../b", "?x#y", "heads/main"]);
            assert_eq!(url.as_str(), "https://ghe.example.edu/api/v3/repos/a%2F..%2Fb/%3Fx%23y/heads%2Fmain");
        }
    }

    #[test]
    fn what_is_no_api() {
        for api in
            ["", "api.github.com", "ftp://api.github.com", "https://u:hidden@h/", "https://h/?x", "http://h/"]
        {
            let error = open(api, &[]).unwrap_err();
            assert!(matches!(error, GitHubError::Api { .. }), "{error}");
            assert!(!error.to_string().contains("hidden"), "{error}");
        }
        assert!(open("http://127.0.0.1:9", &["127.0.0.1".into()]).is_ok());
        assert!(open("https://api.github.com", &["no host".into()]).is_err());
    }
}
