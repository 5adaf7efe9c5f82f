//! The audit trail.

use model::{AuditId, Name};
use serde_json::Value as Json;

use super::{
    FirestoreStore,
    fields::{Reader, fields, json},
    names,
    rest::{
        CommitError, Query, after_slash,
        wire::{self, If},
    },
};
use crate::{
    error::StoreError,
    records::{AuditEntry, Page},
};

/// What all entries are sorted by: their ids, after a slash like everything that is.
const ALL: &str = "of_all";
const OF_COURSE: &str = "of_course";

/// The write that keeps an entry. An entry is never changed, so it may happen twice.
pub(super) fn write(store: &FirestoreStore, entry: &AuditEntry) -> Json {
    conditional(store, entry, &If::Always)
}

fn conditional(store: &FirestoreStore, entry: &AuditEntry, only: &If) -> Json {
    let course =
        entry.course.as_ref().map(|course| wire::text(format!("{}{}", names::of_course(course), entry.id)));
    let fields = fields([
        ("entry", Some(json(entry))),
        (ALL, Some(wire::text(format!("/{}", entry.id)))),
        (OF_COURSE, course),
    ]);
    wire::set(&store.names.audit(&store.client, entry.id), fields, only)
}

pub(super) async fn add(store: &FirestoreStore, entry: &AuditEntry) -> Result<(), StoreError> {
    match store.client.commit(&[conditional(store, entry, &If::Absent)], None).await {
        Ok(()) | Err(CommitError::Conflict) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn page(
    store: &FirestoreStore,
    course: Option<&Name>,
    page: Page<AuditId>,
) -> Result<Vec<AuditEntry>, StoreError> {
    if page.limit == 0 {
        return Ok(vec![]);
    }
    let (field, prefix) =
        course.map_or((ALL, "/".to_owned()), |course| (OF_COURSE, names::of_course(course)));
    let end = page.before.map_or_else(|| after_slash(&prefix), |id| format!("{prefix}{id}"));
    let query = Query::by(&store.names.audits, field).from(&wire::text(&prefix)).below(&wire::text(end));
    let found = store.client.run(&query.descending().limit(page.limit)).await?;
    found.iter().map(|document| Reader::of(document).json("entry")).collect()
}
