//! Room for the bodies of requests, so that many at once do not take all of the memory.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many bytes of bodies may be held together, and of how many of the largest in any case.
const ROOM: usize = 256 << 20;
const LARGEST: usize = 4;
/// How long a body may take to arrive.
const WITHIN: Duration = Duration::from_mins(2);

/// Room for the bodies of requests, from their first byte until they are answered.
#[derive(Debug)]
pub struct Intake {
    room: Arc<Semaphore>,
    within: Duration,
}

/// Room that a body takes. Dropped, it is free again.
#[derive(Debug)]
pub(crate) struct Held(OwnedSemaphorePermit);

/// There is no room.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl Intake {
    /// For bodies that may have so many bytes each.
    #[must_use]
    pub fn of(max_bytes: usize) -> Self {
        Self::new(max_bytes.saturating_mul(LARGEST).max(ROOM), WITHIN)
    }

    /// For so many bytes together, each body within a time.
    pub(crate) fn new(room_bytes: usize, within: Duration) -> Self {
        Self { room: Arc::new(Semaphore::new(room_bytes.min(Semaphore::MAX_PERMITS))), within }
    }

    /// How long a body may take to arrive.
    pub(crate) fn within(&self) -> Duration {
        self.within
    }

    /// For a body of which nothing has come yet.
    pub(crate) fn begin(&self) -> Result<Held, NoRoom> {
        self.take(0).map(Held)
    }

    /// For so many bytes more. What is only announced takes no room: who then sends nothing would keep others out.
    pub(crate) fn more(&self, held: &mut Held, bytes: usize) -> Result<(), NoRoom> {
        held.0.merge(self.take(bytes)?);
        Ok(())
    }

    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, NoRoom> {
        let bytes = u32::try_from(bytes).map_err(|_| NoRoom)?;
        Arc::clone(&self.room).try_acquire_many_owned(bytes).map_err(|_| NoRoom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_takes_room_until_it_is_dropped() {
        let intake = Intake::new(10, WITHIN);
        let (mut one, mut other) = (intake.begin().unwrap(), intake.begin().unwrap());
        assert_eq!([intake.more(&mut one, 4), intake.more(&mut one, 4)], [Ok(()), Ok(())]);
        assert_eq!(intake.more(&mut other, 3), Err(NoRoom));
        assert_eq!(intake.more(&mut other, 2), Ok(()), "what was refused took nothing");
        drop(one);
        assert_eq!(intake.more(&mut other, 8), Ok(()));
    }

    #[test]
    fn the_largest_has_room_whatever_its_size() {
        for max_bytes in [1 << 20, 1 << 30] {
            let intake = Intake::of(max_bytes);
            assert_eq!(intake.more(&mut intake.begin().unwrap(), max_bytes), Ok(()));
        }
    }
}
