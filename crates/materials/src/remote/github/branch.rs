//! Names of branches.

use std::{fmt, str::FromStr};

use thiserror::Error;

use super::repository::is_plain;

/// A branch's name: letters, digits and `- _ . /`, as `git check-ref-format` allows and never an option of a program.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BranchName(String);

/// The text is no branch's name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{text:?} is not a branch: its name has 1 to 200 letters, digits and `- _ . /`, no part of it begins with `.` or `-`, and it has no `..`, `//` or `.lock` at its end."
)]
pub struct BranchNameError {
    text: String,
}

impl BranchName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BranchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BranchName {
    type Err = BranchNameError;

    fn from_str(text: &str) -> Result<Self, BranchNameError> {
        let is_part = |part: &str| {
            !part.is_empty() && !part.starts_with(['.', '-']) && part.strip_suffix(".lock").is_none()
        };
        let is_branch = is_plain(text, b"-_./", 200)
            && !text.contains("..")
            && !text.ends_with('.')
            && text.split('/').all(is_part);
        if is_branch {
            Ok(Self(text.to_owned()))
        } else {
            Err(BranchNameError { text: text.chars().take(200).collect() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches() {
        for text in ["main", "2026-fall", "feature/x.y_z", "v1.0"] {
            assert_eq!(text.parse::<BranchName>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "-x",
            "--upload-pack=x",
            "a/-x",
            "..",
            "a..b",
            ".a",
            "a/.b",
            "a//b",
            "/a",
            "a/",
            "a.lock",
            "a b",
            "a~1",
            "a:b",
            "a\0",
            "a.",
            "@{u}",
            "é",
        ] {
            assert!(text.parse::<BranchName>().is_err(), "{text:?}");
        }
    }
}
