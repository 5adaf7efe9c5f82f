//! What the log is told of a problem: once where it is met, and not once for each request.

use std::{
    fmt::Display,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use store::StoreError;

/// How often requests log that something is away.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// A store or a hub that is away would fill the log with one line for each request.
fn is_time_to_log(last: &Mutex<Option<Instant>>) -> bool {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    let is_time = last.is_none_or(|last| last.elapsed() >= LOG_EVERY);
    if is_time {
        *last = Some(Instant::now());
    }
    is_time
}

pub(super) fn store(error: &StoreError) {
    static LAST: Mutex<Option<Instant>> = Mutex::new(None);
    let source = std::error::Error::source(error).map(ToString::to_string);
    if matches!(error, StoreError::Unavailable(_)) && !is_time_to_log(&LAST) {
        tracing::debug!(%error, source, "the store failed");
    } else {
        tracing::error!(%error, source, "the store failed");
    }
}

/// A hub or a provider that is away, or is not what its settings say.
pub(super) fn identity(error: &impl Display) {
    static LAST: Mutex<Option<Instant>> = Mutex::new(None);
    if is_time_to_log(&LAST) {
        tracing::error!(%error, "who somebody is could not be found out");
    } else {
        tracing::debug!(%error, "who somebody is could not be found out");
    }
}
