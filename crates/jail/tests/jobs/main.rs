//! Jobs of a zygote in their jails, on every level that this machine offers.
#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a failed test says where")]

mod attacks;
mod kit;
mod levels;
