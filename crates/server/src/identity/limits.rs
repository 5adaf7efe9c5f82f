//! How often somebody may come: a steady rate with room for a minute's worth at once (the generic cell rate algorithm,
//! ITU-T I.371).

use std::{
    hash::Hash,
    net::IpAddr,
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use lru::LruCache;
use model::UserName;

/// How many users and addresses are remembered; those that have not come for longest are forgotten first.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(20_000).expect("20000 is not zero");
const MINUTE_US: i64 = 60_000_000;

/// How often users may submit, and how often somebody who is not known may ask.
#[derive(Debug)]
pub struct Limits {
    submissions: Limiter<UserName>,
    anonymous: Limiter<IpAddr>,
}

/// Too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany {
    /// Seconds until it is not.
    pub(crate) retry_after_s: u64,
}

impl Limits {
    /// Submissions of one user, and requests without a good proof of identity from one address, in a minute; 0: as
    /// many as they like.
    #[must_use]
    pub fn per_minute(submissions: u32, anonymous: u32) -> Self {
        Self { submissions: Limiter::new(submissions), anonymous: Limiter::new(anonymous) }
    }

    /// A user submits.
    pub(crate) fn submission(&self, user: &UserName, now: Timestamp) -> Result<(), TooMany> {
        self.submissions.admit(user, now)
    }

    /// Somebody asks who could not say who they are.
    pub(crate) fn anonymous(&self, address: Option<IpAddr>, now: Timestamp) -> Result<(), TooMany> {
        address.map_or(Ok(()), |address| self.anonymous.admit(&of_one_customer(address), now))
    }
}

/// Who has one IPv6 address has 2^64 of them.
pub(crate) fn of_one_customer(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[derive(Debug)]
struct Limiter<K: Hash + Eq> {
    per_minute: u32,
    /// When each would have used up what they may, at the steady rate: microseconds.
    used_until: Mutex<LruCache<K, i64>>,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(per_minute: u32) -> Self {
        Self { per_minute, used_until: Mutex::new(LruCache::new(REMEMBERED)) }
    }

    fn admit(&self, key: &K, now: Timestamp) -> Result<(), TooMany> {
        if self.per_minute == 0 {
            return Ok(());
        }
        let (now, each) = (now.as_microsecond(), MINUTE_US / i64::from(self.per_minute));
        let mut used_until = self.used_until.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody uses up more than a minute's worth: what says so is from before the clock was set back.
        let used = used_until.get(key).copied().unwrap_or(now).clamp(now, now + MINUTE_US);
        let too_early_us = used + each - now - MINUTE_US;
        if too_early_us > 0 {
            used_until.put(key.clone(), used);
            return Err(TooMany { retry_after_s: too_early_us.unsigned_abs().div_ceil(1_000_000) });
        }
        used_until.put(key.clone(), used + each);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millisecond(ms).unwrap()
    }

    #[test]
    fn a_minutes_worth_at_once_and_then_one_by_one() {
        let limits = Limits::per_minute(3, 0);
        let ada: UserName = "ada".parse().unwrap();
        let told = |ms| limits.submission(&ada, at(ms)).map_err(|many| many.retry_after_s);
        assert_eq!([told(0), told(0), told(1)], [Ok(()); 3]);
        assert_eq!(told(1), Err(20), "and that is true:");
        assert_eq!(told(20_001), Ok(()));
        assert_eq!(told(20_001), Err(20));
        assert_eq!(limits.submission(&"bob".parse().unwrap(), at(1)), Ok(()), "others are not concerned");
        for _ in 0..1000 {
            limits.anonymous(Some([192, 0, 2, 1].into()), at(0)).unwrap();
        }
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_out() {
        let limits = Limits::per_minute(2, 0);
        let ada: UserName = "ada".parse().unwrap();
        let told = |ms| limits.submission(&ada, at(ms)).map_err(|many| many.retry_after_s);
        assert_eq!(told(3_600_000), Ok(()));
        assert_eq!(told(0), Err(30), "at most as if the minute were used up");
        assert_eq!(told(30_000), Ok(()));
    }

    #[test]
    fn many_a_minute_are_still_so_many() {
        let limits = Limits::per_minute(0, 100_000);
        let address = Some([192, 0, 2, 1].into());
        let admitted = (0..100_500).filter(|_| limits.anonymous(address, at(0)).is_ok()).count();
        assert_eq!(admitted, 100_000);
    }

    #[test]
    fn an_ipv6_customer_is_one() {
        let limits = Limits::per_minute(0, 1);
        let told = |address: &str| limits.anonymous(address.parse().ok(), at(0)).is_ok();
        assert_eq!(["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"].map(told), [true, false, true]);
        assert!(told("no address") && told("no address"));
    }
}
