//! Providers and platforms that do what real ones never do. What a real one does is in `../real`.
#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod edx;
mod forged;
mod keys;
mod launch;
mod rotation;
mod sign_in;
mod stand_in;
mod unruly;
