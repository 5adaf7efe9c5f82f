//! Effects: each is put together from what was read, and happens in one commit that is conditional on all of it.

use std::time::Duration;

use jiff::Timestamp;
use model::{Event, Step};
use serde_json::Value as Json;
use tokio::time::sleep;

use super::{
    FirestoreStore,
    delivery::Delivery,
    entry::Entry,
    fields::{fields, json},
    python,
    rest::{
        CommitError, Mark, jitter,
        wire::{self, If},
    },
    standing::Standing,
};
use crate::error::StoreError;

/// How often an effect is put together anew because another write came first.
const TRIES: u32 = 40;

/// Writes that are to happen together.
pub(super) struct Draft<'s> {
    store: &'s FirestoreStore,
    /// The word by which the commit is known again.
    write: String,
    writes: Vec<Json>,
    mark: Option<Mark>,
}

impl<'s> Draft<'s> {
    pub(super) fn new(store: &'s FirestoreStore) -> Self {
        Self { store, write: store.new_write(), writes: vec![], mark: None }
    }

    pub(super) fn add(&mut self, write: Json) {
        self.writes.push(write);
    }

    pub(super) fn extend(&mut self, writes: impl IntoIterator<Item = Json>) {
        self.writes.extend(writes);
    }

    fn mark(&mut self, name: &str) {
        self.mark = Some(Mark { name: name.to_owned(), write: self.write.clone() });
    }

    /// The submission and its job as they are now.
    pub(super) fn entry(&mut self, entry: &Entry, only: &If) {
        let name = self.store.names.submission(&self.store.client, entry.submission.id);
        self.writes.push(wire::set(&name, entry.write(), only));
    }

    pub(super) fn standing(&mut self, standing: &Standing) {
        let name = self.store.names.grade(&self.store.client, &standing.user, &standing.key);
        self.writes.push(wire::set(&name, standing.write(&self.write), &standing.only));
        self.mark(&name);
    }

    pub(super) fn delivery(&mut self, delivery: &Delivery) {
        let name = self.store.names.passback(&self.store.client, delivery.record.passback.grading);
        self.writes.push(wire::set(&name, delivery.write(&self.write), &delivery.only));
        self.mark(&name);
    }

    /// Adds steps to the submission's events: a document that is never written again, so that it tells for ever
    /// whether this commit happened.
    pub(super) fn events(&mut self, entry: &mut Entry, at: Timestamp, actor: Option<&str>, steps: &[Step]) {
        let first = entry.events + 1;
        let event =
            |(seq, step): (u64, &Step)| Event { seq, at, actor: actor.map(Into::into), step: step.clone() };
        let events: Vec<_> = (first..).zip(steps).map(event).collect();
        let Some(last) = events.last().map(|event| event.seq) else { return };
        entry.events = last;
        let name = self.store.names.event(&self.store.client, entry.submission.id, last);
        self.writes.push(wire::set(&name, portion(&events, &self.write), &If::Absent));
        self.mark(&name);
        for (seq, line) in
            (first..).zip(steps).filter_map(|(seq, step)| Some((seq, python::line(entry, step)?)))
        {
            self.log(entry, at, seq, "", &line);
        }
    }

    /// Adds a line to the Python service's log; `part` tells lines of one event apart.
    pub(super) fn log(&mut self, entry: &Entry, at: Timestamp, seq: u64, part: &str, line: &python::Line) {
        if line.is_error || self.store.settings.verbose_logs {
            let id = format!("{}~{seq:010}{part}", entry.submission.id);
            let name = self.store.client.name(&self.store.names.python_logs, &id);
            self.writes.push(wire::set(&name, line.write(&entry.submission, at), &If::Always));
        }
    }

    /// A document that tells whether this commit happened, until it is written again.
    pub(super) fn set_marked(&mut self, name: &str, mut fields: wire::Fields, only: &If) {
        fields.insert("write".into(), wire::text(&self.write));
        self.writes.push(wire::set(name, fields, only));
        self.mark(name);
    }

    pub(super) async fn commit(self) -> Result<(), CommitError> {
        self.store.client.commit(&self.writes, self.mark.as_ref()).await
    }

    /// As many commits as it takes: the last one holds the last writes, so that what comes before must be harmless,
    /// and done again after an interruption.
    pub(super) async fn commit_in_parts(self) -> Result<(), CommitError> {
        let beyond = self.writes.len().saturating_sub(MOST_WRITES);
        for part in self.writes[..beyond].chunks(MOST_WRITES) {
            self.store.client.commit(part, None).await?;
        }
        self.store.client.commit(&self.writes[beyond..], self.mark.as_ref()).await
    }
}

/// How many writes go into one commit.
const MOST_WRITES: usize = 400;

/// A document of events.
pub(super) fn portion(events: &[Event], write: &str) -> wire::Fields {
    fields([
        ("events", Some(wire::array(events.iter().map(json).collect()))),
        ("write", Some(wire::text(write))),
    ])
}

/// How often an effect was tried.
#[derive(Default)]
pub(super) struct Tries(u32);

impl Tries {
    /// Waits a little, at random and longer each time; an error if that was often enough.
    pub(super) async fn again(&mut self) -> Result<(), StoreError> {
        self.0 += 1;
        if self.0 >= TRIES {
            return Err(StoreError::Unavailable("too many writes to the same place at once".into()));
        }
        sleep(jitter(Duration::from_millis(5) * 2_u32.pow(self.0.min(6)))).await;
        Ok(())
    }
}
