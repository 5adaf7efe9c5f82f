//! As whom GitHub is asked for a course.

use std::{cell::OnceCell, sync::Arc};

use anyhow::{Context, bail};
use materials::remote::github::{
    AppKey, AppTokens, BranchName, Credentials, GitHub, GitHubApi, GitHubSettings, RepositoryName, Token,
};
use model::{Name, ambient::Clock};
use secrecy::ExposeSecret;

use crate::{config::Config, secrets::SecretName};

/// The one GitHub, and the one App, of all courses; made when the first one needs it.
pub(super) struct GitHubs<'a> {
    config: &'a Config,
    clock: &'a Arc<dyn Clock>,
    api: OnceCell<Arc<GitHubApi>>,
    for_all: OnceCell<Option<Credentials>>,
}

impl<'a> GitHubs<'a> {
    pub(super) fn new(config: &'a Config, clock: &'a Arc<dyn Clock>) -> Self {
        Self { config, clock, api: OnceCell::new(), for_all: OnceCell::new() }
    }

    /// The course's own token, if it has one; else the App or the token of all.
    pub(super) fn remote(
        &self,
        course: &Name,
        repository: RepositoryName,
        branch: Option<BranchName>,
    ) -> anyhow::Result<GitHub> {
        let api = self.api()?;
        let own = self.config.secrets.only_of_course(course.as_str(), SecretName::GitHubToken)?;
        let credentials = match own {
            Some(token) => Some(Credentials::Token(Token::parse(token.expose_secret())?)),
            None => self.for_all(&api)?,
        };
        let credentials = credentials.with_context(|| {
            format!(
                "{repository} is on GitHub, and there are no secrets for it: neither an App's (github_app_id, github_app_private_key, github_app_installation_id) nor github_token. A public repository can be had without, as `git: https://github.com/OWNER/REPOSITORY`"
            )
        })?;
        Ok(GitHub::new(api, repository, branch, credentials)?)
    }

    fn api(&self) -> anyhow::Result<Arc<GitHubApi>> {
        if let Some(api) = self.api.get() {
            return Ok(Arc::clone(api));
        }
        let settings = GitHubSettings {
            api: &self.config.materials.github_api,
            archives: &[],
            allow_private: &self.config.materials.allow_private,
        };
        let api = Arc::new(GitHubApi::open(settings, Arc::clone(self.clock))?);
        Ok(Arc::clone(self.api.get_or_init(|| api)))
    }

    fn for_all(&self, api: &Arc<GitHubApi>) -> anyhow::Result<Option<Credentials>> {
        if let Some(known) = self.for_all.get() {
            return Ok(known.clone());
        }
        let found = self.find(api)?;
        Ok(self.for_all.get_or_init(|| found).clone())
    }

    fn find(&self, api: &Arc<GitHubApi>) -> anyhow::Result<Option<Credentials>> {
        let secrets = &self.config.secrets;
        let app =
            [SecretName::GitHubAppId, SecretName::GitHubAppPrivateKey, SecretName::GitHubAppInstallationId];
        let mut found = Vec::new();
        for name in app {
            found.push(secrets.get(name)?);
        }
        if let [Some(id), Some(key), Some(installation)] = found.as_slice() {
            let key = AppKey::parse(id.expose_secret(), key.expose_secret())?;
            let installation = installation.expose_secret().trim().parse().map_err(|_| {
                anyhow::anyhow!("the secret github_app_installation_id is not a number; it is at the end of the installation's address on GitHub")
            })?;
            let tokens = AppTokens::new(Arc::clone(api), key, installation);
            return Ok(Some(Credentials::App(Arc::new(tokens))));
        }
        let missing: Vec<_> = app
            .iter()
            .zip(&found)
            .filter(|(_, found)| found.is_none())
            .map(|(name, _)| name.as_str())
            .collect();
        let token = secrets.get(SecretName::GitHubToken)?;
        // An App that is not whole is a mistake; without a token nothing else could be meant.
        if missing.len() < app.len() && token.is_none() {
            bail!("the secrets of the GitHub App are not complete: {} is missing", missing.join(" and "));
        }
        Ok(match token {
            Some(token) => Some(Credentials::Token(Token::parse(token.expose_secret())?)),
            None => None,
        })
    }
}
