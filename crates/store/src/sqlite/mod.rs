//! The embedded engine: one SQLite file (<https://www.sqlite.org/wal.html>, `synchronous=FULL`), written through one
//! connection, so that every write is a transaction of its own in one queue.

mod backup;
mod dialect;
mod open;
#[cfg(test)]
mod plans;
mod schema;
#[path = "../sql/mod.rs"]
mod sql;
#[cfg(test)]
mod tests;

pub use self::open::SqliteStore;
