//! What the SQL engines do alike: the statements, and what is made of their rows.
//!
//! Each engine compiles this folder for itself (`#[path]` in its `mod.rs`), with its own `dialect` beside it, because
//! sqlx's types name their database, and bounds that would let one function serve two of them take more lines than the
//! functions. The SQL is what both understand: numbered parameters `$1`, text for ids, milliseconds since 1970-01-01 UTC
//! for times. Where they differ, the dialect has a word for it.

mod accept;
mod audit;
mod claim;
mod effects;
mod erase;
mod event;
mod expire;
mod grade;
mod launch;
mod lease;
mod list;
mod passback;
mod query;
mod record;
mod regrade;
mod rows;
mod store;
mod token;
mod whole;
mod worker;

#[cfg(test)]
pub(crate) mod statements;

pub(super) use super::dialect::{self, Connection, Engine, Row};
