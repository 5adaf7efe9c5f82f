//! PostgreSQL, for any number of servers and workers that share one store. Tested with version 15.
//!
//! Every write is one transaction at READ COMMITTED. Rows that a write depends on are locked (`FOR UPDATE`), in the
//! order job, delivery; what has no row yet is locked by name (advisory locks): a user, then a grade, then a
//! submission's events, always in this order and the events last, so that no two writes wait for each other.

mod dialect;
mod open;
#[cfg(test)]
mod plans;
mod schema;
#[path = "../sql/mod.rs"]
mod sql;

pub use self::open::PostgresStore;
