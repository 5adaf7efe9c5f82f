//! Signing in with a browser, and out.

pub(crate) mod begin;
pub(crate) mod callback;
pub(crate) mod out;

/// The cookie of a sign-in that is under way; its name ends with which one it is, so that two tabs do not disturb each
/// other.
const COOKIE: &str = "otter-sign-in-";
/// How long it is kept: as long as a sign-in may take.
const COOKIE_S: u64 = 600;
