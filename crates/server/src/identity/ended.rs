//! Sessions that were signed out: their cookies may have been copied, and would count until they run out by themselves.

use std::{
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
};

use lru::LruCache;

/// How many are remembered; who signed out longest ago is forgotten first.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(20_000).expect("20000 is not zero");

/// The ids of sessions that were signed out in this process.
pub struct EndedSessions(Mutex<LruCache<String, ()>>);

impl Default for EndedSessions {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }
}

impl EndedSessions {
    pub(crate) fn add(&self, id: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(id, ());
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }
}
