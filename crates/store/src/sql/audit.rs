//! The audit trail.

use model::{AuditId, Name};

use super::{
    Connection, Engine, Row,
    rows::{Record, to_json},
};
use crate::{
    error::StoreError,
    records::{AuditEntry, Page},
};

/// After every id in the order of texts.
const END: &str = "~";

pub(super) const ALL: &str = "SELECT id, entry FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2";
pub(super) const OF_COURSE: &str =
    "SELECT id, entry FROM audit WHERE course = $3 AND id < $1 ORDER BY id DESC LIMIT $2";

pub(super) async fn add(store: &Engine, entry: &AuditEntry) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    insert(&mut tx, entry).await?;
    Ok(tx.commit().await?)
}

/// Adds an entry, as part of a write.
pub(super) async fn insert(tx: &mut Connection, entry: &AuditEntry) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO audit (id, course, entry) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING")
        .bind(entry.id.to_string())
        .bind(entry.course.as_ref().map(Name::as_str))
        .bind(to_json(entry))
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn page(
    store: &Engine,
    course: Option<&Name>,
    page: Page<AuditId>,
) -> Result<Vec<AuditEntry>, StoreError> {
    let query = sqlx::query(if course.is_some() { OF_COURSE } else { ALL })
        .bind(page.before.map_or_else(|| END.to_owned(), |id| id.to_string()))
        .bind(i64::from(page.limit));
    let query = match course {
        Some(course) => query.bind(course.as_str()),
        None => query,
    };
    query.fetch_all(&store.readers).await?.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<AuditEntry, StoreError> {
    Record::new("audit entry", "id", row).json("entry")
}
