//! Names as they appear in notebook metadata, `course-config.json`, paths and pages.

use std::{borrow::Borrow, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A course, section or assignment name: 1 to 100 of the characters `A-Z a-z 0-9 . _ -`, the first one a letter,
/// digit or `_`.
///
/// Such a name is the same in a path, a URL, a CSV and a page, so none of them needs to escape it and no name can
/// climb out of a folder (attack 55).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

/// Why a text is not a [`Name`] or a [`UserName`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// Nothing there.
    #[error("it is empty")]
    Empty,
    /// More characters than `max`.
    #[error("it is longer than {max} characters")]
    TooLong {
        /// The longest name that is taken.
        max: usize,
    },
    /// A character that a name cannot hold.
    #[error("it has the character {found:?}; letters, digits, `.`, `_` and `-` are allowed")]
    Character {
        /// The first such character.
        found: char,
    },
    /// A name may not begin with `.` or `-`.
    #[error("it begins with {found:?}; it must begin with a letter, a digit or `_`")]
    Start {
        /// The first character.
        found: char,
    },
    /// A control or invisible character in a user name.
    #[error("it has a control or invisible character")]
    Invisible,
}

impl Name {
    /// The most characters a name has.
    pub const MAX: usize = 100;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let first = text.chars().next().ok_or(NameError::Empty)?;
        if text.len() > Self::MAX {
            return Err(NameError::TooLong { max: Self::MAX });
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if let Some(found) = text.chars().find(|&c| !allowed(c)) {
            return Err(NameError::Character { found });
        }
        if matches!(first, '.' | '-') {
            return Err(NameError::Start { found: first });
        }
        Ok(Self(text.to_owned()))
    }
}

/// The name of a user as the hub or the platform gives it: 1 to 255 bytes, nothing invisible.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserName(String);

impl UserName {
    /// The most bytes a user name has.
    pub const MAX: usize = 255;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.trim().is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > Self::MAX {
            return Err(NameError::TooLong { max: Self::MAX });
        }
        if text.chars().any(|c| c.is_control() || is_invisible(c)) {
            return Err(NameError::Invisible);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Characters that change how a name looks without being seen: zero-width ones and those that turn the direction.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

macro_rules! text_like {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}
text_like!(Name);
text_like!(UserName);

/// Which assignment: the three names of a notebook's `otter_service` metadata.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AssignmentKey {
    /// The course, for instance `88e`.
    pub course: Name,
    /// The section of the course, for instance `1`.
    pub section: Name,
    /// The assignment, for instance `lab01`.
    pub assignment: Name,
}

impl fmt::Display for AssignmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.course, self.section, self.assignment)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn course_names_in_use_are_names() {
        for text in ["88e", "8x", "1", "lab01", "data-101", "fall26", "hw_2.b", "_draft"] {
            assert_eq!(text.parse::<Name>().map(String::from), Ok(text.to_owned()));
        }
    }

    #[test]
    fn names_that_could_leave_a_folder_or_confuse_a_page_are_not() {
        for text in
            ["", ".", "..", "../x", "a/b", "a\\b", "a b", "-x", "a\0", "é", "<b>", "a\n", &"x".repeat(101)]
        {
            assert!(text.parse::<Name>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn user_names_may_be_any_visible_text() {
        assert!("ada@example.org".parse::<UserName>().is_ok());
        assert!("Zoë Müller".parse::<UserName>().is_ok());
        for text in ["", "  ", "a\nb", "a\u{202E}b", "\u{200B}a"] {
            assert!(text.parse::<UserName>().is_err(), "{text:?} was taken");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_one_normal_path_component(text in ".{0,120}") {
            if let Ok(name) = text.parse::<Name>() {
                let mut parts = std::path::Path::new(name.as_str()).components();
                let is_normal = matches!(parts.next(), Some(std::path::Component::Normal(part)) if part == name.as_str());
                prop_assert!(is_normal);
                prop_assert!(parts.next().is_none());
            }
        }
    }
}
