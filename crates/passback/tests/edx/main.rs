//! edX's own code: what it records and what it refuses (`peers/contracts.md`, 1 and 2), beside which a strict verifier
//! of OAuth 1 and a client that is known to be good.
//!
//! The peers are looked for in `$SHARED` or `shared` beside the checkout. Without them these tests are skipped, and say so;
//! what they need of Python is installed once.
#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod known_good;
mod lti11;
mod lti13;
mod peer;
mod strict;
#[path = "../support/mod.rs"]
mod support;
