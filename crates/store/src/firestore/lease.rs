//! What the holder of a job may do until it is done.

use std::time::Duration;

use jiff::Timestamp;
use model::{Step, SubmissionId};

use super::{
    FirestoreStore,
    claim::until,
    draft::{Draft, Tries},
    entry::{Entry, LEASE_UNTIL},
    rest::{
        CommitError, Query,
        wire::{self, Document, If},
    },
};
use crate::{
    error::{LeaseError, StoreError},
    records::{JobState, Lease, WorkerId},
};

impl FirestoreStore {
    /// A submission and its version.
    pub(super) async fn entry(&self, id: SubmissionId) -> Result<Option<(Entry, If)>, StoreError> {
        let document = self.client.get(&self.names.submission(&self.client, id)).await?;
        document.as_ref().map(versioned).transpose()
    }

    /// The submission whose job is held by this lease.
    pub(super) async fn held(&self, held: &Lease) -> Result<(Entry, If), LeaseError> {
        let found = self.entry(held.submission).await?;
        found.filter(|(entry, _)| entry.is_held(held)).ok_or(LeaseError::Lost)
    }
}

pub(super) fn versioned(document: &Document) -> Result<(Entry, If), StoreError> {
    Ok((Entry::read(document)?, If::Version(document.update_time.clone())))
}

pub(super) async fn renew(
    store: &FirestoreStore,
    held: &Lease,
    now: Timestamp,
    lease: Duration,
) -> Result<(), LeaseError> {
    let mut tries = Tries::default();
    loop {
        let (mut entry, only) = store.held(held).await?;
        entry.holder = Some((held.worker.clone(), until(now, lease)));
        let mut draft = Draft::new(store);
        draft.entry(&entry, &only);
        match draft.commit().await {
            // A commit that happened though its answer was lost is one of these, too: then nothing is left to do.
            Err(CommitError::Conflict) => tries.again().await?,
            other => return Ok(other?),
        }
    }
}

pub(super) async fn progress(
    store: &FirestoreStore,
    held: &Lease,
    now: Timestamp,
    steps: &[Step],
) -> Result<(), LeaseError> {
    let mut tries = Tries::default();
    loop {
        let (mut entry, only) = store.held(held).await?;
        if steps.is_empty() {
            return Ok(());
        }
        let mut draft = Draft::new(store);
        draft.events(&mut entry, now, Some(&held.worker.0), steps);
        draft.entry(&entry, &only);
        match draft.commit().await {
            Err(CommitError::Conflict) => tries.again().await?,
            other => return Ok(other?),
        }
    }
}

pub(super) async fn release(store: &FirestoreStore, held: &Lease, now: Timestamp) -> Result<(), LeaseError> {
    let mut tries = Tries::default();
    loop {
        let (entry, only) = store.held(held).await?;
        match give_back(store, entry, &only, &held.worker, now).await {
            Err(CommitError::Conflict) => tries.again().await?,
            other => return Ok(other?),
        }
    }
}

pub(super) async fn release_abandoned(
    store: &FirestoreStore,
    gone: &(dyn for<'a> Fn(&'a WorkerId) -> bool + Sync),
    now: Timestamp,
) -> Result<u64, StoreError> {
    let leased = Query::by(&store.names.submissions, LEASE_UNTIL).from(&wire::integer(i64::MIN));
    let mut released = 0;
    for document in store.client.run(&leased).await? {
        let (entry, only) = versioned(&document)?;
        let Some((worker, _)) = entry.holder.clone().filter(|(worker, _)| gone(worker)) else { continue };
        let held = Lease { submission: entry.submission.id, worker: worker.clone(), token: entry.job.token };
        match give_back(store, entry, &only, &worker, now).await {
            Ok(()) => released += 1,
            // It changed in between; if it is still the same worker's, that was a last sign of life.
            Err(CommitError::Conflict) => match release(store, &held, now).await {
                Ok(()) => released += 1,
                Err(LeaseError::Lost) => {}
                Err(LeaseError::Store(error)) => return Err(error),
            },
            Err(error) => return Err(error.into()),
        }
    }
    Ok(released)
}

/// Puts a leased job back into its place in the queue.
async fn give_back(
    store: &FirestoreStore,
    mut entry: Entry,
    only: &If,
    worker: &WorkerId,
    now: Timestamp,
) -> Result<(), CommitError> {
    entry.rest(JobState::Queued);
    let mut draft = Draft::new(store);
    draft.events(&mut entry, now, Some(&worker.0), &[Step::Released]);
    draft.entry(&entry, only);
    draft.commit().await
}
