//! Any git remote, by the `git` program.
//!
//! Git is a large program that was made to run others: hooks, filters, helpers for unknown protocols, submodules
//! (attack 58). So it gets a URL whose form was checked, a clean environment and settings that turn all of that off;
//! and it never checks anything out. A commit is fetched alone into a bare repository without a history, and its files
//! come out of `git archive` through the same door as GitHub's: the unpacker that makes nothing but files and folders.

mod access;
mod complaint;
mod program;
mod url;

use std::{
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use async_trait::async_trait;
use outbound::{Outbound, Policy};
use tempfile::TempDir;
use tokio::{sync::OnceCell, task::spawn_blocking};

use super::{
    Commit, Remote, RemoteError,
    github::BranchName,
    tarball::{self, Expected, Packing},
};

pub use access::GitAccess;
pub use url::{GitUrl, GitUrlError};

use program::{Ended, Program};
use url::Scheme;

/// How long a question may take.
const ASKING: Duration = Duration::from_secs(30);
/// How long fetching may take.
const FETCHING: Duration = Duration::from_mins(15);
/// How long what needs no network may take.
const LOCAL: Duration = Duration::from_mins(10);
/// The most that a commit's objects take, packed.
const MAX_PACK_BYTES: u64 = 2 << 30;
/// The first git that can be told by its environment where a host is.
const OLDEST: (u32, u32) = (2, 37);

/// A repository that any git remote holds.
pub struct Git {
    url: GitUrl,
    branch: Option<BranchName>,
    program: Program,
    outbound: Outbound,
    /// Set once the version of the program was looked at.
    is_new_enough: OnceCell<()>,
}

/// Why there is no [`Git`] for a URL.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// What is said to it would not be encrypted.
    #[error(
        "{url} is not encrypted. Use https or ssh; or, if this is meant, add {host:?} to `allow_private` in [materials]."
    )]
    Plain {
        /// The URL.
        url: GitUrl,
        /// What has to be allowed.
        host: String,
    },
    /// A token goes over https, a key over ssh.
    #[error("A {0} cannot be used with this URL. Tokens are for https, keys for ssh.")]
    Access(&'static str),
    /// What may be contacted makes no sense.
    #[error("{0}")]
    AllowPrivate(String),
}

impl Git {
    /// The repository at `url`, let in by `access`. The hosts `allow_private` may have private addresses and may be
    /// spoken to in plain text; `localhost` stands for `file:` too. Runs `git` of the path.
    pub fn new(
        url: GitUrl,
        branch: Option<BranchName>,
        access: &GitAccess,
        allow_private: &[String],
    ) -> Result<Self, GitError> {
        let scheme = url.scheme();
        let host = if scheme == Scheme::File { "localhost" } else { url.host() };
        if matches!(scheme, Scheme::Http | Scheme::File)
            && !allow_private.iter().any(|allowed| allowed == host)
        {
            return Err(GitError::Plain { host: host.to_owned(), url });
        }
        match (access, scheme) {
            (GitAccess::Token { .. }, Scheme::Ssh | Scheme::File) => return Err(GitError::Access("token")),
            (GitAccess::Key { .. }, Scheme::Https | Scheme::Http | Scheme::File) => {
                return Err(GitError::Access("key"));
            }
            _ => {}
        }
        let problem = |error: &dyn fmt::Display| GitError::AllowPrivate(error.to_string());
        let mut policy = Policy::default();
        for host in allow_private {
            policy = policy.allow_private(host).map_err(|error| problem(&error))?;
        }
        let outbound = Outbound::new(policy).map_err(|error| problem(&error))?;
        let program = Program::new("git".into(), scheme.name(), access.settings(&url), access.ssh_command());
        Ok(Self { url, branch, program, outbound, is_new_enough: OnceCell::new() })
    }

    /// The same with another program than the `git` of the path.
    #[must_use]
    pub fn with_program(mut self, program: PathBuf) -> Self {
        self.program = self.program.named(program);
        self
    }

    /// The same with another judge of where hosts may be than the hosts given to [`Git::new`] make.
    #[must_use]
    pub fn with_outbound(mut self, outbound: Outbound) -> Self {
        self.outbound = outbound;
        self
    }

    /// Git, told where the host is: at addresses that were checked, so that a name that leads elsewhere a moment later
    /// gains nothing. By ssh the host proves who it is anyway.
    async fn program(&self) -> Result<Program, RemoteError> {
        self.is_new_enough.get_or_try_init(|| self.check_version()).await?;
        if self.url.scheme() == Scheme::File {
            return Ok(self.program.clone());
        }
        let host = self.url.host();
        let addresses = self.outbound.addresses(host).await.map_err(|error| {
            let problem = error.to_string();
            if error.is_passing() { RemoteError::Away { problem } } else { RemoteError::Refused { problem } }
        })?;
        if host.starts_with('[') || host.parse::<IpAddr>().is_ok() || self.url.scheme() == Scheme::Ssh {
            return Ok(self.program.clone());
        }
        let addresses: Vec<_> = addresses
            .iter()
            .map(|address| match address {
                IpAddr::V4(address) => address.to_string(),
                IpAddr::V6(address) => format!("[{address}]"),
            })
            .collect();
        let pinned = format!("{host}:{}:{}", self.url.port(), addresses.join(","));
        Ok(self.program.with("http.curloptResolve", pinned))
    }

    async fn check_version(&self) -> Result<(), RemoteError> {
        let ended = self.program.run(None, &["version"], None, 0, ASKING).await?;
        let text = String::from_utf8_lossy(&self.succeeded(ended)?).trim().to_owned();
        match version(&text) {
            Some(found) if found >= OLDEST => Ok(()),
            _ => Err(RemoteError::Ours {
                problem: format!(
                    "The git here says {text:?}, and {}.{} or newer is needed. Install a newer one.",
                    OLDEST.0, OLDEST.1
                ),
            }),
        }
    }

    /// The answer of a run that succeeded.
    fn succeeded(&self, ended: Ended) -> Result<Vec<u8>, RemoteError> {
        match ended.code {
            Some(0) => Ok(ended.answer),
            _ => Err(complaint::meaning(&self.url.name(), &ended)),
        }
    }

    /// A bare repository beside `into` that has this one commit.
    async fn repository(&self, commit: &Commit, into: &Path) -> Result<TempDir, RemoteError> {
        let (parent, name) = (into.parent().unwrap_or(into), into.file_name().unwrap_or_default());
        let repository =
            tempfile::Builder::new().prefix(name).suffix(".git").tempdir_in(parent).map_err(|e| disk(&e))?;
        let format = if commit.as_str().len() == 40 { "sha1" } else { "sha256" };
        let format = format!("--object-format={format}");
        let init = ["init", "--quiet", "--bare", "--template=", "--initial-branch=none", &format];
        let git = self.program().await?;
        let path = repository.path();
        self.succeeded(git.run(Some(path), &init, None, MAX_PACK_BYTES, LOCAL).await?)?;
        let url = self.url.to_string();
        let what = format!("+{commit}:refs/heads/fetched");
        let fetch = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--no-auto-maintenance",
            "--depth=1",
            "--",
            &url,
            &what,
        ];
        self.succeeded(git.run(Some(path), &fetch, None, MAX_PACK_BYTES, FETCHING).await?)?;
        Ok(repository)
    }
}

#[async_trait]
impl Remote for Git {
    fn name(&self) -> String {
        self.url.name()
    }

    fn branch(&self) -> Option<&str> {
        self.branch.as_ref().map(BranchName::as_str)
    }

    async fn newest(&self) -> Result<Commit, RemoteError> {
        let url = self.url.to_string();
        let branches = match self.branch() {
            Some(branch) => vec![format!("refs/heads/{branch}")],
            None => vec!["refs/heads/main".into(), "refs/heads/master".into()],
        };
        let mut arguments = vec!["ls-remote", "--quiet", "--", &url];
        arguments.extend(branches.iter().map(String::as_str));
        let ended = self.program().await?.run(None, &arguments, None, 0, ASKING).await?;
        let answer = self.succeeded(ended)?;
        let answer = String::from_utf8_lossy(&answer);
        branches.iter().find_map(|branch| commit_of(&answer, branch)).ok_or_else(|| RemoteError::Refused {
            problem: match self.branch() {
                Some(branch) => format!("The repository {} has no branch {branch}. Correct `branch` in the courses file.", self.name()),
                None => format!("The repository {} has neither a branch main nor one named master. Name the branch in the courses file.", self.name()),
            },
        })
    }

    async fn fetch(&self, commit: &Commit, into: &Path) -> Result<(), RemoteError> {
        // Git runs in another folder.
        let into = &std::path::absolute(into).map_err(|error| disk(&error))?;
        let repository = self.repository(commit, into).await?;
        let limits = tarball::default_limits();
        let tar = tempfile::tempfile_in(into.parent().unwrap_or(into)).map_err(|error| disk(&error))?;
        let archive = ["archive", "--format=tar", commit.as_str()];
        // The headers of the entries and what fills their blocks come on top of their content.
        let most = limits.total_bytes + 4096 * u64::try_from(limits.entries).unwrap_or(u64::MAX >> 12);
        let output = tar.try_clone().map_err(|error| disk(&error))?;
        let ended = self.program.run(Some(repository.path()), &archive, Some(output), most, LOCAL).await?;
        self.succeeded(ended)?;
        let (name, wanted, into) = (self.name(), commit.clone(), into.to_owned());
        let unpacked = spawn_blocking(move || {
            let expected = Expected { commit: &wanted, in_a_folder: false };
            tarball::unpack(tar, Packing::Plain, expected, &into, &limits)
        });
        match unpacked.await {
            Ok(Ok(unpacked)) => {
                if unpacked.links > 0 {
                    tracing::info!(remote = name, %commit, links = unpacked.links, "symbolic links were left out");
                }
                Ok(())
            }
            Ok(Err(error)) if error.is_ours() => Err(RemoteError::Ours { problem: error.to_string() }),
            Ok(Err(error)) if error.is_damage() => Err(RemoteError::Away { problem: error.to_string() }),
            Ok(Err(error)) => Err(RemoteError::Content { problem: error.to_string() }),
            Err(error) => Err(RemoteError::Ours { problem: format!("Unpacking it failed: {error}.") }),
        }
    }
}

impl fmt::Debug for Git {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Git")
            .field("url", &self.url.to_string())
            .field("branch", &self.branch)
            .finish_non_exhaustive()
    }
}

/// The commit of a branch, by the answer of `ls-remote`.
fn commit_of(answer: &str, branch: &str) -> Option<Commit> {
    let found = answer.lines().filter_map(|line| line.split_once('\t')).find(|(_, name)| *name == branch);
    found.and_then(|(commit, _)| commit.parse().ok())
}

/// Major and minor of `git version 2.47.3`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix("git version ")?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn disk(error: &std::io::Error) -> RemoteError {
    RemoteError::Ours {
        problem: format!("Nothing can be written where materials are kept: {error}. Check the disk."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(version("git version 2.47.3"), Some((2, 47)));
        assert_eq!(version("git version 2.39.5 (Apple Git-154)"), Some((2, 39)));
        assert_eq!(version("hub version 2"), None);
    }

    #[test]
    fn the_branch_itself_is_found_and_none_that_ends_like_it() {
        let (one, other) = ("a".repeat(40), "b".repeat(40));
        let answer = format!("{one}\trefs/heads/x/refs/heads/main\n{other}\trefs/heads/main\n");
        assert_eq!(commit_of(&answer, "refs/heads/main").unwrap().as_str(), other);
        assert_eq!(commit_of(&answer, "refs/heads/master"), None);
        assert_eq!(commit_of("--upload-pack=x\trefs/heads/main\n", "refs/heads/main"), None);
    }

    #[test]
    fn what_is_not_encrypted_must_be_meant() {
        let git = |url: &str, access, allowed: &[&str]| {
            let allowed: Vec<_> = allowed.iter().map(|host| (*host).to_owned()).collect();
            Git::new(url.parse().unwrap(), None, &access, &allowed)
        };
        assert!(git("https://git.example.org/a", GitAccess::Open, &[]).is_ok());
        let error = git("http://git.example.org/a", GitAccess::Open, &["localhost"]).unwrap_err();
        assert!(error.to_string().contains("\"git.example.org\" to `allow_private`"), "{error}");
        assert!(git("http://git.example.org/a", GitAccess::Open, &["git.example.org"]).is_ok());
        assert!(matches!(git("file:///a", GitAccess::Open, &[]), Err(GitError::Plain { .. })));
        assert!(git("file:///a", GitAccess::Open, &["localhost"]).is_ok());
        let token = || GitAccess::Token { user: "x".into(), token: "y".into() };
        assert!(matches!(git("ssh://git@git.example.org/a", token(), &[]), Err(GitError::Access("token"))));
        assert!(git("https://git.example.org/a", token(), &[]).is_ok());
    }
}
