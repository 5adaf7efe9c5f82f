//! Launches, each a document under its user and assignment.

use model::{AssignmentKey, UserName};

use super::{
    FirestoreStore,
    fields::{Reader, fields, json, time},
    rest::{
        Query,
        wire::{self, Document, If},
    },
};
use crate::{error::StoreError, records::LaunchRecord};

/// What all launches are sorted by: user and assignment.
const PLACE: &str = "place";

pub(super) async fn put(store: &FirestoreStore, launch: &LaunchRecord) -> Result<(), StoreError> {
    let LaunchRecord { user, key, at, data } = launch;
    let key = key.as_ref();
    let fields = fields([
        ("user", Some(wire::text(user.as_str()))),
        ("course", key.map(|key| wire::text(key.course.as_str()))),
        ("section", key.map(|key| wire::text(key.section.as_str()))),
        ("assignment", key.map(|key| wire::text(key.assignment.as_str()))),
        ("at", Some(time(*at))),
        ("data", Some(json(data))),
        (PLACE, Some(wire::text(place(user, key)))),
    ]);
    let name = store.names.launch(&store.client, user, key);
    Ok(store.client.commit(&[wire::set(&name, fields, &If::Always)], None).await?)
}

pub(super) async fn one(
    store: &FirestoreStore,
    user: &UserName,
    key: Option<&AssignmentKey>,
) -> Result<Option<LaunchRecord>, StoreError> {
    let document = store.client.get(&store.names.launch(&store.client, user, key)).await?;
    document.as_ref().map(read).transpose()
}

pub(super) async fn page(
    store: &FirestoreStore,
    after: Option<(&UserName, Option<&AssignmentKey>)>,
    limit: u32,
) -> Result<Vec<LaunchRecord>, StoreError> {
    if limit == 0 {
        return Ok(vec![]);
    }
    let query = Query::by(&store.names.launches, PLACE);
    let query = match after {
        Some((user, key)) => query.above(&wire::text(place(user, key))),
        None => query,
    };
    store.client.run(&query.limit(limit)).await?.iter().map(read).collect()
}

/// A text that sorts as user, course, section and assignment do one after the other: what stands between them is lower
/// than all that is in names.
fn place(user: &UserName, key: Option<&AssignmentKey>) -> String {
    let [course, section, assignment] =
        key.map_or([""; 3], |key| [key.course.as_str(), key.section.as_str(), key.assignment.as_str()]);
    [user.as_str(), course, section, assignment].join("\u{1}")
}

fn read(document: &Document) -> Result<LaunchRecord, StoreError> {
    let reader = Reader::of(document);
    let key = if reader.text_if_any("course")?.is_some() { Some(reader.key()?) } else { None };
    Ok(LaunchRecord { user: reader.parse("user")?, key, at: reader.time("at")?, data: reader.json("data")? })
}
