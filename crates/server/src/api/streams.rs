//! How many streams each user has open: each asks the store every second.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use model::UserName;

/// The most that one user may have open.
const MOST: usize = 100;

/// The streams that are open in this process.
#[derive(Default)]
pub struct Streams(Arc<Mutex<HashMap<UserName, usize>>>);

/// A stream that is open. Dropped, it is not any more.
pub(super) struct Open {
    streams: Streams,
    user: UserName,
}

impl Streams {
    /// One more, if the user may have one.
    pub(super) fn open(&self, user: &UserName) -> Option<Open> {
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = streams.entry(user.clone()).or_default();
        if *number >= MOST {
            return None;
        }
        *number += 1;
        Some(Open { streams: Self(Arc::clone(&self.0)), user: user.clone() })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut streams = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = streams.get_mut(&self.user) {
            *number -= 1;
            if *number == 0 {
                streams.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_so_many_and_no_more() {
        let streams = Streams::default();
        let (ada, bob) = ("ada".parse().unwrap(), "bob".parse().unwrap());
        let mut open: Vec<_> = (0..MOST).map(|_| streams.open(&ada).unwrap()).collect();
        assert!(streams.open(&ada).is_none());
        assert!(streams.open(&bob).is_some(), "others are not concerned");
        open.pop();
        assert!(streams.open(&ada).is_some(), "one has ended");
        open.clear();
        assert!(streams.0.lock().unwrap().is_empty(), "nobody is remembered for ever");
    }
}
