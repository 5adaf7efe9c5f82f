//! Opening the file: its place, its settings and its schema.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    time::Duration,
};

use sqlx::{
    Connection, Sqlite, SqlitePool, Transaction,
    error::DatabaseError,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use thiserror::Error;
use tokio::time::{Instant, sleep};

use super::schema;
use crate::error::StoreError;

/// How long a write waits for another process that writes to the same file.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How long to pause where SQLite does not wait by itself.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// How many queries read at the same time. They never wait for the writer.
const READERS: u32 = 4;

/// Adds the place to what is wrong with it.
#[derive(Debug, Error)]
#[error("cannot open {place}: {source}")]
struct CannotOpen {
    place: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// The store in one SQLite file. Several processes of one machine may open the same file.
///
/// Clones share their connections.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    /// One connection: SQLite has one writer at a time anyway, and queueing here is fair and needs no polling.
    writer: SqlitePool,
    pub(super) readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the database at `path`. If it is not there, it is created for the owner's eyes only (mode 0600), with
    /// its folder; if an older version of the service wrote it, it is brought up to date.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_or_create(path).await.map_err(|error| match error {
            StoreError::Unavailable(source) => {
                StoreError::Unavailable(CannotOpen { place: path.display().to_string(), source }.into())
            }
            error => error,
        })
    }

    async fn open_or_create(path: &Path) -> Result<Self, StoreError> {
        create(path).map_err(|error| StoreError::Unavailable(error.into()))?;
        let options = SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT);
        let writer = open_writer(&options).await?;
        schema::migrate(&writer, path).await?;
        let readers = pool(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, readers })
    }

    /// Finishes what is under way and closes the file, leaving everything in that one file.
    pub(super) async fn shut(&self) {
        self.readers.close().await;
        // Last, because the last connection moves what is in the write-ahead log into the file itself.
        self.writer.close().await;
    }

    /// Begins a look: all that is read in it is as it was at one moment.
    pub(super) async fn look(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.readers.begin().await?)
    }

    /// Begins a write. Dropped without a commit, nothing of it happened.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        // Takes the write lock at once: a transaction that reads first could not take it later if another process
        // wrote in between.
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// Makes the file and its folder unless they are there.
///
/// An existing file is not even opened: closing it again would drop the locks that SQLite holds on it for another
/// store of this process (<https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_>).
fn create(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        // The new name must survive a loss of power as well as what will be written under it.
        Ok(_) => File::open(folder)?.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

async fn open_writer(options: &SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    let options = options
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // What is erased is overwritten, not only forgotten.
        .pragma("secure_delete", "ON")
        // Gives the disk back after a rush; without it the write-ahead log stays as long as it ever was.
        .pragma("journal_size_limit", "67108864")
        .foreign_keys(true);
    let pool = pool(1)
        // SQLite itself rolls back when the disk is full, and sqlx then takes the transaction to be still open: such
        // a connection is replaced.
        .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }));
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            // The first process to come turns the write-ahead log on; for this one lock SQLite does not wait.
            Err(error) if is_busy(&error) && Instant::now() < deadline => sleep(BUSY_PAUSE).await,
            result => return Ok(result?),
        }
    }
}

/// Whether another process was in the way (<https://www.sqlite.org/rescode.html#busy>).
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    // The lowest byte is the kind of error; the rest tells its variants apart.
    code.and_then(|code| code.parse().ok()).is_some_and(|code: u32| code & 0xff == 5)
}

/// Connections to a local file do not age.
fn pool(size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(size).idle_timeout(None).max_lifetime(None)
}
