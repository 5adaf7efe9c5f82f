//! The embedded engine: one SQLite file (<https://www.sqlite.org/wal.html>, `synchronous=FULL`), written through one
//! connection, so that every write is a transaction of its own in one queue.

mod accept;
mod claim;
mod event;
mod grade;
mod lease;
mod notebook;
mod open;
#[cfg(test)]
mod plans;
mod query;
mod record;
mod rows;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use model::{AssignmentKey, Event, Fault, Grade, GradePolicy, Report, Step, SubmissionId, UserName};

pub use self::open::SqliteStore;
use crate::{
    error::{LeaseError, StoreError},
    records::{
        Accepted, GradingRecord, Job, Lease, NewGrading, NewSubmission, Page, Retry, Scope, SubmissionRecord,
        WorkerId,
    },
    store::Store,
};

#[async_trait]
impl Store for SqliteStore {
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
        policy: GradePolicy,
    ) -> Result<(), LeaseError> {
        record::report(self, held, &grading, report, executed, policy).await
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

    async fn notebook(&self, scope: &Scope, id: SubmissionId) -> Result<Option<Vec<u8>>, StoreError> {
        query::notebook(self, scope, id).await
    }

    async fn notebook_to_grade(&self, held: &Lease) -> Result<Vec<u8>, StoreError> {
        query::notebook_to_grade(self, held).await
    }

    async fn executed(&self, scope: &Scope, id: SubmissionId) -> Result<Option<Vec<u8>>, StoreError> {
        query::executed(self, scope, id).await
    }

    async fn submission(
        &self,
        scope: &Scope,
        id: SubmissionId,
    ) -> Result<Option<SubmissionRecord>, StoreError> {
        query::submission(self, scope, id).await
    }

    async fn submissions(&self, scope: &Scope, page: Page) -> Result<Vec<SubmissionRecord>, StoreError> {
        query::submissions(self, scope, page).await
    }

    async fn gradings(&self, scope: &Scope, id: SubmissionId) -> Result<Vec<GradingRecord>, StoreError> {
        query::gradings(self, scope, id).await
    }

    async fn events(&self, scope: &Scope, id: SubmissionId, after: u64) -> Result<Vec<Event>, StoreError> {
        event::events(self, scope, id, after).await
    }

    async fn position(&self, scope: &Scope, id: SubmissionId) -> Result<Option<u64>, StoreError> {
        query::position(self, scope, id).await
    }

    async fn grade(&self, user: &UserName, key: &AssignmentKey) -> Result<Option<Grade>, StoreError> {
        grade::grade(self, user, key).await
    }

    async fn queue(&self, now: Timestamp) -> Result<(u64, u64), StoreError> {
        query::queue(self, now).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        Ok(self.begin().await?.rollback().await?)
    }
}
