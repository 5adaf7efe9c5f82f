//! Documents as the REST interface writes them
//! (<https://firebase.google.com/docs/firestore/reference/rest/v1/projects.databases.documents>).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

/// The fields of a document, each wrapped in an object that names its type.
pub(in super::super) type Fields = Map<String, Json>;

/// A document that was read.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in super::super) struct Document {
    /// The whole path.
    pub(in super::super) name: String,
    #[serde(default)]
    pub(in super::super) fields: Fields,
    /// When it was made, by the server's clock.
    pub(in super::super) create_time: String,
    /// When it was last changed: names this version of it in preconditions.
    pub(in super::super) update_time: String,
}

/// On what a write is conditional.
#[derive(Debug, Clone)]
pub(in super::super) enum If {
    /// On nothing.
    Always,
    /// There is no such document.
    Absent,
    /// It was not changed since this version of it.
    Version(String),
}

/// A JSON object of its members. (The macro `json!` would copy them, and some are a megabyte long.)
fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Json::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

pub(in super::super) fn text(value: impl Into<String>) -> Json {
    object([("stringValue", value.into().into())])
}

pub(in super::super) fn integer(value: i64) -> Json {
    json!({ "integerValue": value.to_string() })
}

/// A count. Nothing that is counted here comes near the largest one.
pub(in super::super) fn count(value: u64) -> Json {
    integer(i64::try_from(value).unwrap_or(i64::MAX))
}

pub(in super::super) fn double(value: f64) -> Json {
    json!({ "doubleValue": value })
}

pub(in super::super) fn flag(value: bool) -> Json {
    json!({ "booleanValue": value })
}

pub(in super::super) fn bytes(value: &[u8]) -> Json {
    object([("bytesValue", STANDARD.encode(value).into())])
}

pub(in super::super) fn reference(name: &str) -> Json {
    json!({ "referenceValue": name })
}

pub(in super::super) fn null() -> Json {
    json!({ "nullValue": null })
}

pub(in super::super) fn array(values: Vec<Json>) -> Json {
    // An empty one has no values, not none of them: so Google's libraries write it.
    let values = if values.is_empty() { object([]) } else { object([("values", Json::Array(values))]) };
    object([("arrayValue", values)])
}

pub(in super::super) fn map(fields: Fields) -> Json {
    object([("mapValue", object([("fields", Json::Object(fields))]))])
}

/// Puts a document in the place of the one there is.
pub(in super::super) fn set(name: &str, fields: Fields, only: &If) -> Json {
    conditional(object([("update", document(name, fields))]), only)
}

/// Changes some fields of a document that is there, and removes those of `paths` that have no value.
pub(in super::super) fn change(name: &str, fields: Fields, paths: &[&str]) -> Json {
    object([
        ("update", document(name, fields)),
        ("updateMask", json!({ "fieldPaths": paths })),
        ("currentDocument", json!({ "exists": true })),
    ])
}

pub(in super::super) fn delete(name: &str, only: &If) -> Json {
    conditional(json!({ "delete": name }), only)
}

fn document(name: &str, fields: Fields) -> Json {
    object([("name", name.into()), ("fields", Json::Object(fields))])
}

fn conditional(mut write: Json, only: &If) -> Json {
    match only {
        If::Always => {}
        If::Absent => write["currentDocument"] = json!({ "exists": false }),
        If::Version(time) => write["currentDocument"] = json!({ "updateTime": time }),
    }
    write
}
