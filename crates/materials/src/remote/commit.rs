//! Which state of a repository.

use std::{fmt, str::FromStr};

use thiserror::Error;

/// The name of a commit: 40 lower-case hexadecimal digits, or 64 in a repository with SHA-256.
///
/// Such a name is one plain part of a path or a URL, and never an option of a program.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Commit(String);

/// The text is no commit's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("it is not the name of a commit, which has 40 or 64 hexadecimal digits")]
pub struct NotACommit;

impl Commit {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits, for messages to people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl FromStr for Commit {
    type Err = NotACommit;

    fn from_str(text: &str) -> Result<Self, NotACommit> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_commit = matches!(text.len(), 40 | 64) && text.bytes().all(is_digit);
        if is_commit { Ok(Self(text.to_owned())) } else { Err(NotACommit) }
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lower_case_names_are_commits() {
        let name = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(name.parse::<Commit>().unwrap().to_string(), name);
        assert_eq!(name.parse::<Commit>().unwrap().short(), "0123456789ab");
        assert!("a".repeat(64).parse::<Commit>().is_ok());
        let others = [
            "",
            "main",
            "../../etc",
            &name[1..],
            &name.to_uppercase(),
            &format!("{name}\n"),
            &format!("-{}", &name[1..]),
            &"é".repeat(20),
        ];
        for text in others {
            assert_eq!(text.parse::<Commit>(), Err(NotACommit), "{text:?}");
        }
    }
}
