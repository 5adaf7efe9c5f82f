//! YAML with the lines of things, which the loader of `yaml-rust2` does not keep.

use std::collections::BTreeSet;

use yaml_rust2::{
    parser::{Event, Parser},
    scanner::TScalarStyle,
};

use super::Problem;

/// Courses, their keys, and lists in them.
const MAX_DEPTH: usize = 8;

/// A value and where it stands, counted from 1.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// `plain`: without quotes.
    Text {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    /// Name, line of the name, value; in the order of the file.
    Mapping(Vec<(String, usize, Node)>),
}

impl Node {
    /// The text as it is written: `8` and `true` are texts, too, so that a course may be called `8`.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// `true` or `false` without quotes, as `PyYAML` has them.
    pub(super) fn switch(&self) -> Option<bool> {
        let Kind::Text { text, plain: true } = &self.kind else { return None };
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn mapping(&self) -> Option<&[(String, usize, Self)]> {
        match &self.kind {
            Kind::Mapping(members) => Some(members),
            _ => None,
        }
    }
}

/// What is open while the events come.
enum Open {
    List(usize, Vec<Node>),
    Mapping(usize, Vec<(String, usize, Node)>, Option<(String, usize)>),
}

/// Parses one document. The problems are those that leave the rest readable.
pub(super) fn parse(text: &str) -> Result<(Node, Vec<Problem>), Problem> {
    let mut parser = Parser::new_from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    let mut problems = Vec::new();
    loop {
        let (event, marker) = parser.next_token().map_err(|error| Problem {
            line: error.marker().line(),
            text: format!("this is not YAML: {}", error.info()),
        })?;
        let line = marker.line();
        let refuse = |text: &str| Err(Problem { line, text: text.into() });
        let done = match event {
            Event::StreamEnd => break,
            Event::Nothing | Event::StreamStart | Event::DocumentStart | Event::DocumentEnd => continue,
            // A few lines of them can stand for terabytes.
            Event::Alias(_) => return refuse("aliases (`*name`) are not read here; write it out"),
            Event::Scalar(text, style, ..) => {
                Node { line, kind: Kind::Text { text, plain: style == TScalarStyle::Plain } }
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= MAX_DEPTH => {
                return refuse("it is nested too deep");
            }
            Event::SequenceStart(..) => {
                open.push(Open::List(line, Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Mapping(line, Vec::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(line, items)) => Node { line, kind: Kind::List(items) },
                Some(Open::Mapping(line, members, _)) => {
                    repeated(&members, &mut problems);
                    Node { line, kind: Kind::Mapping(members) }
                }
                None => continue,
            },
        };
        match open.last_mut() {
            None if root.is_some() => return refuse("a second document begins here; only one is read"),
            None => root = Some(done),
            Some(Open::List(_, items)) => items.push(done),
            Some(Open::Mapping(_, members, name)) => match (name.take(), done) {
                (Some((name, line)), value) => members.push((name, line, value)),
                (None, Node { line, kind: Kind::Text { text, .. } }) => *name = Some((text, line)),
                (None, _) => return refuse("a name is expected here"),
            },
        }
    }
    let nothing = || Node { line: 1, kind: Kind::List(Vec::new()) };
    Ok((root.unwrap_or_else(nothing), problems))
}

/// `PyYAML` takes the last one silently, so that a course may be missing or another one than it seems.
fn repeated(members: &[(String, usize, Node)], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for (name, line, _) in members {
        if !seen.insert(name) {
            problems.push(Problem { line: *line, text: format!("`{name}` is there a second time") });
        }
    }
}
