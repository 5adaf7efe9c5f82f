//! The API: JSON in, JSON out, problems as RFC 9457 has them.

pub(crate) mod admission;
pub(crate) mod audit;
pub(crate) mod course;
pub(crate) mod deliveries;
pub(crate) mod events;
pub(crate) mod executed;
pub(crate) mod failed;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod jwks;
pub(crate) mod lists;
pub(crate) mod me;
pub(crate) mod notebook;
pub(crate) mod problem;
pub(crate) mod receipt_key;
pub(crate) mod regrade;
pub(crate) mod resend;
pub(crate) mod streams;
pub(crate) mod submission;
pub(crate) mod submissions;
pub(crate) mod submit;
pub(crate) mod webhook;
pub(crate) mod workers;
