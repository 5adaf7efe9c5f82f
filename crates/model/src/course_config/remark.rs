//! A place in `course-config.json`, and what is to be said about it.

use std::fmt;

use crate::names::Name;

use super::scan;

/// Something to say about one place of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// JSON pointer (RFC 6901) to the place; empty for the whole file.
    pub at: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is to be said, as the end of a sentence.
    pub text: String,
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)?;
        if !self.at.is_empty() {
            write!(f, " (`{}`)", self.at)?;
        }
        write!(f, ": {}", self.text)
    }
}

/// Remarks that do not know their line yet.
#[derive(Debug, Default)]
pub(super) struct Remarks(Vec<(Vec<String>, String)>);

impl Remarks {
    /// More than anybody reads; each costs a pass over the text.
    const MOST: usize = 50;
    /// The same of a text that is larger than any that people write.
    const MOST_OF_LARGE: usize = 3;
    /// Bytes.
    const LARGE: usize = 1 << 20;

    pub(super) fn add(&mut self, path: &Path<'_>, text: impl Into<String>) {
        self.add_owned(path.names(), text);
    }

    pub(super) fn add_owned(&mut self, path: Vec<String>, text: impl Into<String>) {
        if !self.is_full() {
            self.0.push((path, text.into()));
        }
    }

    /// Whether another one would not be kept.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= Self::MOST
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With the places in the text that was parsed, in their order.
    pub(super) fn locate(self, text: &[u8]) -> Vec<Remark> {
        let locate = |(path, remark): (Vec<String>, String)| {
            let (line, column) = scan::line_and_column(text, scan::locate(text, &path));
            Remark { at: pointer(&path), line, column, text: remark }
        };
        let most = if text.len() > Self::LARGE { Self::MOST_OF_LARGE } else { Self::MOST };
        let mut located: Vec<_> = self.0.into_iter().take(most).map(locate).collect();
        located.sort_by_key(|remark| (remark.line, remark.column));
        located
    }
}

/// The way from the root to a member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    name: &'a str,
}

impl<'a> Path<'a> {
    pub(super) const ROOT: Self = Self { parent: None, name: "" };

    pub(super) fn member(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), name }
    }

    fn names(&self) -> Vec<String> {
        let Some(parent) = self.parent else { return Vec::new() };
        let mut names = parent.names();
        names.push(self.name.to_owned());
        names
    }
}

/// As RFC 6901 writes it; what is longer than any name is cut.
fn pointer(path: &[String]) -> String {
    let cut = |name: &str| match name.char_indices().nth(Name::MAX) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    };
    path.iter().flat_map(|name| ["/".to_owned(), cut(name).replace('~', "~0").replace('/', "~1")]).collect()
}
