//! Back-pressure: a queue that is full takes nothing more, and says when to come back. What was accepted stays. While the
//! store is away, nothing is taken either, and only one request at a time waits for it.
//!
//! The store is asked for the length of the queue at most every [`LOOK_EVERY`]; between two looks this process counts
//! what it accepts itself. Several processes in front of one store may together go beyond the limit by what they accept
//! between two looks.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use store::Queue;
use tokio::time::Instant;

use crate::workshop::Workshop;

/// How old a look at the queue may be.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How far back the rate of work is remembered: looks older than this hardly count.
const MEMORY: Duration = Duration::from_mins(1);
/// What a client is told to wait, at least, at most, and as long as nothing is known.
const WAIT: std::ops::RangeInclusive<u64> = 5..=300;
const WAIT_UNKNOWN: u64 = 30;
/// A client comes back when so large a part of the queue is likely to be free.
const ROOM: f64 = 0.1;

/// Decides whether there is room for another submission.
pub struct Pressure {
    /// How many may wait.
    max_waiting: u64,
    /// Held by the one who asks the store.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

/// Why a submission is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoRoom {
    /// The queue is full.
    Full(Full),
    /// The store did not answer the last look.
    StoreAway,
}

/// The queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full {
    /// Seconds after which there is likely to be room.
    pub(crate) retry_after_s: u64,
}

#[derive(Debug, Default)]
struct State {
    /// When the store was asked last, whether it answered or not.
    asked_at: Option<Instant>,
    look: Option<Look>,
    /// Whether the store failed to answer then.
    is_away: bool,
    /// What was let in since the start, without what was not kept and what was skipped because of it. Below zero when
    /// a submission takes the place of one that another process let in.
    counted: i64,
    /// Jobs taken from the queue in a second.
    rate: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Look {
    at: Instant,
    waiting: u64,
    /// [`State::counted`] just before the look.
    counted: i64,
}

/// Room in the queue that is kept for one submission. Dropped without having been used, it is free again.
pub(crate) struct Room<'a> {
    pressure: &'a Pressure,
    is_used: bool,
}

impl Pressure {
    /// Lets in as long as fewer than `max_waiting` wait.
    #[must_use]
    pub fn new(max_waiting: u64) -> Self {
        Self { max_waiting, turn: tokio::sync::Mutex::default(), state: Mutex::default() }
    }

    /// Room for one more. While the store is known to be away, only the one who looks waits for it.
    pub(crate) async fn admit<'a>(&'a self, workshop: &Arc<Workshop>) -> Result<Room<'a>, NoRoom> {
        let (asked_at, is_away) = self.with(|state| (state.asked_at, state.is_away));
        if let Some(asked_at) = asked_at {
            // Who finds another one asking goes by the look before.
            if (is_away || asked_at.elapsed() >= LOOK_EVERY)
                && let Ok(_turn) = self.turn.try_lock()
            {
                self.look(workshop).await;
            }
        } else {
            let _turn = self.turn.lock().await;
            if self.with(|state| state.asked_at.is_none()) {
                self.look(workshop).await;
            }
        }
        self.enter()
    }

    async fn look(&self, workshop: &Workshop) {
        let counted = self.with(|state| state.counted);
        let seen = workshop.store.queue(workshop.clock.now()).await;
        match &seen {
            Ok(_) => workshop.outage.over(),
            Err(error) => workshop.outage.met(error),
        }
        self.looked(Instant::now(), counted, seen.ok());
    }

    fn looked(&self, now: Instant, counted: i64, seen: Option<Queue>) {
        self.with(|state| {
            state.asked_at = Some(now);
            state.is_away = seen.is_none();
            let Some(Queue { waiting, .. }) = seen else { return };
            if let Some(before) = state.look {
                let came = counted - before.counted;
                let taken = before.waiting.saturating_add_signed(came).saturating_sub(waiting);
                state.rate = rate(state.rate, taken, now.duration_since(before.at), waiting > 0);
            }
            state.look = Some(Look { at: now, waiting, counted });
        });
    }

    fn enter(&self) -> Result<Room<'_>, NoRoom> {
        self.with(|state| {
            if state.is_away {
                return Err(NoRoom::StoreAway);
            }
            let (waited, counted) = state.look.map_or((0, 0), |look| (look.waiting, look.counted));
            let waiting = waited.saturating_add_signed(state.counted - counted);
            if waiting >= self.max_waiting {
                return Err(NoRoom::Full(Full {
                    retry_after_s: retry_after_s(state.rate, self.max_waiting),
                }));
            }
            state.counted += 1;
            Ok(Room { pressure: self, is_used: false })
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Room<'_> {
    /// The submission is kept, and so many others that waited are skipped because of it.
    pub(crate) fn fill(mut self, superseded: usize) {
        self.is_used = true;
        self.pressure.with(|state| state.counted = state.counted.saturating_sub_unsigned(superseded as u64));
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        if !self.is_used {
            self.pressure.with(|state| state.counted -= 1);
        }
    }
}

/// The rate of work after another look. A queue that ran empty says only how much came, not how much could be done.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn rate(before: Option<f64>, taken: u64, time: Duration, still_waits: bool) -> Option<f64> {
    let seen = taken as f64 / time.as_secs_f64().max(0.001);
    match before {
        None => still_waits.then_some(seen),
        Some(before) if !still_waits => Some(before.max(seen)),
        Some(before) => {
            let weight = 1.0 - (-time.as_secs_f64() / MEMORY.as_secs_f64()).exp();
            Some(before + (seen - before) * weight)
        }
    }
}

/// When a tenth of the queue is likely to be free.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate, brought inside of a small range"
)]
fn retry_after_s(rate: Option<f64>, max_waiting: u64) -> u64 {
    let Some(rate) = rate else { return WAIT_UNKNOWN };
    let room = (max_waiting as f64 * ROOM).max(1.0);
    // Too large a number, and infinity, become the largest one.
    ((room / rate).ceil() as u64).clamp(*WAIT.start(), *WAIT.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn seen(waiting: u64) -> Queue {
        Queue { waiting, working: 1 }
    }

    #[test]
    fn what_was_let_in_since_the_look_counts_until_the_next() {
        let pressure = Pressure::new(3);
        let start = Instant::now();
        pressure.looked(start, 0, Some(seen(1)));
        pressure.enter().unwrap().fill(0);
        drop(pressure.enter().unwrap());
        pressure.enter().unwrap().fill(0);
        assert!(pressure.enter().is_err(), "one that waited and two that came");
        pressure.looked(start + LOOK_EVERY, 2, Some(seen(2)));
        pressure.enter().unwrap().fill(0);
        assert!(pressure.enter().is_err());
    }

    #[test]
    fn what_is_skipped_makes_room_at_once() {
        let pressure = Pressure::new(2);
        let start = Instant::now();
        pressure.looked(start, 0, Some(seen(2)));
        assert!(pressure.enter().is_err());
        pressure.looked(start + SECOND, 0, Some(seen(1)));
        pressure.enter().unwrap().fill(2);
        pressure.enter().unwrap().fill(1);
        pressure.enter().unwrap().fill(0);
        pressure.enter().unwrap().fill(0);
        assert!(pressure.enter().is_err(), "two wait");
    }

    #[test]
    fn while_the_store_is_away_nobody_waits_for_it() {
        let pressure = Pressure::new(2);
        let start = Instant::now();
        let refused = || pressure.enter().err();
        pressure.looked(start, 0, Some(seen(2)));
        assert!(matches!(refused(), Some(NoRoom::Full(_))));
        pressure.looked(start + SECOND, 0, None);
        assert_eq!(refused(), Some(NoRoom::StoreAway));
        pressure.looked(start + 2 * SECOND, 0, Some(seen(1)));
        assert_eq!(refused(), None);
    }

    #[test]
    fn the_time_to_wait_follows_the_rate_of_work() {
        assert_eq!(retry_after_s(None, 5000), 30, "nothing is known yet");
        assert_eq!(retry_after_s(Some(10.0), 5000), 50);
        assert_eq!(retry_after_s(Some(500.0), 5000), 5, "never less");
        assert_eq!(retry_after_s(Some(0.0), 5000), 300, "nobody works");
        let pressure = Pressure::new(100);
        let start = Instant::now();
        for (second, waiting) in [(0, 90), (60, 60), (120, 30)] {
            pressure.looked(start + second * SECOND, 0, Some(seen(waiting)));
        }
        // Thirty in a minute: ten take twenty seconds.
        assert_eq!(pressure.with(|state| retry_after_s(state.rate, 100)), 20);
    }

    #[test]
    fn an_empty_queue_says_nothing_of_slowness() {
        assert_eq!(rate(None, 0, SECOND, false), None);
        assert_eq!(rate(Some(4.0), 0, SECOND, false), Some(4.0));
        assert_eq!(rate(Some(4.0), 9, SECOND, false), Some(9.0));
        assert!(rate(Some(4.0), 0, 60 * SECOND, true).unwrap() < 2.0);
    }
}
