//! What is particular to PostgreSQL in the statements that the SQL engines share.

use sqlx::{PgConnection, Postgres, postgres::PgRow};

pub(crate) use super::PostgresStore as Engine;
use crate::error::StoreError;

pub(crate) type Db = Postgres;
pub(crate) type Connection = PgConnection;
pub(crate) type Row = PgRow;

/// Others that want to change the row wait until the transaction ends.
pub(crate) const FOR_UPDATE: &str = "FOR UPDATE";
/// Others that look for a row to change take another one.
pub(crate) const SKIP_LOCKED: &str = "FOR UPDATE SKIP LOCKED";

/// Makes writers of the same thing wait for each other until their transactions end
/// (<https://www.postgresql.org/docs/15/explicit-locking.html#ADVISORY-LOCKS>). Two things whose names have the same hash
/// wait for each other as well, which does no harm.
pub(crate) async fn lock(tx: &mut Connection, kind: &str, name: &str) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))")
        .bind(kind)
        .bind(name)
        .execute(tx)
        .await?;
    Ok(())
}
