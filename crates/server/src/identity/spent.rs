//! What counts no more although its time is not over: sessions that were signed out, launches that have ended. Cookies may
//! have been copied, and would count until they run out by themselves.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use lru::LruCache;

/// How many are remembered; the one that was spent longest ago is forgotten first.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(20_000).expect("20000 is not zero");

/// Ids of what was spent in this process.
pub struct Spent(Mutex<LruCache<String, ()>>);

impl Default for Spent {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }
}

impl Spent {
    pub(crate) fn add(&self, id: String) {
        self.first(id);
    }

    /// Adds it; whether it was not there before. Of several who come at once one is the first.
    pub(crate) fn first(&self, id: String) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(id, ()).is_none()
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }
}
