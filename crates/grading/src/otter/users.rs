//! User ids for gradings, when the service runs as root: one for each that goes on at the same time, so that none can
//! signal, trace or read another, and the kernel can limit its processes.

use std::{
    ops::RangeInclusive,
    sync::{Arc, Mutex, PoisonError},
};

use sandbox::User;

/// The ids. Debian leaves 60000 to 64999 for such uses (Debian Policy §9.2.2).
const IDS: RangeInclusive<u32> = 60_500..=64_999;

/// The ids that are in use.
pub(super) struct Users {
    taken: Option<Arc<Mutex<Vec<u32>>>>,
}

/// A user id that no other grading has, until dropped.
pub(super) struct OwnUser {
    id: u32,
    taken: Arc<Mutex<Vec<u32>>>,
}

impl Users {
    /// Hands out ids only if gradings can run as others at all.
    pub(super) fn new(possible: bool) -> Self {
        Self { taken: possible.then(Arc::default) }
    }

    /// The lowest free id.
    pub(super) fn take(&self) -> Option<OwnUser> {
        let shared = self.taken.as_ref()?;
        let mut taken = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let id = { IDS }.find(|id| !taken.contains(id))?;
        taken.push(id);
        Some(OwnUser { id, taken: Arc::clone(shared) })
    }
}

impl OwnUser {
    pub(super) fn id(&self) -> User {
        User { uid: self.id, gid: self.id }
    }
}

impl Drop for OwnUser {
    fn drop(&mut self) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).retain(|id| *id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_at_the_same_time_differ_and_are_used_again() {
        let users = Users::new(true);
        let (first, second) = (users.take().unwrap(), users.take().unwrap());
        assert_ne!(first.id(), second.id());
        let freed = first.id();
        drop(first);
        assert_eq!(users.take().unwrap().id(), freed);
        assert!(Users::new(false).take().is_none());
    }
}
