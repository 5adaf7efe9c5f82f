//! Repositories on GitHub, over its REST API.
//!
//! Asked for is the newest commit's name, with a condition, so that an answer that nothing is new costs nothing of the
//! rate limit; and a commit's files as one archive. It works with github.com and GitHub Enterprise, as an App or with
//! a token.

mod api;
mod app;
mod branch;
mod credentials;
mod download;
mod error;
mod jwt;
mod refusal;
mod repository;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use outbound::{Answer, OutboundError, Url};

pub use api::{GitHubApi, GitHubSettings};
pub use app::AppTokens;
pub use branch::{BranchName, BranchNameError};
pub use credentials::{Credentials, Token};
pub use download::DownloadLimits;
pub use error::GitHubError;
pub use jwt::AppKey;
pub use repository::{RepositoryName, RepositoryNameError};

use super::{Commit, Remote, RemoteError};

/// The branches that are tried, one after the other, if none is given.
const USUAL_BRANCHES: [&str; 2] = ["main", "master"];
/// How long the question for the newest commit may take.
const QUESTION: Duration = Duration::from_secs(30);
/// The most bytes of its answer, which has 40 or 64.
const MAX_COMMIT_BYTES: u64 = 1024;

/// One branch of a repository on GitHub.
#[derive(Debug)]
pub struct GitHub {
    api: Arc<GitHubApi>,
    repository: RepositoryName,
    branch: Option<BranchName>,
    credentials: Credentials,
    limits: DownloadLimits,
    known: Mutex<Option<Known>>,
}

/// The newest commit as of the last answer, and by what GitHub knows that answer again.
#[derive(Debug, Clone)]
struct Known {
    branch: String,
    etag: Option<String>,
    commit: Commit,
}

/// Why a branch's newest commit is not known.
struct NoCommit {
    error: RemoteError,
    /// Whether another branch may be there.
    may_be_the_branch: bool,
}

impl From<RemoteError> for NoCommit {
    fn from(error: RemoteError) -> Self {
        Self { error, may_be_the_branch: false }
    }
}

impl GitHub {
    /// Asks nothing yet. Without a branch it is `main`, or else `master`.
    pub fn new(
        api: Arc<GitHubApi>,
        repository: RepositoryName,
        branch: Option<BranchName>,
        credentials: Credentials,
    ) -> Result<Self, GitHubError> {
        if repository.host().is_some_and(|host| host != api.web_host()) {
            return Err(GitHubError::Elsewhere { host: api.web_host().to_owned(), repository });
        }
        let limits = DownloadLimits::default();
        Ok(Self { api, repository, branch, credentials, limits, known: Mutex::new(None) })
    }

    /// With other limits for its archives.
    #[must_use]
    pub fn with_limits(self, limits: DownloadLimits) -> Self {
        Self { limits, ..self }
    }

    /// Which repository.
    #[must_use]
    pub fn repository(&self) -> &RepositoryName {
        &self.repository
    }

    fn known(&self) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A URL of the API that is about this repository.
    fn url(&self, parts: &[&str]) -> Url {
        let own = ["repos", self.repository.owner(), self.repository.name()];
        self.api.url(&[&own, parts].concat())
    }

    /// Gets with whatever credentials there are; once more with new ones, if GitHub does not accept them any more.
    async fn get(
        &self,
        url: Url,
        headers: &[(&'static str, &str)],
        within: Duration,
    ) -> Result<Answer, RemoteError> {
        let token = self.credentials.token().await?;
        let answer = self.api.get(url.clone(), &token, headers, within).await?;
        if answer.status().as_u16() != 401 {
            return Ok(answer);
        }
        match self.credentials.renewed(&token).await? {
            Some(token) => self.api.get(url, &token, headers, within).await,
            None => Ok(answer),
        }
    }

    /// The newest commit of a branch.
    async fn newest_of(&self, branch: &str) -> Result<Commit, NoCommit> {
        let known = self.known().filter(|known| known.branch == branch);
        let mut headers = vec![("accept", "application/vnd.github.sha")];
        if let Some(etag) = known.as_ref().and_then(|known| known.etag.as_deref()) {
            headers.push(("if-none-match", etag));
        }
        let url = self.url(&["commits", &format!("heads/{branch}")]);
        let answer = self.get(url, &headers, QUESTION).await?;
        match (answer.status().as_u16(), known) {
            (304, Some(known)) => return Ok(known.commit),
            (200, _) => {}
            (status, _) => {
                let error = refusal::of(answer, self.api.clock(), &self.advice()).await;
                // A repository that may not be seen and a branch that does not exist are hard to tell apart.
                let may_be_the_branch = matches!(status, 404 | 422);
                return Err(NoCommit { error, may_be_the_branch });
            }
        }
        let etag = answer.header("etag").map(ToOwned::to_owned);
        let site = answer.site().clone();
        let text = match answer.bytes(MAX_COMMIT_BYTES).await {
            Ok(text) => text,
            // Too large for a commit is no commit either.
            Err(OutboundError::TooLarge { .. }) => Vec::new(),
            Err(error) => return Err(refusal::on_the_way(error).into()),
        };
        let commit = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse::<Commit>().ok());
        let Some(commit) = commit else {
            let problem =
                format!("{site} answered something that is no commit. Is it the URL of a GitHub API?");
            return Err(RemoteError::Away { problem }.into());
        };
        let newest = Known { branch: branch.to_owned(), etag, commit: commit.clone() };
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(newest);
        Ok(commit)
    }

    /// What to do if GitHub does not let us in.
    fn advice(&self) -> String {
        let who = match self.credentials {
            Credentials::App(_) => {
                "Install the GitHub App on this repository, with the permission `Contents: read`"
            }
            Credentials::Token(_) => {
                "Give the token access to this repository, with the permission `Contents: read`, and see that it has not expired"
            }
        };
        let branch = self.branch.as_ref().map_or("main or master", |branch| branch.as_str());
        format!("{who}; and check that {} is its name and {branch} its branch.", self.name())
    }
}

#[async_trait]
impl Remote for GitHub {
    fn name(&self) -> String {
        format!("{}/{}/{}", self.api.web_host(), self.repository.owner(), self.repository.name())
    }

    fn branch(&self) -> Option<&str> {
        self.branch.as_ref().map(BranchName::as_str)
    }

    async fn newest(&self) -> Result<Commit, RemoteError> {
        if let Some(branch) = &self.branch {
            return self.newest_of(branch.as_str()).await.map_err(|no| no.error);
        }
        // Always in this order, and not what was there last time first: all processes must agree on the branch.
        match self.newest_of(USUAL_BRANCHES[0]).await {
            Ok(commit) => Ok(commit),
            Err(no) if no.may_be_the_branch => self.newest_of(USUAL_BRANCHES[1]).await.map_err(|no| no.error),
            Err(no) => Err(no.error),
        }
    }

    async fn fetch(&self, commit: &Commit, into: &Path) -> Result<(), RemoteError> {
        self.download(commit, into).await
    }
}
