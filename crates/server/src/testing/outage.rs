//! A store that can be away.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use model::{
    AssignmentKey, AuditId, Event, Fault, Grade, GradingId, Name, Report, Step, SubmissionId, TokenHash,
    TokenId, UserName,
};
use store::{
    Accepted, AuditEntry, Effects, Expired, Filter, GradingRecord, Job, LaunchRecord, Lease, LeaseError,
    NewGrading, NewSubmission, Outbox, Page, PassbackJob, PassbackLease, PassbackOutcome, PassbackRecord,
    PassbackState, Queue, Regrade, Retention, Retry, Scope, Store, StoreError, SubmissionRecord, TokenRecord,
    Whole, WorkerId, WorkerRecord,
};

/// Hands everything on to another store, unless it is away.
pub struct OutageStore {
    inner: Arc<dyn Store>,
    away: AtomicBool,
    /// Whether it goes away when the next job is claimed.
    away_after_claim: AtomicBool,
    refused: AtomicUsize,
}

impl OutageStore {
    /// A store that is there.
    pub fn new(inner: Arc<dyn Store>) -> Self {
        Self { inner, away: false.into(), away_after_claim: false.into(), refused: 0.into() }
    }

    /// Takes it away, or brings it back.
    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }

    /// Takes it away as soon as somebody has claimed a job.
    pub fn take_away_after_claim(&self) {
        self.away_after_claim.store(true, Ordering::SeqCst);
    }

    /// How often it was asked while it was away.
    pub fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }

    fn reach(&self) -> Result<&dyn Store, StoreError> {
        if self.away.load(Ordering::SeqCst) {
            self.refused.fetch_add(1, Ordering::SeqCst);
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

            async fn claim(
                &self,
                worker: &WorkerId,
                now: Timestamp,
                lease: Duration,
            ) -> Result<Option<Job>, StoreError> {
                let claimed = self.reach()?.claim(worker, now, lease).await?;
                if claimed.is_some() && self.away_after_claim.swap(false, Ordering::SeqCst) {
                    self.set_away(true);
                }
                Ok(claimed)
            }

            async fn close(&self) {
                self.inner.close().await;
            }

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
    renew(held: &Lease, now: Timestamp, lease: Duration) -> (), LeaseError;
    release(held: &Lease, now: Timestamp) -> (), LeaseError;
    progress(held: &Lease, now: Timestamp, steps: Vec<Step>) -> (), LeaseError;
    record_report(held: &Lease, grading: NewGrading, report: &Report, executed: Option<&[u8]>, effects: Effects) -> (), LeaseError;
    record_fault(held: &Lease, grading: NewGrading, fault: &Fault, retry: Retry) -> (), LeaseError;
    notebook(scope: &Scope, id: SubmissionId) -> Option<Vec<u8>>, StoreError;
    executed(scope: &Scope, id: SubmissionId) -> Option<Vec<u8>>, StoreError;
    notebook_to_grade(held: &Lease) -> Vec<u8>, StoreError;
    submission(scope: &Scope, id: SubmissionId) -> Option<SubmissionRecord>, StoreError;
    submissions(scope: &Scope, filter: &Filter, page: Page) -> Vec<SubmissionRecord>, StoreError;
    events(scope: &Scope, id: SubmissionId, after: u64) -> Vec<Event>, StoreError;
    position(scope: &Scope, id: SubmissionId) -> Option<u64>, StoreError;
    grade(user: &UserName, key: &AssignmentKey) -> Option<Grade>, StoreError;
    queue(now: Timestamp) -> Queue, StoreError;
    gradings(scope: &Scope, id: SubmissionId) -> Vec<GradingRecord>, StoreError;
    ready() -> (), StoreError;
    regrade(scope: &Scope, id: SubmissionId, entry: &AuditEntry) -> Regrade, StoreError;
    heartbeat(worker: &WorkerRecord) -> (), StoreError;
    goodbye(worker: &WorkerId, silent_since: Timestamp) -> (), StoreError;
    workers() -> Vec<WorkerRecord>, StoreError;
    claim_passback(worker: &WorkerId, now: Timestamp, lease: Duration) -> Option<PassbackJob>, StoreError;
    settle_passback(held: &PassbackLease, now: Timestamp, outcome: PassbackOutcome, words: Option<&str>) -> (), LeaseError;
    resend(scope: &Scope, grading: GradingId, entry: &AuditEntry) -> bool, StoreError;
    passbacks(scope: &Scope, id: SubmissionId) -> Vec<PassbackRecord>, StoreError;
    audit(entry: &AuditEntry) -> (), StoreError;
    audits(course: Option<&Name>, page: Page<AuditId>) -> Vec<AuditEntry>, StoreError;
    expire(what: Retention, limit: u32) -> Expired, StoreError;
    erase(user: &UserName, entry: &AuditEntry) -> u64, StoreError;
    wholes(of: Option<&UserName>, after: Option<SubmissionId>, limit: u32) -> Vec<Whole>, StoreError;
    put_whole(whole: &Whole) -> (), StoreError;
    deliveries(scope: &Scope, states: &[PassbackState], page: Page<GradingId>) -> Vec<PassbackRecord>, StoreError;
    outbox() -> Outbox, StoreError;
    put_launch(launch: &LaunchRecord) -> (), StoreError;
    launch(user: &UserName, key: &AssignmentKey) -> Option<LaunchRecord>, StoreError;
    last_launch(user: &UserName) -> Option<LaunchRecord>, StoreError;
    launches(after: Option<(&UserName, Option<&AssignmentKey>)>, limit: u32) -> Vec<LaunchRecord>, StoreError;
    create_token(token: &TokenRecord, entry: &AuditEntry) -> (), StoreError;
    token(hash: &TokenHash) -> Option<TokenRecord>, StoreError;
    tokens(user: Option<&UserName>) -> Vec<TokenRecord>, StoreError;
    revoke_token(id: TokenId, entry: &AuditEntry) -> bool, StoreError;
    put_token(token: &TokenRecord) -> (), StoreError;
}
