//! The contract that every engine keeps.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use model::{AssignmentKey, Event, Fault, Grade, GradePolicy, Report, Step, SubmissionId, UserName};

use crate::{
    error::{LeaseError, StoreError},
    records::{
        Accepted, GradingRecord, Job, Lease, NewGrading, NewSubmission, Page, Retry, Scope, SubmissionRecord,
        WorkerId,
    },
};

/// A place where submissions, jobs, gradings, grades and events survive.
///
/// Each method is one use case with one atomic effect: it happened as a whole and will survive a loss of power, or
/// it did not happen. Work is handed out at least once (a lease may run out while its holder still works), and
/// whatever a holder writes is refused once the lease is lost, so that each grading counts once.
///
/// Times are handed in (`now`), never read from the machine. "Live" for a lease means: its end is later than `now`.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Keeps the submission, its notebook, its job and the events `received` and `queued`. On `Ok` all of it is on disk.
    ///
    /// Accepting the same id twice is an error of the caller.
    async fn accept(&self, new: NewSubmission) -> Result<Accepted, StoreError>;

    /// Hands out the job that was accepted first among those that are due and under no live lease, leases it until
    /// `now + lease`, and adds the event `started`. `None` when there is no such job.
    async fn claim(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<Job>, StoreError>;

    /// Lengthens a lease that is still the job's newest to `now + lease`.
    async fn renew(&self, held: &Lease, now: Timestamp, lease: Duration) -> Result<(), LeaseError>;

    /// Gives a job back unfinished, to be claimed at once by anybody; no fault, no attempt counted. Adds `released`.
    async fn release(&self, held: &Lease, now: Timestamp) -> Result<(), LeaseError>;

    /// Gives back every job that `gone` says is held by a worker that no longer exists (after a crash on the same
    /// machine), and says how many. Adds `released` to each.
    async fn release_abandoned(
        &self,
        gone: &(dyn for<'a> Fn(&'a WorkerId) -> bool + Sync),
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Adds steps to the events of the job's submission.
    async fn progress(&self, held: &Lease, now: Timestamp, steps: Vec<Step>) -> Result<(), LeaseError>;

    /// Finishes the job with a report: keeps the grading and, where the engine gave one, the notebook as it was
    /// executed; updates the user's grade under `policy` if the report counts and its maximum is above 0; and adds a
    /// `question` for each question and then `graded` or `rejected`.
    async fn record_report(
        &self,
        held: &Lease,
        grading: NewGrading,
        report: &Report,
        executed: Option<&[u8]>,
        policy: GradePolicy,
    ) -> Result<(), LeaseError>;

    /// Keeps a grading that ended in a fault; the job is due again at the retry's time (event `delayed`) or set aside
    /// (event `failed`).
    async fn record_fault(
        &self,
        held: &Lease,
        grading: NewGrading,
        fault: &Fault,
        retry: Retry,
    ) -> Result<(), LeaseError>;

    /// The notebook's bytes exactly as submitted.
    async fn notebook(&self, scope: &Scope, id: SubmissionId) -> Result<Option<Vec<u8>>, StoreError>;

    /// The notebook of a claimed job.
    async fn notebook_to_grade(&self, held: &Lease) -> Result<Vec<u8>, StoreError>;

    /// The notebook as the submission's newest grading with a report executed it, if that is kept.
    async fn executed(&self, scope: &Scope, id: SubmissionId) -> Result<Option<Vec<u8>>, StoreError>;

    /// A submission, if the scope holds it.
    async fn submission(
        &self,
        scope: &Scope,
        id: SubmissionId,
    ) -> Result<Option<SubmissionRecord>, StoreError>;

    /// The scope's submissions, newest first.
    async fn submissions(&self, scope: &Scope, page: Page) -> Result<Vec<SubmissionRecord>, StoreError>;

    /// Every grading of a submission that came to an end, oldest first, faults too; empty if the scope does not hold the
    /// submission.
    async fn gradings(&self, scope: &Scope, id: SubmissionId) -> Result<Vec<GradingRecord>, StoreError>;

    /// The submission's events after the one numbered `after` (0: all of them), in order; empty if the scope does not
    /// hold the submission.
    async fn events(&self, scope: &Scope, id: SubmissionId, after: u64) -> Result<Vec<Event>, StoreError>;

    /// The submission's place in the queue, from 1; `None` when it does not wait.
    async fn position(&self, scope: &Scope, id: SubmissionId) -> Result<Option<u64>, StoreError>;

    /// A user's grade for an assignment.
    async fn grade(&self, user: &UserName, key: &AssignmentKey) -> Result<Option<Grade>, StoreError>;

    /// How many jobs wait, and how many are under a live lease.
    async fn queue(&self, now: Timestamp) -> Result<(u64, u64), StoreError>;

    /// Whether the store could take a submission now.
    async fn ready(&self) -> Result<(), StoreError>;
}
