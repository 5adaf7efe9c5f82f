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
#[derive(Default)]
pub(super) struct Users {
    taken: Arc<Mutex<Vec<u32>>>,
}

/// A user id that no other grading has, until dropped.
pub(super) struct OwnUser {
    id: u32,
    taken: Arc<Mutex<Vec<u32>>>,
}

impl Users {
    /// The lowest free id.
    pub(super) fn take(&self) -> Option<OwnUser> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let id = { IDS }.find(|id| !taken.contains(id))?;
        taken.push(id);
        Some(OwnUser { id, taken: Arc::clone(&self.taken) })
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
        let users = Users::default();
        let (first, second) = (users.take().unwrap(), users.take().unwrap());
        assert_ne!(first.id(), second.id());
        let freed = first.id();
        drop(first);
        assert_eq!(users.take().unwrap().id(), freed);
    }
}
