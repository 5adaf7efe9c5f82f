//! Names of repositories.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// A repository on GitHub: `github.com/owner/repo`.
///
/// Owner and name hold only letters, digits and `- _ .`, so that neither can be anything but one part of a path
/// (attacks 55 and 57). Two names are the same whatever their case is, as for GitHub.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RepositoryName {
    host: Option<String>,
    owner: String,
    name: String,
}

/// Why a text names no repository.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{text:?} is not a repository: {problem}. Give it as `github.com/OWNER/REPOSITORY`.")]
pub struct RepositoryNameError {
    text: String,
    problem: &'static str,
}

impl RepositoryName {
    /// The most characters of an owner or of a repository's name.
    pub const MAX: usize = 100;

    /// The host that was named, in lower case.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Whose it is.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Its name, without its owner's.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether GitHub means this one by `owner/repo`.
    #[must_use]
    pub fn is(&self, full_name: &str) -> bool {
        let parts = full_name.split_once('/');
        parts.is_some_and(|(owner, name)| {
            owner.eq_ignore_ascii_case(&self.owner) && name.eq_ignore_ascii_case(&self.name)
        })
    }
}

impl FromStr for RepositoryName {
    type Err = RepositoryNameError;

    /// `github.com/owner/repo`, as the Python service has it, `https://github.com/owner/repo`, each with or without
    /// `.git`, or `owner/repo`.
    fn from_str(text: &str) -> Result<Self, RepositoryNameError> {
        let error = |problem| RepositoryNameError { text: text.chars().take(200).collect(), problem };
        let bare = text.strip_prefix("https://").unwrap_or(text);
        if bare.contains("://") {
            return Err(error("only https is taken"));
        }
        let bare = bare.strip_suffix('/').unwrap_or(bare);
        let bare = bare.strip_suffix(".git").unwrap_or(bare);
        let parts: Vec<&str> = bare.split('/').collect();
        let (host, owner, name) = match *parts {
            [host, owner, name] => (Some(host), owner, name),
            [owner, name] if bare.len() == text.len() || !text.starts_with("https://") => (None, owner, name),
            _ => return Err(error("it has not the parts host, owner and repository")),
        };
        if host.is_some_and(|host| !is_plain(host, b".-:", 253)) {
            return Err(error("its host has characters that no host has"));
        }
        if !is_plain(owner, b"-_", Self::MAX) || owner.starts_with('-') {
            return Err(error("its owner may have letters, digits, `-` and `_`, and not more than 100"));
        }
        if !is_plain(name, b"-_.", Self::MAX) || matches!(name, "." | "..") {
            return Err(error("its name may have letters, digits, `-`, `_` and `.`, and not more than 100"));
        }
        Ok(Self { host: host.map(str::to_ascii_lowercase), owner: owner.into(), name: name.into() })
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(host) = &self.host {
            write!(f, "{host}/")?;
        }
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// Whether a text has letters, digits and those characters, and is neither empty nor too long.
pub(super) fn is_plain(text: &str, also: &[u8], max: usize) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || also.contains(&byte);
    (1..=max).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn repositories_as_people_write_them() {
        let shown = |text: &str| text.parse::<RepositoryName>().unwrap().to_string();
        assert_eq!(shown("github.com/data-8/materials-fds"), "github.com/data-8/materials-fds");
        assert_eq!(shown("https://github.com/data-8/materials-fds.git"), "github.com/data-8/materials-fds");
        assert_eq!(shown("https://GitHub.com/data-8/materials-fds/"), "github.com/data-8/materials-fds");
        assert_eq!(shown("data-8/materials.fds"), "data-8/materials.fds");
        assert_eq!(shown("ghe.example.edu:8443/CS/x_1"), "ghe.example.edu:8443/CS/x_1");
        assert_eq!(shown("github.com/o/.github"), "github.com/o/.github");
        let name: RepositoryName = "github.com/Data-8/Materials".parse().unwrap();
        assert!(name.is("data-8/materials") && !name.is("data-8/materials2") && !name.is("materials"));
    }

    #[test]
    fn what_names_no_repository() {
        for text in [
            "",
            "repo",
            "/",
            "//",
            "a/b/c/d",
            "github.com/../x",
            "github.com/x/..",
            "github.com/x/.",
            "../x",
            "x/..",
            "github.com/o/r?x=1",
            "github.com/o/r#x",
            "github.com/o/r%2f..",
            "github.com/o/%2e%2e",
            "o/r\0",
            "o/r\n",
            "github.com@evil.example/o/r",
            "http://github.com/o/r",
            "ssh://git@github.com/o/r",
            "git@github.com:o/r",
            "ext::sh -c id",
            "file:///etc/passwd",
            "-o/r",
            "o/r s",
            "o\\..\\x/r",
            "https://o/r",
            "github.com//r",
            "github.com/o/r//",
            "github.com/ö/r",
            "github.com/o/.git",
            "https://u:p@github.com/o/r",
        ] {
            assert!(text.parse::<RepositoryName>().is_err(), "{text:?}");
        }
        let text = "github.com/../x".parse::<RepositoryName>().unwrap_err().to_string();
        assert!(text.contains("`github.com/OWNER/REPOSITORY`"), "{text}");
    }

    proptest! {
        #[test]
        fn a_name_is_two_plain_parts(text in r"([a-c./%?#@:~-]|github\.com/){0,20}") {
            if let Ok(name) = text.parse::<RepositoryName>() {
                for part in [name.owner(), name.name()] {
                    prop_assert!(is_plain(part, b"-_.", 100) && part != "." && part != "..");
                }
                prop_assert_eq!(name.to_string().parse::<RepositoryName>(), Ok(name));
            }
        }
    }
}
