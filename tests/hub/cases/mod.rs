//! What is tried, and what came of it.

pub(crate) mod away;
pub(crate) mod button;
pub(crate) mod chain;
pub(crate) mod cross_site;
pub(crate) mod managed;
pub(crate) mod menu;
pub(crate) mod roles;
pub(crate) mod servers;
pub(crate) mod sessions;
pub(crate) mod stock;
pub(crate) mod subdomains;
pub(crate) mod tokens;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use crate::stage::Stage;

/// One hub is used for many cases. One that fails does not hide the others.
#[derive(Default)]
pub(crate) struct Cases {
    failed: Vec<&'static str>,
}

impl Cases {
    /// Tries one. `None` if it failed; what it said stands in the test's output.
    pub(crate) fn run<T>(&mut self, name: &'static str, case: impl FnOnce() -> T) -> Option<T> {
        let only = std::env::var("OTTER_HUB_CASES").ok();
        if only.is_some_and(|only| !only.split(',').any(|part| name.contains(part.trim()))) {
            return None;
        }
        let began = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(case));
        let seconds = began.elapsed().as_secs_f64();
        println!("{seconds:6.1} s  {name}{}", if outcome.is_ok() { "" } else { ": FAILED" });
        outcome.inspect_err(|_| self.failed.push(name)).ok()
    }

    /// Fails if one failed.
    pub(crate) fn end(self, stage: &Stage) {
        let failed = self.failed.join(", ");
        assert!(failed.is_empty(), "failed: {failed}\n\n{}", stage.last_words());
    }
}
