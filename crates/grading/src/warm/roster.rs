//! The snapshots of a job that are still wanted.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

/// Knows the pids of all snapshots of a job that may still be asked. Clones are the same list.
#[derive(Debug, Clone, Default)]
pub(super) struct Roster(Rc<List>);

#[derive(Debug, Default)]
struct List {
    pids: RefCell<BTreeMap<u64, i32>>,
    last: Cell<u64>,
    is_short_of_descriptors: Cell<bool>,
}

/// A place on the list; free again when dropped.
#[derive(Debug)]
pub(super) struct Entry {
    roster: Roster,
    number: u64,
}

impl Roster {
    /// Puts a snapshot on the list. Its pid is what it says itself: a claim, which only the init can check.
    pub(super) fn enter(&self, pid: i32) -> Entry {
        let number = self.0.last.get() + 1;
        self.0.last.set(number);
        let entry = Entry { roster: self.clone(), number };
        entry.set_pid(pid);
        entry
    }

    /// The pids of those that are wanted.
    pub(super) fn pids(&self) -> Vec<i32> {
        self.0.pids.borrow().values().copied().collect()
    }

    /// Notes that this program could not take what a process of the job sent it, for lack of free descriptors.
    pub(super) fn note_lack_of_descriptors(&self) {
        self.0.is_short_of_descriptors.set(true);
    }

    /// Whether a message was lost by our own doing.
    pub(super) fn has_lost(&self) -> bool {
        self.0.is_short_of_descriptors.get()
    }
}

impl Entry {
    /// Another process goes on in its place.
    pub(super) fn set_pid(&self, pid: i32) {
        self.roster.0.pids.borrow_mut().insert(self.number, pid);
    }

    /// It is not wanted any more.
    pub(super) fn cross_out(&self) {
        self.roster.0.pids.borrow_mut().remove(&self.number);
    }

    /// The list that it is on.
    pub(super) fn roster(&self) -> &Roster {
        &self.roster
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.cross_out();
    }
}
