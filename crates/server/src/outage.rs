//! A store that is away is told of once, and once more when it is back, however many wait for it.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use store::StoreError;
use tokio::time::Instant;

/// The first pause before the store is asked again; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest pause: how soon after its return the store is noticed.
const LONGEST_PAUSE: Duration = Duration::from_secs(4);

/// Since when the store is away, if it is.
#[derive(Debug, Default)]
pub struct Outage {
    since: Mutex<Option<Instant>>,
}

impl Outage {
    /// The store has failed. One that holds something unreadable has not: it has set that aside.
    pub(crate) fn met(&self, error: &StoreError) {
        if let StoreError::Corrupt { .. } = error {
            tracing::error!(%error, "something in the store needs to be mended");
            return;
        }
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        if since.is_none() {
            tracing::error!(%error, "the store is away; it is asked again until it is back");
            *since = Some(Instant::now());
        }
    }

    /// The store has answered.
    pub(crate) fn over(&self) {
        if let Some(since) = self.since.lock().unwrap_or_else(PoisonError::into_inner).take() {
            tracing::info!(seconds = since.elapsed().as_secs_f64(), "the store is back");
        }
    }
}

/// How long to pause after the `failures`th failure in a row, from 1: one who is away is not helped by being asked often.
pub(crate) fn pause(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(10);
    (FIRST_PAUSE * 2_u32.pow(doublings)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_some_seconds() {
        let pauses: Vec<_> = [1, 2, 3, 5, 6, 1000].map(|n| pause(n).as_millis()).into();
        assert_eq!(pauses, [250, 500, 1000, 4000, 4000, 4000]);
    }
}
