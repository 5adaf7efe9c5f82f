//! Submissions of people whom the service does not know yet: what the published otter-submit posts, until the browser has
//! come back from the hub with who they are.
//!
//! They are kept in memory, few and for a short time: nothing is promised before the user is known. Behind a load
//! balancer, a browser must come back to the process it came to first.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use crate::api::submit::Received;

/// How long a submission waits for its user.
const AGE: Duration = Duration::from_mins(2);
/// How many may wait, and how many bytes they may take together.
const MOST: usize = 500;
const MOST_BYTES: usize = 256 << 20;

/// Submissions that wait for their users, by the sign-in that each began.
#[derive(Default)]
pub struct Stash(Mutex<HashMap<String, Received>>);

/// There is no room.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl Stash {
    /// Keeps a notebook until the sign-in is done. Those that waited too long go.
    pub(crate) fn put(&self, sign_in: &str, received: Received) -> Result<(), NoRoom> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, one| one.at + AGE > received.at);
        let bytes: usize = waiting.values().map(|one| one.body.len()).sum();
        if waiting.len() >= MOST || bytes + received.body.len() > MOST_BYTES {
            return Err(NoRoom);
        }
        waiting.insert(sign_in.to_owned(), received);
        Ok(())
    }

    /// Hands it out, once, unless it waited too long.
    pub(crate) fn take(&self, sign_in: &str, now: Timestamp) -> Option<Received> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(sign_in).filter(|one| one.at + AGE > now)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;

    use super::*;

    fn came(body: impl Into<Bytes>, second: i64) -> Received {
        Received { body: body.into(), at: at(second), path: None }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn each_is_handed_out_once_and_in_time() {
        let stash = Stash::default();
        stash.put("a", came("1", 0)).unwrap();
        stash.put("b", came("2", 0)).unwrap();
        let first = stash.take("a", at(1)).unwrap();
        assert_eq!((&first.body[..], first.at), (&b"1"[..], at(0)), "what counts is when it came");
        assert!(stash.take("a", at(1)).is_none());
        assert!(stash.take("b", at(120)).is_none(), "too late");
    }

    #[test]
    fn there_is_room_for_so_many_and_so_much() {
        let stash = Stash::default();
        for number in 0..MOST {
            stash.put(&number.to_string(), came("", 0)).unwrap();
        }
        assert_eq!(stash.put("more", came("", 1)), Err(NoRoom));
        assert_eq!(stash.put("later", came("", 121)), Ok(()), "the old ones have gone");
        let half = Bytes::from(vec![0; MOST_BYTES / 2 + 1]);
        assert_eq!(stash.put("large", came(half.clone(), 121)), Ok(()));
        assert_eq!(stash.put("too much", came(half, 121)), Err(NoRoom));
    }
}
