//! Looking at a file, and copying it while others write to it.

use std::path::Path;

use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{SqliteStore, schema};
use crate::{error::StoreError, schema::SchemaVersion};

impl SqliteStore {
    /// The version of the schema of the file at `path`, which is left as it is; version 0 where there is no file. One
    /// that is too new is an error.
    pub async fn schema(path: &Path) -> Result<SchemaVersion, StoreError> {
        if !path.exists() {
            return SchemaVersion::new(None, schema::STEPS, "");
        }
        let mut connection = visit(path).await?;
        let version = schema::version(&mut connection, path).await?;
        connection.close().await?;
        Ok(version)
    }

    /// Copies the file at `from`, which others may write to meanwhile, into `into`, a file that is there and empty. The
    /// copy is as the database was at one moment, without the space that was free.
    ///
    /// Writers do not wait for it. What they write while it reads stays in the write-ahead log, which grows by that
    /// until it has ended (<https://www.sqlite.org/wal.html#avoiding_excessively_large_wal_files>). Whether the copy is
    /// on the disk is for the caller to see to.
    pub async fn copy_file(from: &Path, into: &Path) -> Result<(), StoreError> {
        // A text that begins with `file:` would be taken for a URI.
        let absolute = std::path::absolute(into).map_err(|error| StoreError::Unavailable(error.into()))?;
        let into = absolute
            .to_str()
            .ok_or_else(|| StoreError::Unavailable(format!("{} is not UTF-8", absolute.display()).into()))?;
        let mut connection = visit(from).await?;
        // From a connection of its own: one of the store's would keep others waiting.
        sqlx::query("VACUUM INTO $1").bind(into).execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// Moves what is in the write-ahead log of the file at `path`, as a killed service leaves it, into the file itself, so
    /// that it is complete without the log. Nobody else may have it open.
    pub async fn settle_file(path: &Path) -> Result<(), StoreError> {
        let mut connection = visit(path).await?;
        sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await?;
        Ok(connection.close().await?)
    }

    /// Reads all of a file that nobody writes to, and says which version its schema has. What is damaged or does not
    /// fit together is an error.
    pub async fn check_file(path: &Path) -> Result<SchemaVersion, StoreError> {
        // Nothing is made beside it, not even where the folder could be written to.
        let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let damage = |what: String| StoreError::Corrupt { what: format!("{}: {what}", path.display()) };
        let found: Vec<String> =
            sqlx::query_scalar("PRAGMA integrity_check(5)").fetch_all(&mut connection).await?;
        if found != ["ok"] {
            return Err(damage(found.join("; ")));
        }
        let dangling = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut connection).await?;
        if !dangling.is_empty() {
            return Err(damage(format!("{} rows refer to what is not there", dangling.len())));
        }
        let version = schema::version(&mut connection, path).await?;
        connection.close().await?;
        Ok(version)
    }
}

/// A connection beside those of a store. It may write, so that it can tidy up behind itself if it is the last one; it
/// changes no setting of the file.
async fn visit(path: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(false);
    Ok(SqliteConnection::connect_with(&options.busy_timeout(super::open::BUSY_TIMEOUT)).await?)
}
