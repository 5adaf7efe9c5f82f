//! Destinations and a stand-in for platforms, which answers as it is told.
#![expect(clippy::unwrap_used, reason = "a failed test says where")]

mod ags;
mod ags_tokens;
mod csv_drop;
mod outcomes;
#[path = "../support/mod.rs"]
mod support;
mod webhook;

impl support::Says {
    /// With one more header.
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.1.push((name, value.to_owned()));
        self
    }
}
