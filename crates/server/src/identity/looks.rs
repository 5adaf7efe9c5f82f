//! Who of the staff follows whose submission, as far as the audit trail has it already.

use std::{
    net::IpAddr,
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use lru::LruCache;
use model::{SubmissionId, UserName};

use super::Caller;

/// How many are remembered. One that is forgotten is noted again.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(10_000).expect("10000 is not zero");
/// How long one look lasts.
const AGE: Duration = Duration::from_hours(1);

/// Who looked from where at what.
type Look = (UserName, Option<IpAddr>, SubmissionId);

/// What this process has noted in the audit trail within the hour.
pub struct Looks(Mutex<LruCache<Look, Timestamp>>);

impl Default for Looks {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(REMEMBERED)))
    }
}

impl Looks {
    /// Whether this very look is noted.
    pub(crate) fn has(&self, caller: &Caller, id: SubmissionId, now: Timestamp) -> bool {
        let mut looks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        looks.get(&look(caller, id)).is_some_and(|at| now.duration_since(*at).unsigned_abs() < AGE)
    }

    /// It is noted now.
    pub(crate) fn add(&self, caller: &Caller, id: SubmissionId, now: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(look(caller, id), now);
    }
}

fn look(caller: &Caller, id: SubmissionId) -> Look {
    (caller.user.clone(), caller.address, id)
}
