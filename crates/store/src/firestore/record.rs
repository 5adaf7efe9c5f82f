//! The end of a grading: a report or a fault.

use model::{Fault, Report, Step};

use super::{
    FirestoreStore,
    blobs::Space,
    draft::{Draft, Tries},
    effects,
    entry::Earned,
    grading::Packed,
    rest::{CommitError, wire::If},
};
use crate::{
    error::LeaseError,
    records::{Effects, JobState, Lease, NewGrading, Outcome, Retry},
    steps,
};

pub(super) async fn report(
    store: &FirestoreStore,
    held: &Lease,
    grading: &NewGrading,
    report: &Report,
    executed: Option<&[u8]>,
    effects: Effects,
) -> Result<(), LeaseError> {
    // Before anything large is written for nothing.
    store.held(held).await?;
    let outcome = Outcome::Report(Box::new(report.clone()));
    let packed = store.pack(held.submission, &outcome, executed, Space::InTheCommit).await?;
    let mut tries = Tries::default();
    loop {
        match report_once(store, held, grading, report, &packed, effects).await {
            Err(Ending::Conflict) => tries.again().await?,
            Err(Ending::Lease(error)) => return Err(error),
            Ok(()) => return Ok(()),
        }
    }
}

/// Why a try to end a grading did not.
enum Ending {
    Conflict,
    Lease(LeaseError),
}

impl<E: Into<LeaseError>> From<E> for Ending {
    fn from(error: E) -> Self {
        Self::Lease(error.into())
    }
}

async fn report_once(
    store: &FirestoreStore,
    held: &Lease,
    grading: &NewGrading,
    report: &Report,
    packed: &Packed,
    effects: Effects,
) -> Result<(), Ending> {
    let (mut entry, only) = store.held(held).await?;
    let counts = report.fraction().is_some();
    entry.rest(JobState::Done);
    entry.job.grading = Some(grading.id);
    entry.job.fault = None;
    entry.earned = counts.then_some(Earned {
        score: report.counted(),
        max_score: report.max_score,
        at: grading.finished_at,
    });
    let mut draft = Draft::new(store);
    draft.extend(packed.writes.iter().cloned());
    draft.add(store.grading_write(held.submission, grading, packed, &If::Absent));
    if counts {
        effects::apply(store, &mut draft, &entry, grading, report, effects).await?;
    }
    let steps = steps::of_report(report);
    draft.events(&mut entry, grading.finished_at, Some(&held.worker.0), &steps);
    draft.entry(&entry, &only);
    match draft.commit().await {
        Err(CommitError::Conflict) => Err(Ending::Conflict),
        other => Ok(other.map_err(LeaseError::from)?),
    }
}

pub(super) async fn fault(
    store: &FirestoreStore,
    held: &Lease,
    grading: &NewGrading,
    fault: &Fault,
    retry: Retry,
) -> Result<(), LeaseError> {
    let packed =
        store.pack(held.submission, &Outcome::Fault(fault.clone()), None, Space::InTheCommit).await?;
    let mut tries = Tries::default();
    loop {
        let (mut entry, only) = store.held(held).await?;
        let step = match retry {
            Retry::At(retry_at) => {
                entry.rest(JobState::Queued);
                entry.job.due_at = retry_at;
                Step::Delayed { retry_at }
            }
            Retry::Never => {
                entry.rest(JobState::Failed);
                Step::Failed
            }
        };
        entry.job.faults = entry.job.faults.saturating_add(1);
        entry.job.fault = Some(fault.clone());
        let mut draft = Draft::new(store);
        draft.add(store.grading_write(held.submission, grading, &packed, &If::Absent));
        draft.events(&mut entry, grading.finished_at, Some(&held.worker.0), &[step]);
        draft.entry(&entry, &only);
        match draft.commit().await {
            Err(CommitError::Conflict) => tries.again().await?,
            other => return Ok(other?),
        }
    }
}
