//! Submissions of people whom the service does not know yet: what the published otter-submit posts, until the browser has
//! come back from the hub with who they are.
//!
//! They are kept in memory, few and for a short time: nothing is promised before the user is known. Behind a load
//! balancer, a browser must come back to the process it came to first.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use crate::{api::submit::Received, identity::limits::of_one_customer};

/// How long a submission waits for its user.
const AGE: Duration = Duration::from_mins(2);
/// How many bytes may wait together, and as how many even the smallest submission counts.
const ROOM: usize = 256 << 20;
const LEAST: usize = 512 << 10;

/// Submissions that wait for their users, by the sign-in that each began.
#[derive(Default)]
pub struct Stash(Mutex<HashMap<String, Waiting>>);

struct Waiting {
    from: Option<IpAddr>,
    received: Received,
}

/// There is no room.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl Stash {
    /// Keeps a notebook from an address until the sign-in is done. Those that waited too long go. If there is no room,
    /// the latest from the address that takes most of it goes, unless that would be this one.
    pub(crate) fn put(&self, sign_in: &str, from: Option<IpAddr>, received: Received) -> Result<(), NoRoom> {
        let new = Waiting { from: from.map(of_one_customer), received };
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, one| one.received.is_fresh(new.received.at));
        while taken(waiting.values()) + new.size() > ROOM {
            let of = |from| taken(waiting.values().filter(|one| one.from == from));
            let greediest =
                waiting.values().map(|one| one.from).max_by_key(|from| of(*from)).ok_or(NoRoom)?;
            if of(greediest) <= of(new.from) + new.size() {
                return Err(NoRoom);
            }
            let theirs = waiting.iter().filter(|(_, one)| one.from == greediest);
            let latest = theirs.max_by_key(|(_, one)| one.received.at).map(|(sign_in, _)| sign_in.clone());
            waiting.remove(&latest.ok_or(NoRoom)?);
        }
        waiting.insert(sign_in.to_owned(), new);
        Ok(())
    }

    /// Hands it out, once, unless it waited too long.
    pub(crate) fn take(&self, sign_in: &str, now: Timestamp) -> Option<Received> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.remove(sign_in).map(|one| one.received).filter(|one| one.is_fresh(now))
    }
}

impl Received {
    /// Whether it came in the last minutes. What came later than now did so before the clock was set back; not so what
    /// came a moment later, because two that come at once may be put here in either order.
    fn is_fresh(&self, now: Timestamp) -> bool {
        now.duration_since(self.at).unsigned_abs() < AGE
    }
}

impl Waiting {
    fn size(&self) -> usize {
        self.received.body.len().max(LEAST)
    }
}

fn taken<'a>(waiting: impl Iterator<Item = &'a Waiting>) -> usize {
    waiting.map(Waiting::size).sum()
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
        stash.put("a", None, came("1", 0)).unwrap();
        stash.put("b", None, came("2", 0)).unwrap();
        let first = stash.take("a", at(1)).unwrap();
        assert_eq!((&first.body[..], first.at), (&b"1"[..], at(0)), "what counts is when it came");
        assert!(stash.take("a", at(1)).is_none());
        assert!(stash.take("b", at(120)).is_none(), "too late");
        stash.put("c", None, came("3", 3600)).unwrap();
        assert!(stash.take("c", at(0)).is_none(), "the clock was set back: nobody knows how long it waited");
    }

    #[test]
    fn what_came_before_the_clock_was_set_back_takes_no_room() {
        let stash = Stash::default();
        stash.put("before", None, came(vec![0; ROOM], 3600)).unwrap();
        assert_eq!(stash.put("after", None, came("", 0)), Ok(()));
    }

    #[test]
    fn there_is_room_for_so_many_and_so_much() {
        let stash = Stash::default();
        for number in 0..ROOM / LEAST {
            stash.put(&number.to_string(), None, came("", 0)).unwrap();
        }
        assert_eq!(stash.put("more", None, came("", 1)), Err(NoRoom));
        assert_eq!(stash.put("later", None, came("", 121)), Ok(()), "the old ones have gone");
        let half = Bytes::from(vec![0; ROOM / 2 + 1]);
        assert_eq!(stash.put("large", None, came(half.clone(), 121)), Ok(()));
        assert_eq!(stash.put("too much", None, came(half, 121)), Err(NoRoom));
    }

    #[test]
    fn who_fills_it_does_so_for_themselves() {
        let stash = Stash::default();
        let (greedy, modest) = (Some([192, 0, 2, 1].into()), Some([192, 0, 2, 2].into()));
        for number in 0..9_i64 {
            let kept = stash.put(&format!("g{number}"), greedy, came(vec![0; ROOM / 8], number));
            assert_eq!(kept.is_ok(), number < 8);
        }
        stash.put("m", modest, came("1", 10)).unwrap();
        assert!(stash.take("g7", at(10)).is_none(), "their latest went");
        assert!(stash.take("g0", at(10)).is_some() && stash.take("m", at(10)).is_some());
    }
}
