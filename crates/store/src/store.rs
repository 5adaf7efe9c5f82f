//! The contract that every engine keeps.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use model::{
    AssignmentKey, AuditId, Event, Fault, Grade, GradingId, Name, Report, Step, SubmissionId, TokenHash,
    TokenId, UserName,
};

use crate::{
    error::{LeaseError, StoreError},
    records::{
        Accepted, AuditEntry, Effects, Expired, Filter, GradingRecord, Job, LaunchRecord, Lease, NewGrading,
        NewSubmission, Outbox, Page, PassbackJob, PassbackLease, PassbackOutcome, PassbackRecord,
        PassbackState, Queue, Regrade, Retention, Retry, Scope, SubmissionRecord, TokenRecord, Whole,
        WorkerId, WorkerRecord,
    },
};

/// A place where submissions, jobs, gradings, grades, deliveries, events, launches and tokens survive.
///
/// Each method is one use case with one atomic effect: it happened as a whole and will survive a loss of power, or
/// it did not happen. Work is handed out at least once (a lease may run out while its holder still works), and
/// whatever a holder writes is refused once the lease is lost, so that each grading counts once.
///
/// Times are handed in (`now`), never read from the machine. "Live" for a lease means: its end is later than `now`.
/// What each method guarantees is put together in the book's reference, "What the store guarantees".
#[async_trait]
pub trait Store: Send + Sync + 'static {
    // Taking in

    /// Keeps the submission, its notebook, its job and the events `received` and `queued`. On `Ok` all of it is on disk.
    /// If it supersedes, the jobs of the same user and assignment that wait and that no worker ever took are skipped
    /// (event `superseded`); those of submissions with a later id are left alone, and if there is one, the new
    /// submission itself is not skipped.
    ///
    /// Accepting the same id twice is an error of the caller.
    async fn accept(&self, new: NewSubmission) -> Result<Accepted, StoreError>;

    // Working

    /// Hands out a job that is due and under no live lease, leases it until `now + lease`, and adds the event `started`.
    /// `None` when there is no such job. Live work goes before regrades; within each, the lowest [turn](crate::turn())
    /// goes first, and of equal turns the lowest id.
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
    /// executed; updates the user's grade if the report counts and its maximum is above 0; adds a `question` for each
    /// question and then `graded` or `rejected`; and, if the grade changed, keeps its delivery, which takes the place of
    /// those for the same user and assignment that the platform does not have.
    ///
    /// Under the policy `best`, a submission that is graded again and now has less gives way to the user's best one.
    async fn record_report(
        &self,
        held: &Lease,
        grading: NewGrading,
        report: &Report,
        executed: Option<&[u8]>,
        effects: Effects,
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

    /// Puts a finished job (graded, rejected, failed or superseded) back into the queue, behind all live work, with
    /// its count of faults at zero; adds the events `regrade` (by the entry's actor) and `queued`, and the audit entry.
    /// Gradings and the grade stay as they are until the new report.
    async fn regrade(
        &self,
        scope: &Scope,
        id: SubmissionId,
        entry: &AuditEntry,
    ) -> Result<Regrade, StoreError>;

    // Who works

    /// Keeps that a worker is alive, or what changed about it.
    async fn heartbeat(&self, worker: &WorkerRecord) -> Result<(), StoreError>;

    /// Forgets a worker that ends, and those that were last seen before `silent_since`.
    async fn goodbye(&self, worker: &WorkerId, silent_since: Timestamp) -> Result<(), StoreError>;

    /// All workers that are known, by id.
    async fn workers(&self) -> Result<Vec<WorkerRecord>, StoreError>;

    /// How many jobs wait, and how many are under a live lease.
    async fn queue(&self, now: Timestamp) -> Result<Queue, StoreError>;

    /// Whether the store could take a submission now.
    async fn ready(&self) -> Result<(), StoreError>;

    // Delivering grades

    /// Hands out a delivery that is pending and due, and leases it until `now + lease`: the one that was due first.
    /// Of one user and assignment only the newest is handed out, and only while no other is being sent. Adds
    /// `sending` to its submission's events, once for each try.
    async fn claim_passback(
        &self,
        worker: &WorkerId,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Option<PassbackJob>, StoreError>;

    /// Ends a try with what the platform said, in `words`. A delivery that is to be tried again, or was postponed, while
    /// a newer grade waits is superseded instead. Adds `posted`, `not_posted` or `not_accepted` to the events; nothing
    /// for one that was postponed.
    async fn settle_passback(
        &self,
        held: &PassbackLease,
        now: Timestamp,
        outcome: PassbackOutcome,
        words: Option<&str>,
    ) -> Result<(), LeaseError>;

    /// Makes a delivery pending again that was refused, given up, withheld or posted, if it is the newest for its user
    /// and assignment; says whether it did. Adds the audit entry.
    async fn resend(&self, scope: &Scope, grading: GradingId, entry: &AuditEntry)
    -> Result<bool, StoreError>;

    /// The deliveries of the grades that a submission made, oldest first; empty if the scope does not hold it.
    async fn passbacks(&self, scope: &Scope, id: SubmissionId) -> Result<Vec<PassbackRecord>, StoreError>;

    /// The scope's deliveries that are in one of these states (none given: in any), newest first.
    async fn deliveries(
        &self,
        scope: &Scope,
        states: &[PassbackState],
        page: Page<GradingId>,
    ) -> Result<Vec<PassbackRecord>, StoreError>;

    /// How many deliveries are under way or need somebody.
    async fn outbox(&self) -> Result<Outbox, StoreError>;

    /// Keeps a launch in the place of the last one of the same user and assignment.
    async fn put_launch(&self, launch: &LaunchRecord) -> Result<(), StoreError>;

    /// A user's last launch for an assignment.
    async fn launch(&self, user: &UserName, key: &AssignmentKey) -> Result<Option<LaunchRecord>, StoreError>;

    /// A user's last launch for no assignment in particular.
    async fn last_launch(&self, user: &UserName) -> Result<Option<LaunchRecord>, StoreError>;

    // Who may ask

    /// Keeps a new token, and the audit entry. One whose id is there already is left as it is.
    async fn create_token(&self, token: &TokenRecord, entry: &AuditEntry) -> Result<(), StoreError>;

    /// The token of this hash, whether it is still good or not: that is for the caller to look at.
    async fn token(&self, hash: &TokenHash) -> Result<Option<TokenRecord>, StoreError>;

    /// A user's tokens (`None`: everybody's), oldest first, the revoked and expired ones too. There are never many.
    async fn tokens(&self, user: Option<&UserName>) -> Result<Vec<TokenRecord>, StoreError>;

    /// Revokes a token, for ever, and adds the audit entry. `false`: there is none of this id, or it was revoked before.
    async fn revoke_token(&self, id: TokenId, entry: &AuditEntry) -> Result<bool, StoreError>;

    // Looking

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

    /// The scope's submissions that the filter lets through, newest first.
    async fn submissions(
        &self,
        scope: &Scope,
        filter: &Filter,
        page: Page,
    ) -> Result<Vec<SubmissionRecord>, StoreError>;

    /// Every grading of a submission that came to an end, oldest first, faults too; empty if the scope does not hold the
    /// submission.
    async fn gradings(&self, scope: &Scope, id: SubmissionId) -> Result<Vec<GradingRecord>, StoreError>;

    /// The submission's events after the one numbered `after` (0: all of them), in order; empty if the scope does not
    /// hold the submission. A user does not see who was at work.
    async fn events(&self, scope: &Scope, id: SubmissionId, after: u64) -> Result<Vec<Event>, StoreError>;

    /// The submission's place in the queue, from 1; `None` when it does not wait.
    async fn position(&self, scope: &Scope, id: SubmissionId) -> Result<Option<u64>, StoreError>;

    /// A user's grade for an assignment.
    async fn grade(&self, user: &UserName, key: &AssignmentKey) -> Result<Option<Grade>, StoreError>;

    // Accounting for it

    /// Adds an entry to the audit trail; one whose id is there already is left as it is.
    async fn audit(&self, entry: &AuditEntry) -> Result<(), StoreError>;

    /// The audit trail of a course (`None`: of everything), newest first.
    async fn audits(&self, course: Option<&Name>, page: Page<AuditId>)
    -> Result<Vec<AuditEntry>, StoreError>;

    // Keeping house: not for requests, so without a scope

    /// Removes what is too old from at most `limit` finished submissions, and says from how many it did: call it again
    /// until that is none. Reports, grades and hashes stay.
    async fn expire(&self, what: Retention, limit: u32) -> Result<Expired, StoreError>;

    /// Removes everything of a user's, a job that is being graded, launches and tokens too, but for the audit trail, to
    /// which it adds the entry; says how many submissions there were. An engine that cannot do it in one step removes submission by
    /// submission, each as a whole, and is called again after an interruption.
    async fn erase(&self, user: &UserName, entry: &AuditEntry) -> Result<u64, StoreError>;

    /// Submissions with all that belongs to them, oldest first: those of a user (`None`: of everybody), after the given one.
    async fn wholes(
        &self,
        of: Option<&UserName>,
        after: Option<SubmissionId>,
        limit: u32,
    ) -> Result<Vec<Whole>, StoreError>;

    /// Keeps a submission with all that belongs to it, as it was in another store. What is there under its id, it replaces.
    async fn put_whole(&self, whole: &Whole) -> Result<(), StoreError>;

    /// Launches by user and assignment, in the order of bytes and those for no assignment first, after the given one.
    async fn launches(
        &self,
        after: Option<(&UserName, Option<&AssignmentKey>)>,
        limit: u32,
    ) -> Result<Vec<LaunchRecord>, StoreError>;

    /// Keeps a token as it was in another store. What is there under its id, it replaces.
    async fn put_token(&self, token: &TokenRecord) -> Result<(), StoreError>;

    /// Finishes what is under way and lets go of the database.
    async fn close(&self);
}
