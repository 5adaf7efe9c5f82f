//! A store that can be away.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use model::{AssignmentKey, Event, Fault, Grade, GradePolicy, Report, Step, SubmissionId, UserName};
use store::{
    Accepted, GradingRecord, Job, Lease, LeaseError, NewGrading, NewSubmission, Page, Retry, Scope, Store,
    StoreError, SubmissionRecord, WorkerId,
};

/// Hands everything on to another store, unless it is away.
pub struct OutageStore {
    inner: Arc<dyn Store>,
    away: AtomicBool,
}

impl OutageStore {
    /// A store that is there.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, away: AtomicBool::new(false) }
    }

    /// Takes it away, or brings it back.
    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    fn reach(&self) -> Result<&dyn Store, StoreError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable(io::Error::other("taken away by the test").into()));
        }
        Ok(&*self.inner)
    }
}

/// One line for each method of the trait: reach the store, then do it.
macro_rules! hand_on {
    ($($name:ident($($arg:ident: $kind:ty),*) -> $ok:ty, $error:ty;)*) => {
        #[async_trait]
        impl Store for OutageStore {
            $(async fn $name(&self, $($arg: $kind),*) -> Result<$ok, $error> {
                self.reach()?.$name($($arg),*).await
            })*

            async fn release_abandoned(
                &self,
                gone: &(dyn for<'a> Fn(&'a WorkerId) -> bool + Sync),
                now: Timestamp,
            ) -> Result<u64, StoreError> {
                self.reach()?.release_abandoned(gone, now).await
            }
        }
    };
}

hand_on! {
    accept(new: NewSubmission) -> Accepted, StoreError;
    claim(worker: &WorkerId, now: Timestamp, lease: Duration) -> Option<Job>, StoreError;
    renew(held: &Lease, now: Timestamp, lease: Duration) -> (), LeaseError;
    release(held: &Lease, now: Timestamp) -> (), LeaseError;
    progress(held: &Lease, now: Timestamp, steps: Vec<Step>) -> (), LeaseError;
    record_report(held: &Lease, grading: NewGrading, report: &Report, executed: Option<&[u8]>, policy: GradePolicy) -> (), LeaseError;
    record_fault(held: &Lease, grading: NewGrading, fault: &Fault, retry: Retry) -> (), LeaseError;
    notebook(scope: &Scope, id: SubmissionId) -> Option<Vec<u8>>, StoreError;
    executed(scope: &Scope, id: SubmissionId) -> Option<Vec<u8>>, StoreError;
    notebook_to_grade(held: &Lease) -> Vec<u8>, StoreError;
    submission(scope: &Scope, id: SubmissionId) -> Option<SubmissionRecord>, StoreError;
    submissions(scope: &Scope, page: Page) -> Vec<SubmissionRecord>, StoreError;
    events(scope: &Scope, id: SubmissionId, after: u64) -> Vec<Event>, StoreError;
    position(scope: &Scope, id: SubmissionId) -> Option<u64>, StoreError;
    grade(user: &UserName, key: &AssignmentKey) -> Option<Grade>, StoreError;
    queue(now: Timestamp) -> (u64, u64), StoreError;
    gradings(scope: &Scope, id: SubmissionId) -> Vec<GradingRecord>, StoreError;
    ready() -> (), StoreError;
}
