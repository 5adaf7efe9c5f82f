//! What is particular to SQLite in the statements that the SQL engines share.

use sqlx::{Sqlite, SqliteConnection, sqlite::SqliteRow};

pub(crate) use super::SqliteStore as Engine;
use crate::error::StoreError;

pub(crate) type Db = Sqlite;
pub(crate) type Connection = SqliteConnection;
pub(crate) type Row = SqliteRow;

/// Nothing has to be locked: there is one writer at a time.
pub(crate) const FOR_UPDATE: &str = "";
pub(crate) const SKIP_LOCKED: &str = "";

/// Makes writers of the same thing wait for each other until their transactions end: there is one writer at a time.
#[expect(clippy::unused_async, reason = "the other dialect has to ask its server")]
pub(crate) async fn lock(_: &mut Connection, _: &str, _: &str) -> Result<(), StoreError> {
    Ok(())
}
