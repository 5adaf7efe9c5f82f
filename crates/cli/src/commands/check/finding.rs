//! One thing that was found.

use std::path::Path;

use serde::Serialize;

/// How much it matters. In order of weight, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// Students would be graded wrongly, or not at all.
    Error,
    /// It may be meant, and often is not.
    Warning,
    /// Good to know.
    Note,
}

/// What is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// Names the kind; does not change between versions.
    pub(super) code: &'static str,
    pub(super) level: Level,
    /// The file, as seen from the folder in which the command was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    /// The line in the file, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<usize>,
    /// `course/section/assignment`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) assignment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) question: Option<String>,
    /// What is wrong, in a sentence or two.
    pub(super) what: String,
    /// What to do about it; empty where the sentence says it all.
    #[serde(rename = "do", skip_serializing_if = "String::is_empty")]
    pub(super) action: String,
}

/// A path for people and for GitHub, which wants none that begins with `./`.
pub(super) fn shown(path: &Path) -> String {
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}

impl Finding {
    pub(super) fn error(code: &'static str, what: impl Into<String>) -> Self {
        let (what, action) = (what.into(), String::new());
        let (file, line, assignment, question) = (None, None, None, None);
        Self { code, level: Level::Error, file, line, assignment, question, what, action }
    }

    pub(super) fn warning(code: &'static str, what: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::error(code, what) }
    }

    pub(super) fn note(code: &'static str, what: impl Into<String>) -> Self {
        Self { level: Level::Note, ..Self::error(code, what) }
    }

    /// What to do about it.
    pub(super) fn fix(self, action: impl Into<String>) -> Self {
        Self { action: action.into(), ..self }
    }

    pub(super) fn in_question(self, name: &str) -> Self {
        Self { question: Some(name.to_owned()), ..self }
    }

    pub(super) fn in_line(self, line: Option<usize>) -> Self {
        Self { line, ..self }
    }

    /// The file, unless it has one already.
    pub(super) fn in_file(self, file: &str) -> Self {
        Self { file: self.file.or_else(|| Some(file.to_owned())), ..self }
    }

    pub(super) fn of_assignment(self, assignment: &str) -> Self {
        Self { assignment: Some(assignment.to_owned()), ..self }
    }
}
