//! A notebook as it is submitted: proved to be one, and kept byte for byte.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::{json::nests_deeper_than, names::AssignmentKey, names::Name, refusal::Refusal};

/// What a notebook may be at most.
#[derive(Debug, Clone, Copy)]
pub struct NotebookLimits {
    /// How deep arrays and objects may nest, the request's own object included. Real notebooks with interactive
    /// plots stay below 30.
    pub depth: usize,
}

impl Default for NotebookLimits {
    fn default() -> Self {
        Self { depth: 100 }
    }
}

/// A valid notebook (nbformat 4, <https://nbformat.readthedocs.io/en/latest/format_description.html>) that says
/// which assignment it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notebook<'a> {
    /// The notebook's JSON exactly as it was sent: the bytes that are stored, hashed and graded.
    pub bytes: &'a [u8],
    /// Which assignment its metadata names.
    pub key: AssignmentKey,
}

impl<'a> Notebook<'a> {
    /// Takes the notebook out of a request's body `{"nb": NOTEBOOK}`; other members are ignored.
    pub fn from_request(body: &'a [u8], limits: NotebookLimits) -> Result<Self, Refusal> {
        if nests_deeper_than(body, limits.depth) {
            return Err(Refusal::TooDeep { limit: limits.depth });
        }
        Self::from_raw(envelope(body)?.nb.ok_or(Refusal::NoNotebook)?)
    }

    fn from_raw(raw: &'a RawValue) -> Result<Self, Refusal> {
        let shape: Shape<'a> = parse(raw, "/nb")?;
        if shape.nbformat != 4 {
            let problem = format!("this is format {}, and only format 4 is graded", shape.nbformat);
            return Err(Refusal::NotANotebook { at: "/nb/nbformat".into(), problem });
        }
        for (index, cell) in shape.cells.iter().enumerate() {
            let at = format!("/nb/cells/{index}");
            let cell: Cell<'_> = parse(cell, &at)?;
            if cell.outputs.is_some_and(|outputs| !outputs.get().starts_with('[')) {
                return Err(Refusal::NotANotebook {
                    at: at + "/outputs",
                    problem: "a list is expected".into(),
                });
            }
            if !is_object(cell.metadata) {
                let problem = "an object is expected".into();
                return Err(Refusal::NotANotebook { at: at + "/metadata", problem });
            }
            if !matches!(cell.kind.as_ref(), "code" | "markdown" | "raw") {
                let problem = "a cell is of type `code`, `markdown` or `raw`".into();
                return Err(Refusal::NotANotebook { at: at + "/cell_type", problem });
            }
        }
        let metadata: Metadata<'a> = parse(shape.metadata, "/nb/metadata")?;
        let key = metadata.otter_service.ok_or(Refusal::NoMetadata).and_then(assignment_key)?;
        Ok(Self { bytes: raw.get().as_bytes(), key })
    }
}

/// A good request is read in one pass; what is wrong with another one is found by a second.
fn envelope(body: &[u8]) -> Result<Envelope<'_>, Refusal> {
    let is_object = body.trim_ascii_start().starts_with(b"{");
    match serde_json::from_slice(body) {
        Ok(envelope) if is_object => Ok(envelope),
        _ => {
            let request: &RawValue = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
            object(request).ok_or(Refusal::NoNotebook)
        }
    }
}

fn not_json(error: &serde_json::Error) -> Refusal {
    Refusal::NotJson { line: error.line().max(1), column: error.column().max(1) }
}

fn parse<'a, T: Deserialize<'a>>(raw: &'a RawValue, at: &str) -> Result<T, Refusal> {
    let refusal = |problem| Refusal::NotANotebook { at: at.to_owned(), problem };
    if !is_object(raw) {
        return Err(refusal("an object is expected".into()));
    }
    serde_json::from_str(raw.get()).map_err(|error| refusal(describe(&error)))
}

/// Reads an object. (The parser would take an array with the same values in order as well.)
fn object<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    is_object(raw).then(|| serde_json::from_str(raw.get()).ok()).flatten()
}

/// A raw value begins with its first character that is no blank.
fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}

/// The parser's words without the value that it found, which may be long and is nobody's business.
fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    let found = |text: &str| {
        text.split_once(": ").map(|(_, found)| found.split([' ', '`']).next().unwrap_or_default().to_owned())
    };
    match text.rsplit_once(", expected ") {
        Some((start, expected)) => {
            format!("{expected} is expected, not {}", found(start).unwrap_or_default())
        }
        None => text.chars().take(200).collect(),
    }
}

fn assignment_key(raw: &RawValue) -> Result<AssignmentKey, Refusal> {
    let names: OtterService<'_> = object(raw).ok_or(Refusal::NoMetadata)?;
    let fields = [("course", names.course), ("section", names.section), ("assignment", names.assignment)];
    let missing: Vec<_> = fields.iter().filter(|(_, raw)| raw.is_none()).map(|(field, _)| *field).collect();
    let [(_, Some(course)), (_, Some(section)), (_, Some(assignment))] = fields else {
        return Err(Refusal::IncompleteMetadata { missing });
    };
    Ok(AssignmentKey {
        course: name("course", course)?,
        section: name("section", section)?,
        assignment: name("assignment", assignment)?,
    })
}

fn name(field: &'static str, raw: &RawValue) -> Result<Name, Refusal> {
    let text: Cow<'_, str> = serde_json::from_str(raw.get()).map_err(|_| Refusal::NameNotText { field })?;
    text.parse().map_err(|problem| Refusal::BadName { field, problem })
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    nb: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Shape<'a> {
    nbformat: u32,
    #[serde(default, rename = "nbformat_minor")]
    _nbformat_minor: u32,
    #[serde(borrow)]
    metadata: &'a RawValue,
    #[serde(borrow)]
    cells: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Cell<'a> {
    #[serde(borrow, rename = "cell_type")]
    kind: Cow<'a, str>,
    #[serde(rename = "source")]
    _source: Source,
    #[serde(borrow)]
    metadata: &'a RawValue,
    #[serde(borrow)]
    outputs: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Metadata<'a> {
    #[serde(borrow)]
    otter_service: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct OtterService<'a> {
    #[serde(borrow)]
    course: Option<&'a RawValue>,
    #[serde(borrow)]
    section: Option<&'a RawValue>,
    #[serde(borrow)]
    assignment: Option<&'a RawValue>,
}

/// A cell's source: a string or a list of strings. Only its shape is checked; nothing is copied.
struct Source;

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourceShape)
    }
}

struct SourceShape;

impl<'de> Visitor<'de> for SourceShape {
    type Value = Source;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a source that is a string or a list of strings")
    }

    fn visit_str<E>(self, _: &str) -> Result<Source, E> {
        Ok(Source)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut lines: A) -> Result<Source, A::Error> {
        while lines.next_element::<Cow<'de, str>>()?.is_some() {}
        Ok(Source)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Source, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Err(serde::de::Error::invalid_type(serde::de::Unexpected::Map, &self))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn request() -> Value {
        json!({"nb": {
            "nbformat": 4, "nbformat_minor": 5,
            "metadata": {"otter_service": {"course": "88e", "section": "1", "assignment": "lab01"}},
            "cells": [
                {"cell_type": "markdown", "source": ["# Lab\n", "text"], "metadata": {}},
                {"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": [], "execution_count": null},
            ],
        }})
    }

    /// The request with the value at `pointer` replaced, or removed when `to` is null.
    fn with(pointer: &str, to: Value) -> Vec<u8> {
        let mut request = request();
        if to.is_null() {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            request.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key);
        } else {
            *request.pointer_mut(pointer).unwrap() = to;
        }
        serde_json::to_vec(&request).unwrap()
    }

    fn refusal(body: &[u8]) -> Refusal {
        Notebook::from_request(body, NotebookLimits::default()).unwrap_err()
    }

    #[test]
    fn a_notebook_is_kept_byte_for_byte() {
        let body = br#"{ "other": 1, "nb":  {"cells" : [ ], "metadata":{"otter_service":
            {"course":"8x","section":"1","assignment":"lab02"}}, "nbformat": 4} }"#;
        let notebook = Notebook::from_request(body, NotebookLimits::default()).unwrap();
        assert!(notebook.bytes.starts_with(br#"{"cells" : [ ]"#) && notebook.bytes.ends_with(b"4}"));
        assert_eq!(notebook.key.to_string(), "8x/1/lab02");
    }

    #[test]
    fn each_fault_is_named_with_its_place() {
        let table = [
            (b"".to_vec(), "not-json"),
            (b"{\"nb\": ".to_vec(), "not-json"),
            (b"\xff\xfe".to_vec(), "not-json"),
            (b"NaN".to_vec(), "not-json"),
            (b"[]".to_vec(), "no-notebook"),
            (b"{}".to_vec(), "no-notebook"),
            (b"{\"nb\": null}".to_vec(), "no-notebook"),
            (b"{\"nb\": 1}".to_vec(), "not-a-notebook"),
            (b"{\"nb\": {}}".to_vec(), "not-a-notebook"),
            (br#"[[4,{"otter_service":["a","b","c"]},[["code","x",[]]]]]"#.to_vec(), "no-notebook"),
            (br#"{"nb":[4,{"otter_service":["a","b","c"]},[]]}"#.to_vec(), "not-a-notebook"),
            (with("/nb/cells/0", json!(["code", "x", {}])), "not-a-notebook"),
            (with("/nb/metadata/otter_service", json!(["88e", "1", "lab01"])), "no-metadata"),
            (with("/nb/nbformat", json!(3)), "not-a-notebook"),
            (with("/nb/cells", json!("x")), "not-a-notebook"),
            (with("/nb/cells/1", json!([])), "not-a-notebook"),
            (with("/nb/cells/1/cell_type", json!("magic")), "not-a-notebook"),
            (with("/nb/cells/1/source", json!({"a": 1})), "not-a-notebook"),
            (with("/nb/cells/1/source", json!([1])), "not-a-notebook"),
            (with("/nb/cells/1/metadata", json!("x")), "not-a-notebook"),
            (with("/nb/cells/1/metadata", Value::Null), "not-a-notebook"),
            (with("/nb/metadata", json!(7)), "not-a-notebook"),
            (with("/nb/metadata/otter_service", Value::Null), "no-metadata"),
            (with("/nb/metadata/otter_service", json!("lab01")), "no-metadata"),
            (with("/nb/metadata/otter_service/section", Value::Null), "incomplete-metadata"),
            (with("/nb/metadata/otter_service/section", json!(1)), "bad-name"),
            (with("/nb/metadata/otter_service/assignment", json!("../lab01")), "bad-name"),
            ([b"[".repeat(101), b"]".repeat(101)].concat(), "too-deep"),
        ];
        for (body, slug) in table {
            assert_eq!(refusal(&body).slug(), slug, "{}", String::from_utf8_lossy(&body));
        }
    }

    #[test]
    fn refusals_read_well() {
        let all = [
            refusal(b"{\"nb\": "),
            refusal(b"{}"),
            refusal(&with("/nb/cells", Value::Null)),
            refusal(&with("/nb/cells/1/cell_type", json!("magic"))),
            refusal(&with("/nb/cells/1/source", json!({"a": 1}))),
            refusal(&with("/nb/metadata/otter_service", Value::Null)),
            refusal(&with("/nb/metadata/otter_service/course", Value::Null)),
            refusal(&with("/nb/metadata/otter_service/course", json!("a b"))),
        ];
        let text: Vec<_> = all.iter().map(|r| format!("{r}\n  {}", r.advice())).collect();
        insta::assert_snapshot!(text.join("\n"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Notebook::from_request(&body, NotebookLimits::default());
        }

        #[test]
        fn what_is_taken_is_json_with_cells(text in r#"\{"nb":\{"nbformat":4,"cells":\[.{0,40}\],"metadata":\{"otter_service":\{"course":"a","section":"b","assignment":"c"\}\}\}\}"#) {
            if let Ok(notebook) = Notebook::from_request(text.as_bytes(), NotebookLimits::default()) {
                let value: Value = serde_json::from_slice(notebook.bytes).unwrap();
                prop_assert!(value["cells"].is_array());
            }
        }
    }
}
