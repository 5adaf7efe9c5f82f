//! Tokens of the service's own.

use jiff::Timestamp;
use model::{TokenHash, TokenId, UserName};

use super::{Connection, Engine, Row, audit, rows::Record};
use crate::{
    error::StoreError,
    records::{AuditEntry, TokenRecord},
};

pub(super) const BY_HASH: &str = "SELECT * FROM token WHERE hash = $1";
pub(super) const ALL: &str = "SELECT * FROM token ORDER BY id";
pub(super) const OF_USER: &str = r#"SELECT * FROM token WHERE "user" = $1 ORDER BY id"#;

pub(super) async fn create(
    store: &Engine,
    token: &TokenRecord,
    entry: &AuditEntry,
) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    insert(&mut tx, token, "ON CONFLICT (id) DO NOTHING").await?;
    audit::insert(&mut tx, entry).await?;
    Ok(tx.commit().await?)
}

pub(super) async fn put(store: &Engine, token: &TokenRecord) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    sqlx::query("DELETE FROM token WHERE id = $1").bind(token.id.to_string()).execute(&mut *tx).await?;
    insert(&mut tx, token, "").await?;
    Ok(tx.commit().await?)
}

async fn insert(tx: &mut Connection, token: &TokenRecord, if_there: &'static str) -> Result<(), StoreError> {
    let TokenRecord { id, user, label, hash, created_at, expires_at, revoked_at } = token;
    let sql = format!(
        r#"INSERT INTO token (id, "user", label, hash, created_at, expires_at, revoked_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7) {if_there}"#
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(id.to_string())
        .bind(user.as_str())
        .bind(label)
        .bind(hash.to_string())
        .bind(created_at.as_millisecond())
        .bind(expires_at.map(Timestamp::as_millisecond))
        .bind(revoked_at.map(Timestamp::as_millisecond))
        .execute(tx)
        .await?;
    Ok(())
}

pub(super) async fn token(store: &Engine, hash: &TokenHash) -> Result<Option<TokenRecord>, StoreError> {
    let row = sqlx::query(BY_HASH).bind(hash.to_string()).fetch_optional(&store.readers).await?;
    row.as_ref().map(record).transpose()
}

pub(super) async fn tokens(store: &Engine, user: Option<&UserName>) -> Result<Vec<TokenRecord>, StoreError> {
    let query = match user {
        Some(user) => sqlx::query(OF_USER).bind(user.as_str()),
        None => sqlx::query(ALL),
    };
    query.fetch_all(&store.readers).await?.iter().map(record).collect()
}

pub(super) async fn revoke(store: &Engine, id: TokenId, entry: &AuditEntry) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let changed = sqlx::query("UPDATE token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
        .bind(id.to_string())
        .bind(entry.at.as_millisecond())
        .execute(&mut *tx)
        .await?;
    if changed.rows_affected() == 0 {
        return Ok(false);
    }
    audit::insert(&mut tx, entry).await?;
    tx.commit().await?;
    Ok(true)
}

fn record(row: &Row) -> Result<TokenRecord, StoreError> {
    let record = Record::new("token", "id", row);
    Ok(TokenRecord {
        id: record.parse("id")?,
        user: record.parse("user")?,
        label: record.get("label")?,
        hash: record.parse("hash")?,
        created_at: record.time("created_at")?,
        expires_at: record.time_if_any("expires_at")?,
        revoked_at: record.time_if_any("revoked_at")?,
    })
}
