//! When the remote is looked at.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use tokio::{select, time::sleep};
use tokio_util::sync::CancellationToken;

use super::Fetched;

/// The longest pause between two looks at a remote that is away.
const LONGEST: Duration = Duration::from_mins(15);
/// The longest that a remote may ask to be left alone: GitHub's limits are by the hour.
const LONGEST_WISH: Duration = Duration::from_hours(1);

impl Fetched {
    /// Looks at the remote every so often, until `stopping`.
    pub(crate) async fn watch(&self, every: Duration, stopping: &CancellationToken) {
        let (mut looks, mut failures) = (0_u32, 0_u32);
        loop {
            let outcome = select! {
                () = stopping.cancelled() => return,
                outcome = self.look() => outcome,
            };
            looks = looks.wrapping_add(1);
            failures = if outcome.is_ok() { 0 } else { failures.saturating_add(1) };
            let wish = outcome.err().and_then(|error| error.retry_after()).map(|wish| wish.min(LONGEST_WISH));
            let pause = spread(back_off(every, failures), (&self.remote.name(), std::process::id(), looks));
            select! {
                () = stopping.cancelled() => return,
                () = self.pause(wish, pause) => {}
            }
        }
    }

    /// Has the remote looked at now, or, if it asked to be left alone, as soon as it may be.
    pub(crate) fn look_soon(&self) {
        self.wake.notify_one();
    }

    /// Whether this is the repository `owner/repo` of a GitHub.
    pub(crate) fn is_of(&self, repository: &str) -> bool {
        // Names there differ by more than the case of their letters.
        let (name, wanted) = (self.remote.name().to_ascii_lowercase(), repository.to_ascii_lowercase());
        wanted.split('/').filter(|part| !part.is_empty()).count() == 2
            && name.ends_with(&format!("/{wanted}"))
    }

    async fn pause(&self, wish: Option<Duration>, pause: Duration) {
        if let Some(wish) = wish {
            sleep(wish).await;
        } else {
            select! {
                () = sleep(pause) => {}
                () = self.wake.notified() => {}
            }
        }
    }
}

/// Twice as long after each failure.
fn back_off(every: Duration, failures: u32) -> Duration {
    every.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX)).min(LONGEST.max(every))
}

/// Up to a tenth shorter, so that many processes and remotes that began together do not stay together. Nobody has to
/// be unable to guess it, so it needs no chance.
fn spread(pause: Duration, what: impl Hash) -> Duration {
    let mut hash = DefaultHasher::new();
    what.hash(&mut hash);
    let thousandths = u32::try_from(hash.finish() % 1000).expect("below 1000");
    pause.saturating_sub(pause / 10 * thousandths / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_while_it_is_away_but_not_for_ever() {
        let pauses = [0, 1, 2, 3, 4, 31, 32, u32::MAX].map(|n| back_off(Duration::from_mins(1), n).as_secs());
        assert_eq!(pauses, [60, 120, 240, 480, 900, 900, 900, 900]);
        assert_eq!(back_off(Duration::from_hours(1), 3), Duration::from_hours(1));
    }

    #[test]
    fn pauses_are_spread_a_little() {
        let pauses: Vec<_> = (0..100).map(|n| spread(Duration::from_mins(1), n)).collect();
        assert!(pauses.iter().all(|pause| (54.0..=60.0).contains(&pause.as_secs_f64())));
        assert!(pauses.iter().any(|pause| pause.as_secs_f64() < 55.0));
        assert!(pauses.iter().any(|pause| pause.as_secs_f64() > 59.0));
    }
}
