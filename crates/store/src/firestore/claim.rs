//! Handing out jobs.
//!
//! Those who claim at once see the same head of the queue. Within a process each leaves alone what another is trying;
//! between processes, whoever comes second goes on with one of the next, at random.

use std::{sync::PoisonError, time::Duration};

use jiff::Timestamp;
use model::{Step, SubmissionId};
use tokio::try_join;

use super::{
    FirestoreStore,
    draft::{Draft, Tries},
    entry::{Entry, READY, WAKE, id_of, set_aside},
    fields::{Reader, time},
    rest::{
        CommitError, Query, random,
        wire::{self, Document, If},
    },
};
use crate::{
    error::StoreError,
    records::{Job, JobState, Lane, Lease, WorkerId},
};

/// How many jobs at the head of the queue are looked at, beside those that are being tried.
const CANDIDATES: u32 = 12;
/// How many jobs whose time has come are looked at.
const WOKEN: u32 = 200;

pub(super) async fn claim(
    store: &FirestoreStore,
    worker: &WorkerId,
    now: Timestamp,
    lease: Duration,
) -> Result<Option<Job>, StoreError> {
    let mut tries = Tries::default();
    loop {
        let mut candidates = candidates(store, now).await?;
        if candidates.is_empty() {
            return Ok(None);
        }
        let mut next = 0;
        while next < candidates.len() {
            let document = candidates.remove(next);
            let Some(_trying) = Trying::begin(store, &document) else { continue };
            match take(store, worker, now, lease, &document).await {
                Ok(job) => return Ok(Some(job)),
                Err(CommitError::Conflict) => next = random() as usize % candidates.len().max(1),
                Err(error) => return Err(error.into()),
            }
        }
        tries.again().await?;
    }
}

/// The head of the queue, in its order.
async fn candidates(store: &FirestoreStore, now: Timestamp) -> Result<Vec<Document>, StoreError> {
    let tried = store.tried.lock().unwrap_or_else(PoisonError::into_inner).len();
    let limit = CANDIDATES + u32::try_from(tried).unwrap_or(CANDIDATES);
    let jobs = &store.names.submissions;
    let (ready, woken) =
        (Query::by(jobs, READY).limit(limit), Query::by(jobs, WAKE).up_to(&time(now)).limit(WOKEN));
    let (ready, woken) = try_join!(store.client.run(&ready), store.client.run(&woken))?;
    let mut all: Vec<_> =
        ready.into_iter().chain(woken).map(|document| (place(&document), document)).collect();
    all.sort_by_key(|(place, _)| *place);
    Ok(all.into_iter().map(|(_, document)| document).collect())
}

/// What is unreadable comes first, to be out of the way.
fn place(document: &Document) -> Option<(Lane, u64, SubmissionId)> {
    Entry::read(document).ok().map(|entry| entry.place())
}

async fn take(
    store: &FirestoreStore,
    worker: &WorkerId,
    now: Timestamp,
    lease: Duration,
    document: &Document,
) -> Result<Job, CommitError> {
    let mut entry = match Entry::read(document) {
        Ok(entry) => entry,
        Err(unreadable) => {
            // It would be claimed first again and again, and nothing behind it would ever be graded.
            put_aside(store, worker, now, document).await?;
            return Err(unreadable.into());
        }
    };
    let job = &mut entry.job;
    job.state = JobState::Leased;
    job.token = job.token.saturating_add(1);
    job.claims = job.claims.saturating_add(1);
    let (attempt, claims, lane) = (job.faults.saturating_add(1), job.claims, job.lane);
    let held = Lease { submission: entry.submission.id, worker: worker.clone(), token: job.token };
    entry.holder = Some((worker.clone(), until(now, lease)));
    let mut draft = Draft::new(store);
    draft.events(&mut entry, now, Some(&worker.0), &[Step::Started { attempt }]);
    draft.entry(&entry, &If::Version(document.update_time.clone()));
    draft.commit().await?;
    Ok(Job { lease: held, submission: entry.submission, attempt, claims, lane })
}

/// When a lease that begins now ends.
pub(super) fn until(now: Timestamp, lease: Duration) -> Timestamp {
    now.saturating_add(lease).unwrap_or(Timestamp::MAX)
}

async fn put_aside(
    store: &FirestoreStore,
    worker: &WorkerId,
    now: Timestamp,
    document: &Document,
) -> Result<(), CommitError> {
    let (mut fields, paths) = set_aside();
    let mut paths = paths.to_vec();
    let mut writes = vec![];
    if let (Ok(id), Ok(events)) = (id_of(document), Reader::of(document).count::<u64>("events")) {
        let seq = events + 1;
        let event = model::Event { seq, at: now, actor: Some(worker.0.to_string()), step: Step::Failed };
        let name = store.names.event(&store.client, id, seq);
        writes.push(wire::set(&name, super::draft::portion(&[event], &store.new_write()), &If::Absent));
        fields.insert("events".into(), wire::count(seq));
        paths.push("events");
    }
    writes.push(wire::change(&document.name, fields, &paths));
    match store.client.commit(&writes, None).await {
        // Whoever came first has put it aside.
        Ok(()) | Err(CommitError::Conflict) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A job that is about to be taken by this process.
struct Trying<'s> {
    store: &'s FirestoreStore,
    id: Option<SubmissionId>,
}

impl<'s> Trying<'s> {
    /// `None` if another claim of this process is trying it.
    fn begin(store: &'s FirestoreStore, document: &Document) -> Option<Self> {
        let id = id_of(document).ok();
        let mut tried = store.tried.lock().unwrap_or_else(PoisonError::into_inner);
        id.is_none_or(|id| tried.insert(id)).then(|| Self { store, id })
    }
}

impl Drop for Trying<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.store.tried.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        }
    }
}
