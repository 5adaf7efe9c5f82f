//! Connecting, and what the connections are like.

use std::{str::FromStr, time::Duration};

use sqlx::{
    Connection, PgConnection, PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use thiserror::Error;

use super::schema;
use crate::{error::StoreError, schema::SchemaVersion};

/// How many connections one process has at most. Writes are short; more would only wait inside the database.
const CONNECTIONS: u32 = 16;

/// How long to wait for a free connection before the store counts as not available.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long one statement may take. None of ours comes near it; a database that hangs is told from one that works.
const STATEMENT_TIMEOUT: &str = "10s";

/// Adds the place to what is wrong with it.
#[derive(Debug, Error)]
#[error("cannot open the database at {place}: {source}")]
struct CannotOpen {
    place: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// The store in a PostgreSQL database, which any number of processes may share.
///
/// Clones share their connections.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pool: PgPool,
    /// The same connections: PostgreSQL's readers and writers do not wait for each other.
    pub(super) readers: PgPool,
}

impl PostgresStore {
    /// Connects to the database of a URL (`postgres://user:password@host/database?sslmode=require`,
    /// <https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING>), whose user may create tables in it; what
    /// the URL leaves out comes from `PGHOST`, `PGPASSWORD` and so on. A new database is prepared, one that an older
    /// version of the service wrote is brought up to date.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let (options, place) = parse(url)?;
        Self::connect(options, &place).await.map_err(|error| at(&place, error))
    }

    /// The version of the schema in the database of a URL, which is left as it is. One that is too new is an error.
    pub async fn schema(url: &str) -> Result<SchemaVersion, StoreError> {
        let (options, place) = parse(url)?;
        let found = async {
            let mut connection = PgConnection::connect_with(&options).await?;
            let version = schema::version(&mut connection, &place).await?;
            connection.close().await?;
            Ok(version)
        };
        found.await.map_err(|error| at(&place, error))
    }

    async fn connect(options: PgConnectOptions, place: &str) -> Result<Self, StoreError> {
        let options = options.application_name("otter-service").options([
            ("statement_timeout", STATEMENT_TIMEOUT),
            ("idle_in_transaction_session_timeout", STATEMENT_TIMEOUT),
            // What was acknowledged must survive, whatever the database's own default is.
            ("synchronous_commit", "on"),
            // A plan made for an empty table is a bad one for a million rows; these queries are cheap to plan.
            ("plan_cache_mode", "force_custom_plan"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await?;
        schema::migrate(&pool, place).await?;
        Ok(Self { readers: pool.clone(), pool })
    }

    /// The value of one of the server's settings for this store's connections
    /// (<https://www.postgresql.org/docs/15/runtime-config.html>).
    pub async fn setting(&self, name: &str) -> Result<String, StoreError> {
        Ok(sqlx::query_scalar("SELECT current_setting($1)").bind(name).fetch_one(&self.pool).await?)
    }

    /// Finishes what is under way and lets go of the connections.
    pub(super) async fn shut(&self) {
        self.pool.close().await;
    }

    /// Begins a look: all that is read in it is as it was at one moment.
    pub(super) async fn look(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        Ok(self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
    }

    /// Begins a write. Dropped without a commit, nothing of it happened.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        Ok(self.pool.begin().await?)
    }
}

/// What to connect to, and how it is called where no password is to be seen.
fn parse(url: &str) -> Result<(PgConnectOptions, String), StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(|error| unavailable("the given URL", error))?;
    let place =
        format!("{}:{}/{}", options.get_host(), options.get_port(), options.get_database().unwrap_or(""));
    Ok((options, place))
}

fn at(place: &str, error: StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(source) => unavailable(place, source),
        error => error,
    }
}

fn unavailable(place: &str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Unavailable(CannotOpen { place: place.to_owned(), source: source.into() }.into())
}
