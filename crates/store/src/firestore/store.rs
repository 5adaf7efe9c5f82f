//! The trait, method by method: each is a function of the file that is about it.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use model::{
    AssignmentKey, AuditId, Event, Fault, Grade, GradingId, Name, Report, Step, SubmissionId, TokenHash,
    TokenId, UserName,
};

use super::{
    FirestoreStore, accept, audit, claim, erase, expire, launch, lease, look, outbox, passback, record,
    regrade, token, whole, worker,
};
use crate::{
    error::{LeaseError, StoreError},
    records::{
        Accepted, AuditEntry, Effects, Expired, Filter, GradingRecord, Job, LaunchRecord, Lease, NewGrading,
        NewSubmission, Outbox, Page, PassbackJob, PassbackLease, PassbackOutcome, PassbackRecord,
        PassbackState, Queue, Regrade, Retention, Retry, Scope, SubmissionRecord, TokenRecord, Whole,
        WorkerId, WorkerRecord,
    },
    store::Store,
};

#[async_trait]
impl Store for FirestoreStore {
    async fn accept(&self, new: NewSubmission) -> Result<Accepted, StoreError> {
        accept::accept(self, new).await
    }

    async fn claim(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Job>, StoreError> {
        claim::claim(self, worker, now, lease).await
    }

    async fn renew(&self, held: &Lease, now: Timestamp, lease: Duration) -> Result<(), LeaseError> {
        lease::renew(self, held, now, lease).await
    }

    async fn release(&self, held: &Lease, now: Timestamp) -> Result<(), LeaseError> {
        lease::release(self, held, now).await
    }

    async fn release_abandoned(
        &self,
        gone: &(dyn for<'a> Fn(&'a WorkerId) -> bool + Sync),
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        lease::release_abandoned(self, gone, now).await
    }

    async fn progress(&self, held: &Lease, now: Timestamp, steps: Vec<Step>) -> Result<(), LeaseError> {
        lease::progress(self, held, now, &steps).await
    }

    async fn record_report(
        &self,
        held: &Lease,
        grading: NewGrading,
        report: &Report,
        executed: Option<&[u8]>,
        effects: Effects,
    ) -> Result<(), LeaseError> {
        record::report(self, held, &grading, report, executed, effects).await
    }

    async fn record_fault(
        &self,
        held: &Lease,
        grading: NewGrading,
        fault: &Fault,
        retry: Retry,
    ) -> Result<(), LeaseError> {
        record::fault(self, held, &grading, fault, retry).await
    }

    async fn regrade(
        &self,
        scope: &Scope,
        id: SubmissionId,
        entry: &AuditEntry,
    ) -> Result<Regrade, StoreError> {
        regrade::regrade(self, scope, id, entry).await
    }

    async fn heartbeat(&self, worker: &WorkerRecord) -> Result<(), StoreError> {
        worker::heartbeat(self, worker).await
    }

    async fn goodbye(&self, worker: &WorkerId, silent_since: Timestamp) -> Result<(), StoreError> {
        worker::goodbye(self, worker, silent_since).await
    }

    async fn workers(&self) -> Result<Vec<WorkerRecord>, StoreError> {
        worker::workers(self).await
    }

    async fn queue(&self, now: Timestamp) -> Result<Queue, StoreError> {
        look::queue(self, now).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.client.get(&self.names.schema(&self.client)).await.map(drop)
    }

    async fn claim_passback(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<PassbackJob>, StoreError> {
        passback::claim(self, worker, now, lease).await
    }

    async fn settle_passback(
        &self,
        held: &PassbackLease,
        now: Timestamp,
        outcome: PassbackOutcome,
        words: Option<&str>,
    ) -> Result<(), LeaseError> {
        passback::settle(self, held, now, outcome, words).await
    }

    async fn resend(
        &self,
        scope: &Scope,
        grading: GradingId,
        entry: &AuditEntry,
    ) -> Result<bool, StoreError> {
        passback::resend(self, scope, grading, entry).await
    }

    async fn passbacks(&self, scope: &Scope, id: SubmissionId) -> Result<Vec<PassbackRecord>, StoreError> {
        look::passbacks(self, scope, id).await
    }

    async fn deliveries(
        &self,
        scope: &Scope,
        states: &[PassbackState],
        page: Page<GradingId>,
    ) -> Result<Vec<PassbackRecord>, StoreError> {
        outbox::deliveries(self, scope, states, page).await
    }

    async fn outbox(&self) -> Result<Outbox, StoreError> {
        outbox::outbox(self).await
    }

    async fn put_launch(&self, launch: &LaunchRecord) -> Result<(), StoreError> {
        launch::put(self, launch).await
    }

    async fn launch(&self, user: &UserName, key: &AssignmentKey) -> Result<Option<LaunchRecord>, StoreError> {
        launch::one(self, user, Some(key)).await
    }

    async fn last_launch(&self, user: &UserName) -> Result<Option<LaunchRecord>, StoreError> {
        launch::one(self, user, None).await
    }

    async fn create_token(&self, token: &TokenRecord, entry: &AuditEntry) -> Result<(), StoreError> {
        token::create(self, token, entry).await
    }

    async fn token(&self, hash: &TokenHash) -> Result<Option<TokenRecord>, StoreError> {
        token::token(self, hash).await
    }

    async fn tokens(&self, user: Option<&UserName>) -> Result<Vec<TokenRecord>, StoreError> {
        token::tokens(self, user).await
    }

    async fn revoke_token(&self, id: TokenId, entry: &AuditEntry) -> Result<bool, StoreError> {
        token::revoke(self, id, entry).await
    }

    async fn notebook(&self, scope: &Scope, id: SubmissionId) -> Result<Option<Vec<u8>>, StoreError> {
        look::notebook(self, scope, id).await
    }

    async fn notebook_to_grade(&self, held: &Lease) -> Result<Vec<u8>, StoreError> {
        look::notebook_to_grade(self, held).await
    }

    async fn executed(&self, scope: &Scope, id: SubmissionId) -> Result<Option<Vec<u8>>, StoreError> {
        look::executed(self, scope, id).await
    }

    async fn submission(
        &self,
        scope: &Scope,
        id: SubmissionId,
    ) -> Result<Option<SubmissionRecord>, StoreError> {
        look::submission(self, scope, id).await
    }

    async fn submissions(
        &self,
        scope: &Scope,
        filter: &Filter,
        page: Page,
    ) -> Result<Vec<SubmissionRecord>, StoreError> {
        look::submissions(self, scope, filter, page).await
    }

    async fn gradings(&self, scope: &Scope, id: SubmissionId) -> Result<Vec<GradingRecord>, StoreError> {
        look::gradings(self, scope, id).await
    }

    async fn events(&self, scope: &Scope, id: SubmissionId, after: u64) -> Result<Vec<Event>, StoreError> {
        look::events(self, scope, id, after).await
    }

    async fn position(&self, scope: &Scope, id: SubmissionId) -> Result<Option<u64>, StoreError> {
        look::position(self, scope, id).await
    }

    async fn grade(&self, user: &UserName, key: &AssignmentKey) -> Result<Option<Grade>, StoreError> {
        look::grade(self, user, key).await
    }

    async fn audit(&self, entry: &AuditEntry) -> Result<(), StoreError> {
        audit::add(self, entry).await
    }

    async fn audits(
        &self,
        course: Option<&Name>,
        page: Page<AuditId>,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        audit::page(self, course, page).await
    }

    async fn expire(&self, what: Retention, limit: u32) -> Result<Expired, StoreError> {
        expire::expire(self, what, limit).await
    }

    async fn erase(&self, user: &UserName, entry: &AuditEntry) -> Result<u64, StoreError> {
        erase::erase(self, user, entry).await
    }

    async fn wholes(
        &self,
        of: Option<&UserName>,
        after: Option<SubmissionId>,
        limit: u32,
    ) -> Result<Vec<Whole>, StoreError> {
        whole::wholes(self, of, after, limit).await
    }

    async fn put_whole(&self, whole: &Whole) -> Result<(), StoreError> {
        whole::put(self, whole).await
    }

    async fn launches(
        &self,
        after: Option<(&UserName, Option<&AssignmentKey>)>,
        limit: u32,
    ) -> Result<Vec<LaunchRecord>, StoreError> {
        launch::page(self, after, limit).await
    }

    async fn put_token(&self, token: &TokenRecord) -> Result<(), StoreError> {
        token::put(self, token).await
    }

    async fn close(&self) {
        // Nothing is under way beyond a call, and connections end with the store.
    }
}
