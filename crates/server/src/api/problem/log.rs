//! What the log is told of a problem: once where it is met, and not once for each request.

use std::{
    fmt::Display,
    num::NonZeroUsize,
    sync::{LazyLock, Mutex, PoisonError},
    time::{Duration, Instant},
};

use lru::LruCache;
use store::StoreError;

/// How often requests log that something is away.
const LOG_EVERY: Duration = Duration::from_secs(10);

/// How many users are remembered of whom the log was told.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(1000).expect("1000 is not zero");

/// A store or a hub that is away would fill the log with one line for each request.
fn is_time_to_log(last: &Mutex<Option<Instant>>) -> bool {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    let is_time = last.is_none_or(|last| last.elapsed() >= LOG_EVERY);
    if is_time {
        *last = Some(Instant::now());
    }
    is_time
}

/// The same for each user: one who comes again and again is told of from time to time.
fn is_time_to_log_of(last: &Mutex<LruCache<String, Instant>>, user: &str, now: Instant) -> bool {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    let is_time = last.get(user).is_none_or(|last| now.duration_since(*last) >= LOG_EVERY);
    if is_time {
        last.put(user.to_owned(), now);
    }
    is_time
}

/// A user whom the hub's roles do not let in.
pub(crate) fn no_access(user: &str, needed: &impl Display, missing: &impl Display) {
    static LAST: LazyLock<Mutex<LruCache<String, Instant>>> =
        LazyLock::new(|| Mutex::new(LruCache::new(REMEMBERED)));
    if is_time_to_log_of(&LAST, user, Instant::now()) {
        tracing::warn!(user, %needed, "refused, because the hub's roles do not let them in: {missing}");
    } else {
        tracing::debug!(user, %needed, "refused, because the hub's roles do not let them in");
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_is_told_of_from_time_to_time() {
        let last = Mutex::new(LruCache::new(REMEMBERED));
        let (ada, bob) = ("ada", "bob");
        let start = Instant::now();
        let is_told = |user, after| is_time_to_log_of(&last, user, start + after);
        let second = Duration::from_secs(1);
        assert!(is_told(ada, Duration::ZERO) && is_told(bob, second));
        assert!(!is_told(ada, second) && !is_told(ada, 9 * second));
        assert!(is_told(ada, LOG_EVERY) && !is_told(bob, LOG_EVERY));
    }
}
