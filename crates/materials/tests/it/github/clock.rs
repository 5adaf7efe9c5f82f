//! A clock that both sides look at, and that only moves when it is told to.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use model::ambient::Clock;

#[derive(Debug)]
pub(crate) struct StandClock(Mutex<Timestamp>);

impl StandClock {
    pub(crate) fn new() -> Self {
        Self(Mutex::new("2026-11-23T12:00:00Z".parse().unwrap()))
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for StandClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}
