//! Which platforms answer at the moment: one that is away is left alone, and none gets too much at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

/// How many tries in a row must fail until a platform counts as away.
const FAILURES: u32 = 5;
/// How long it is left alone then; twice as long each time it still does not answer.
const FIRST: Duration = Duration::from_secs(30);
/// The longest time; how soon after its return it is noticed.
const LONGEST: Duration = Duration::from_mins(10);
/// How long those wait that find one under way that will tell.
const PROBED: Duration = Duration::from_secs(15);

/// What is known of all platforms, in this process.
#[derive(Debug)]
pub(crate) struct Breakers {
    /// How many may be under way to one platform.
    most: usize,
    platforms: Mutex<HashMap<String, State>>,
}

#[derive(Debug, Default)]
struct State {
    under_way: usize,
    /// Those that wait for one of these to end.
    waiting: usize,
    failures: u32,
    open: Option<Open>,
}

/// A platform that is away.
#[derive(Debug, Clone, Copy)]
struct Open {
    until: Timestamp,
    /// How long it was left alone.
    pause: Duration,
    /// Whether one is under way that will tell.
    probing: bool,
}

/// Why nothing may be sent to a platform now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    /// It is away. Until then nothing is sent.
    Away(Timestamp),
    /// As many as may be are under way.
    Full,
}

/// A place among those that wait for a platform which has as many under way as may be.
#[derive(Debug)]
pub(crate) struct Waiting {
    breakers: Arc<Breakers>,
    platform: String,
}

/// The right to send something to a platform now. Whoever has it says what came of it; one that is dropped without a
/// word has failed.
#[derive(Debug)]
pub(crate) struct Turn {
    breakers: Arc<Breakers>,
    platform: String,
    is_probe: bool,
    /// When it began: what a failure without a word counts from.
    at: Timestamp,
    is_told: bool,
}

impl Breakers {
    pub(crate) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, platforms: Mutex::default() })
    }

    /// Whether something may be sent to a platform now.
    pub(crate) fn admit(self: &Arc<Self>, platform: &str, now: Timestamp) -> Result<Turn, Closed> {
        let mut platforms = self.lock();
        let state = platforms.entry(platform.to_owned()).or_default();
        let mut is_probe = false;
        match &mut state.open {
            Some(open) if now < open.until => return Err(Closed::Away(open.until)),
            Some(open) if open.probing => return Err(Closed::Away(now + PROBED)),
            Some(open) => {
                open.probing = true;
                is_probe = true;
            }
            None if state.under_way >= self.most => return Err(Closed::Full),
            None => {}
        }
        state.under_way += 1;
        let breakers = Arc::clone(self);
        Ok(Turn { breakers, platform: platform.to_owned(), is_probe, at: now, is_told: false })
    }

    /// A place among those that wait for a platform. There are no more than may be under way: else all who could send
    /// would soon wait for the slowest platform.
    pub(crate) fn wait(self: &Arc<Self>, platform: &str) -> Option<Waiting> {
        let mut platforms = self.lock();
        let state = platforms.entry(platform.to_owned()).or_default();
        if state.waiting >= self.most {
            return None;
        }
        state.waiting += 1;
        Some(Waiting { breakers: Arc::clone(self), platform: platform.to_owned() })
    }

    /// What is as for a platform never met is not remembered: launches could name ever new ones.
    fn forget(&self) {
        self.lock().retain(|_, state| {
            state.under_way > 0 || state.waiting > 0 || state.failures > 0 || state.open.is_some()
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, State>> {
        self.platforms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// The platform answered, whatever it said.
    pub(crate) fn answered(mut self) {
        self.is_told = true;
        self.change(|state| {
            if state.open.take().is_some() {
                tracing::info!(platform = self.platform, "the platform answers again");
            }
            state.failures = 0;
        });
    }

    /// The platform was not asked after all: nothing is known that was not known before.
    pub(crate) fn unused(mut self) {
        self.is_told = true;
        self.change(|state| {
            if self.is_probe
                && let Some(open) = &mut state.open
            {
                open.probing = false;
            }
        });
    }

    /// The platform did not answer, or asks for patience: until when, if it says so.
    pub(crate) fn failed(mut self, now: Timestamp, asked: Option<Duration>) {
        self.is_told = true;
        self.fail(now, asked);
    }

    fn fail(&self, now: Timestamp, asked: Option<Duration>) {
        self.change(|state| {
            state.failures = state.failures.saturating_add(1);
            let before = state.open.map(|open| open.pause);
            let pause = match before {
                // One that was under way already when the platform went away tells nothing new.
                Some(_) if !self.is_probe => return,
                Some(before) => (before * 2).min(LONGEST),
                None if state.failures >= FAILURES => FIRST,
                None if asked.is_some() => Duration::ZERO,
                None => return,
            };
            let left_alone = pause.max(asked.unwrap_or_default().min(LONGEST));
            state.open = Some(Open { until: now + left_alone, pause: pause.max(FIRST), probing: false });
            tracing::warn!(
                platform = self.platform,
                failures = state.failures,
                seconds = left_alone.as_secs(),
                "the platform is left alone for a while; its grades wait"
            );
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut platforms = self.breakers.lock();
        if let Some(state) = platforms.get_mut(&self.platform) {
            change(state);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.is_told {
            self.fail(self.at, None);
        }
        self.change(|state| state.under_way = state.under_way.saturating_sub(1));
        self.breakers.forget();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(state) = self.breakers.lock().get_mut(&self.platform) {
            state.waiting = state.waiting.saturating_sub(1);
        }
        self.breakers.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn away(breakers: &Arc<Breakers>, second: i64) -> Timestamp {
        match breakers.admit("p", at(second)) {
            Err(Closed::Away(until)) => until,
            other => panic!("{other:?}"),
        }
    }

    fn fail(breakers: &Arc<Breakers>, second: i64) {
        breakers.admit("p", at(second)).unwrap().failed(at(second), None);
    }

    #[test]
    fn after_five_failures_one_tries_and_the_others_wait() {
        let breakers = Breakers::new(10);
        for second in 0..4 {
            fail(&breakers, second);
        }
        breakers.admit("p", at(4)).unwrap().answered();
        for second in 5..9 {
            fail(&breakers, second);
        }
        fail(&breakers, 10);
        assert_eq!(away(&breakers, 11), at(40));
        assert!(breakers.admit("q", at(11)).is_ok(), "others are not meant");
        let probe = breakers.admit("p", at(40)).unwrap();
        assert_eq!(away(&breakers, 41), at(56));
        probe.failed(at(42), None);
        assert_eq!(away(&breakers, 43), at(102), "twice as long");
        let probe = breakers.admit("p", at(102)).unwrap();
        drop(probe);
        assert_eq!(away(&breakers, 103), at(222), "no word is a failure");
        breakers.admit("p", at(222)).unwrap().unused();
        breakers.admit("p", at(222)).unwrap().answered();
        for second in 223..227 {
            fail(&breakers, second);
        }
        assert!(breakers.admit("p", at(228)).is_ok());
    }

    #[test]
    fn one_that_asks_for_patience_gets_it_from_all() {
        let breakers = Breakers::new(10);
        let (first, second) = (breakers.admit("p", at(0)).unwrap(), breakers.admit("p", at(0)).unwrap());
        first.failed(at(1), Some(Duration::from_secs(100)));
        second.failed(at(2), None);
        assert_eq!(away(&breakers, 3), at(101));
        breakers.admit("p", at(101)).unwrap().failed(at(101), Some(Duration::from_hours(5)));
        assert_eq!(away(&breakers, 102), at(701), "but not for ever");
    }

    #[test]
    fn never_too_many_at_once_and_nothing_is_left() {
        let breakers = Breakers::new(2);
        let turns = [breakers.admit("p", at(0)).unwrap(), breakers.admit("p", at(0)).unwrap()];
        assert_eq!(breakers.admit("p", at(0)).unwrap_err(), Closed::Full);
        let waiting =
            [breakers.wait("p"), breakers.wait("p"), breakers.wait("p")].map(|place| place.is_some());
        assert_eq!(waiting, [true, true, false]);
        let [first, second] = turns;
        first.answered();
        let third = breakers.admit("p", at(1)).unwrap();
        second.answered();
        third.answered();
        assert!(breakers.lock().is_empty());
    }
}
