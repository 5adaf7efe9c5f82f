//! How long until a failed delivery is tried again.

use std::time::Duration;

use model::ambient::Entropy;

/// After the first try; each further time is twice as long.
const FIRST: Duration = Duration::from_secs(10);
/// The longest time.
const LONGEST: Duration = Duration::from_hours(1);

/// The time until the try after the `attempt`th, from 1: up to a quarter more than is written here, so that those that failed
/// together do not come back together. Never less than what the platform asked for.
pub(crate) fn backoff(attempt: u32, asked: Option<Duration>, entropy: &dyn Entropy) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    let wait = (FIRST * 2_u32.pow(doublings)).min(LONGEST).max(asked.unwrap_or_default());
    let mut chance = [0; 1];
    entropy.fill(&mut chance);
    wait + wait * u32::from(chance[0]) / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Same(u8);
    impl Entropy for Same {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn times_grow_to_an_hour() {
        let wait = |attempt| backoff(attempt, None, &Same(0)).as_secs();
        assert_eq!([1, 2, 3, 9, 10, 1000].map(wait), [10, 20, 40, 2560, 3600, 3600]);
        assert_eq!(backoff(1, Some(Duration::from_mins(5)), &Same(0)).as_secs(), 300);
        let most = backoff(10, None, &Same(255));
        assert!(most > Duration::from_mins(74) && most < Duration::from_mins(75), "{most:?}");
    }
}
