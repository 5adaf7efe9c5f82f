//! Where a git remote is.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// The URL of a git remote: `https://HOST/PATH`, `ssh://USER@HOST/PATH` (or `USER@HOST:PATH`), and, for those who
/// allow it, `http://` and `file:///`.
///
/// Nothing else gets to git, which would run a program for `ext::...` and take an option for `-...` (attack 58). It
/// holds no password: that is what secrets are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitUrl {
    scheme: Scheme,
    /// Before the `@`; only of ssh.
    user: Option<String>,
    /// Empty for a file.
    host: String,
    port: Option<u16>,
    /// Begins with `/`.
    path: String,
}

/// How a remote is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Https,
    Ssh,
    Http,
    File,
}

/// Why a text is no [`GitUrl`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GitUrlError {
    /// Another scheme, or none.
    #[error(
        "A git remote is given as https://HOST/PATH, ssh://USER@HOST/PATH or USER@HOST:PATH; nothing else is spoken."
    )]
    Scheme,
    /// A password or token in the URL.
    #[error("The URL holds a user or password. Take it out, and give the token as a secret.")]
    Password,
    /// The host is none.
    #[error("{0:?} is no host's name.")]
    Host(String),
    /// A port is none.
    #[error("{0:?} is no port.")]
    Port(String),
    /// The user is none.
    #[error("{0:?} is no user's name.")]
    User(String),
    /// Characters in the path that no repository has.
    #[error(
        "The path of the repository has {0}. Letters, digits, and any of `/ . _ ~ + % -` may be in it, and no part may be `..` or begin with `-`."
    )]
    Path(String),
}

impl Scheme {
    /// As git and URLs name it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Ssh => "ssh",
            Self::Http => "http",
            Self::File => "file",
        }
    }

    fn usual_port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Ssh => 22,
            Self::Http => 80,
            Self::File => 0,
        }
    }
}

impl GitUrl {
    /// The URL, if what is said to it is encrypted.
    pub fn secure(text: &str) -> Result<Self, GitUrlError> {
        let url: Self = text.parse()?;
        match url.scheme {
            Scheme::Https | Scheme::Ssh => Ok(url),
            Scheme::Http | Scheme::File => Err(GitUrlError::Scheme),
        }
    }

    pub(super) fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// A name or an address, IPv6 in brackets; empty for a file.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port.unwrap_or(self.scheme.usual_port())
    }

    /// For messages: `host/path`, without `.git`.
    pub(super) fn name(&self) -> String {
        format!("{}{}", self.host, self.path.trim_end_matches(".git"))
    }

    /// Everything before the path: to whom a token may be shown.
    pub(super) fn site(&self) -> String {
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        let user = self.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        format!("{}://{user}{}{port}", self.scheme.name(), self.host)
    }
}

impl FromStr for GitUrl {
    type Err = GitUrlError;

    /// Any of the four schemes; [`GitUrl::secure`] for what comes from a file that is not the operator's own.
    fn from_str(text: &str) -> Result<Self, GitUrlError> {
        let (scheme, rest) = match text.split_once("://") {
            Some(("https", rest)) => (Scheme::Https, rest),
            Some(("http", rest)) => (Scheme::Http, rest),
            Some(("ssh", rest)) => (Scheme::Ssh, rest),
            Some(("file", rest)) => (Scheme::File, rest),
            Some(_) => return Err(GitUrlError::Scheme),
            None => return short(text),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (user, site) = match authority.rsplit_once('@') {
            Some((user, site)) => (Some(user), site),
            None => (None, authority),
        };
        if user.is_some_and(|user| user.contains(':') || scheme != Scheme::Ssh) {
            return Err(GitUrlError::Password);
        }
        let end_of_host = site.rfind(':').filter(|_| !site.ends_with(']')).unwrap_or(site.len());
        let (host, port) = site.split_at(end_of_host);
        let port = match port.strip_prefix(':') {
            Some(port) => Some(port.parse().map_err(|_| GitUrlError::Port(port.into()))?),
            None => None,
        };
        if scheme == Scheme::File && site.is_empty() {
            check_path(path)?;
        } else {
            check_host(host)?;
            check_path(path)?;
        }
        if scheme == Scheme::File && !site.is_empty() {
            return Err(GitUrlError::Host(site.into()));
        }
        let user = user.map(check_user).transpose()?;
        Ok(Self { scheme, user, host: host.to_ascii_lowercase(), port, path: path.into() })
    }
}

/// `USER@HOST:PATH`, as hosts of repositories show it for copying.
fn short(text: &str) -> Result<GitUrl, GitUrlError> {
    let (user, rest) = text.split_once('@').ok_or(GitUrlError::Scheme)?;
    let (host, path) = rest.split_once(':').ok_or(GitUrlError::Scheme)?;
    let user = Some(check_user(user)?);
    check_host(host)?;
    // `HOST::ADDRESS` names a helper program.
    let path = format!("/{}", path.trim_start_matches('/'));
    check_path(&path)?;
    Ok(GitUrl { scheme: Scheme::Ssh, user, host: host.to_ascii_lowercase(), port: None, path })
}

fn check_user(user: &str) -> Result<String, GitUrlError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let is_user = !user.is_empty() && !user.starts_with('-') && user.chars().all(is_plain);
    if is_user { Ok(user.into()) } else { Err(GitUrlError::User(user.chars().take(100).collect())) }
}

fn check_host(host: &str) -> Result<(), GitUrlError> {
    let is_name = |host: &str| {
        host.len() <= 253
            && host.split('.').all(|label| !label.is_empty() && !label.starts_with('-'))
            && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
    };
    let is_address = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .is_some_and(|host| host.parse::<std::net::Ipv6Addr>().is_ok());
    if is_name(host) || is_address {
        Ok(())
    } else {
        Err(GitUrlError::Host(host.chars().take(100).collect()))
    }
}

fn check_path(path: &str) -> Result<(), GitUrlError> {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '~' | '+' | '%' | '-');
    let problem = if let Some(found) = path.chars().find(|c| !is_plain(*c)) {
        format!("the character {found:?}")
    } else if path.split('/').any(|part| part == ".." || part.starts_with('-')) {
        "a part that could be taken for something else".into()
    } else if path.trim_matches('/').is_empty() {
        "nothing in it".into()
    } else {
        return Ok(());
    };
    Err(GitUrlError::Path(problem))
}

impl fmt::Display for GitUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.site(), self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_urls_are_taken_as_they_are() {
        for url in [
            "https://gitlab.example.edu/data8/materials.git",
            "https://gitlab.example.edu:8443/a/b/c",
            "ssh://git@gitlab.example.edu/data8/materials.git",
            "ssh://git@gitlab.example.edu:2222/~ada/materials",
            "http://127.0.0.1:8080/repo.git",
            "http://[::1]:8080/repo.git",
            "file:///srv/git/materials.git",
        ] {
            assert_eq!(url.parse::<GitUrl>().unwrap().to_string(), url);
        }
        let short = "git@github.com:owner/repo.git".parse::<GitUrl>().unwrap();
        assert_eq!(short.to_string(), "ssh://git@github.com/owner/repo.git");
        assert_eq!((short.name(), short.port()), ("github.com/owner/repo".into(), 22));
    }

    #[test]
    fn what_could_run_something_or_leave_the_url_is_none() {
        for url in [
            "",
            "main",
            "ext::sh -c touch% /tmp/x",
            "ext::sh://x/y",
            "fd::17/foo",
            "git://example.org/repo",
            "ftp://example.org/repo",
            "HTTPS::https://example.org/x",
            "--upload-pack=touch /tmp/x",
            "-oProxyCommand=touch@example.org:x",
            "ssh://-oProxyCommand=x/repo",
            "ssh://git@-oProxyCommand=x/repo",
            "ssh://-l@example.org/repo",
            "git@-x:repo",
            "git@example.org::repo",
            "git@example.org:-x",
            "https://example.org/--upload-pack",
            "https://example.org/a/../b",
            "https://example.org/a b",
            "https://example.org/a\nb",
            "https://example.org/a;b",
            "https://example.org/a?b#c",
            "https://example.org/a'b",
            "https://example.org/",
            "https://example.org",
            "https:///a",
            "https://example.org:x/a",
            "https://exa mple.org/a",
            "file://host/a",
            "file://a",
            "/srv/git/x",
            "./x",
        ] {
            assert!(url.parse::<GitUrl>().is_err(), "{url:?} was taken");
        }
    }

    #[test]
    fn passwords_are_no_part_of_it() {
        for url in
            ["https://user:token@example.org/a", "https://token@example.org/a", "ssh://git:pw@example.org/a"]
        {
            assert_eq!(url.parse::<GitUrl>(), Err(GitUrlError::Password));
        }
        assert!(!GitUrlError::Password.to_string().contains("token@"));
    }

    #[test]
    fn plain_text_and_files_are_for_those_who_allow_them() {
        assert!(GitUrl::secure("https://example.org/a").is_ok());
        assert!(GitUrl::secure("git@example.org:a").is_ok());
        assert_eq!(GitUrl::secure("http://example.org/a"), Err(GitUrlError::Scheme));
        assert_eq!(GitUrl::secure("file:///a"), Err(GitUrlError::Scheme));
    }
}
