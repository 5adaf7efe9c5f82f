//! What the cases are made of, for the further tests of an engine too. All of it panics when something is off.

use std::time::Duration;

use jiff::Timestamp;
use model::{
    AssignmentKey, AuditId, Case, Event, Grade, GradePolicy, GradingId, NotebookHash, Points, Question,
    Report, ReportStatus, Step, Submission, SubmissionId,
    ambient::{Clock, SystemEntropy},
};

use crate::{
    error::LeaseError,
    records::{
        AuditEntry, Delivery, Effects, GradingRecord, Job, Lease, NewGrading, NewSubmission, Outcome, Page,
        Queue, Retry, Scope, Status, SubmissionRecord, WorkerId,
    },
    store::Store,
};

/// How long leases last here, in milliseconds.
pub const LEASE_MS: i64 = 60_000;
/// How long leases last here.
pub const LEASE: Duration = Duration::from_mins(1);

/// A time, in milliseconds after the beginning of every case.
#[must_use]
pub fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_790_000_000_000 + ms).unwrap()
}

/// A clock that stands still, so many milliseconds after the beginning.
pub(super) struct At(pub(super) i64);

impl Clock for At {
    fn now(&self) -> Timestamp {
        at(self.0)
    }
}

/// `88e/1/lab01` as a key.
#[must_use]
pub fn key(text: &str) -> AssignmentKey {
    let names: Vec<_> = text.split('/').map(|name| name.parse().unwrap()).collect();
    let [course, section, assignment] = names.try_into().unwrap();
    AssignmentKey { course, section, assignment }
}

/// A submission received at a time, with the given notebook.
#[must_use]
pub fn notebook_of(user: &str, key_text: &str, ms: i64, notebook: Vec<u8>) -> NewSubmission {
    let submission = Submission {
        id: SubmissionId::new(&At(ms), &SystemEntropy),
        user: user.parse().unwrap(),
        key: key(key_text),
        received_at: at(ms),
        sha256: NotebookHash::of(&notebook),
        size_bytes: notebook.len().try_into().unwrap(),
    };
    NewSubmission { submission, notebook, supersedes: false }
}

/// A submission received at a time.
#[must_use]
pub fn by(user: &str, key_text: &str, ms: i64) -> NewSubmission {
    notebook_of(user, key_text, ms, format!(r#"{{"cells": [], "by": "{user}", "at": {ms}}}"#).into_bytes())
}

/// Bytes that no compressor makes smaller (Marsaglia's xorshift).
#[must_use]
pub fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some(state.to_le_bytes())
    };
    std::iter::from_fn(next).flatten().take(size).collect()
}

/// An accepted submission.
pub async fn accepted(store: &dyn Store, user: &str, key_text: &str, ms: i64) -> Submission {
    let new = by(user, key_text, ms);
    let submission = new.submission.clone();
    store.accept(new).await.unwrap();
    submission
}

/// What the submission's user sees.
#[must_use]
pub fn own(submission: &Submission) -> Scope {
    Scope::Own(submission.user.clone())
}

/// What the staff of the submission's course sees.
#[must_use]
pub fn staff(submission: &Submission) -> Scope {
    Scope::Course(submission.key.course.clone())
}

/// A worker of this name.
#[must_use]
pub fn worker(name: &str) -> WorkerId {
    WorkerId(name.into())
}

/// The next job, which must be there.
pub async fn claim(store: &dyn Store, name: &str, ms: i64) -> Job {
    store.claim(&worker(name), at(ms), LEASE).await.unwrap().expect("a job to claim")
}

/// Nothing to claim at this time.
pub async fn assert_idle(store: &dyn Store, ms: i64) {
    let job = store.claim(&worker("idle"), at(ms), LEASE).await.unwrap();
    assert!(job.is_none(), "{job:?}");
}

/// The submission as its user sees it.
pub async fn record(store: &dyn Store, submission: &Submission) -> SubmissionRecord {
    store.submission(&own(submission), submission.id).await.unwrap().expect("the submission")
}

/// Where the submission stands.
pub async fn status(store: &dyn Store, submission: &Submission) -> Status {
    record(store, submission).await.status
}

/// All events, proved to be numbered from 1 without gaps.
pub async fn events(store: &dyn Store, submission: &Submission) -> Vec<Event> {
    let events = store.events(&own(submission), submission.id, 0).await.unwrap();
    assert!(events.iter().map(|event| event.seq).eq(1..=events.len() as u64), "{events:?}");
    events
}

/// The steps of all events.
pub async fn steps(store: &dyn Store, submission: &Submission) -> Vec<Step> {
    events(store, submission).await.into_iter().map(|event| event.step).collect()
}

/// All gradings.
pub async fn gradings(store: &dyn Store, submission: &Submission) -> Vec<GradingRecord> {
    store.gradings(&own(submission), submission.id).await.unwrap()
}

/// The grade of the submission's user for its assignment.
pub async fn grade(store: &dyn Store, submission: &Submission) -> Option<Grade> {
    store.grade(&submission.user, &submission.key).await.unwrap()
}

/// A part of a list.
#[must_use]
pub fn page<Id>(before: Option<Id>, limit: u32) -> Page<Id> {
    Page { before, limit }
}

/// A number as points.
#[must_use]
pub fn points(value: f64) -> Points {
    Points::new(value).unwrap()
}

/// A question of one case, whose texts are not easy to keep.
#[must_use]
pub fn question(name: &str, score: f64, max_score: f64) -> Question {
    let case = Case {
        name: format!("{name} - 1"),
        hidden: true,
        passed: Some(false),
        points: Some(points(score)),
        message: Some("Expected:\n    '42'\nGot:\n    \"ŷ\u{0000}\"".into()),
        hint: None,
    };
    Question { name: name.into(), score: points(score), max_score: points(max_score), cases: vec![case] }
}

/// A report of one question.
#[must_use]
pub fn report(score: f64, max_score: f64) -> Report {
    Report {
        status: ReportStatus::Complete,
        score: Points::ZERO,
        max_score: Points::ZERO,
        reported_score: Some(points(score)),
        questions: vec![question("q1", score, max_score)],
        engine: "otter".into(),
        engine_reason: None,
        lateness: None,
        engine_version: "otter-grader 7.0.0".into(),
        isolation: "processes".into(),
        seconds: 2.5,
        cpu_seconds: 2.25,
        limits: vec![],
        flags: vec![],
        message: None,
    }
    .summed()
}

/// A grading that ended at a time.
#[must_use]
pub fn grading(ms: i64) -> NewGrading {
    NewGrading {
        id: GradingId::new(&At(ms), &SystemEntropy),
        revision: "0123abc".into(),
        started_at: at(ms - 500),
        finished_at: at(ms),
    }
}

/// What the store should hold of a grading.
#[must_use]
pub fn kept(grading: &NewGrading, outcome: Outcome) -> GradingRecord {
    let NewGrading { id, revision, started_at, finished_at } = grading.clone();
    GradingRecord { id, revision, started_at, finished_at, outcome, has_executed: false }
}

/// A grade under a policy that is delivered nowhere.
#[must_use]
pub fn only(policy: GradePolicy) -> Effects {
    Effects { policy, delivery: Delivery::Nowhere }
}

/// The latest counts, and is to be delivered.
pub const DUE: Effects = Effects { policy: GradePolicy::Latest, delivery: Delivery::Due };

/// A submission with a grade, accepted at a time and graded a millisecond later.
pub async fn graded(store: &dyn Store, user: &str, ms: i64, earned: f64, effects: Effects) -> Submission {
    let submission = accepted(store, user, "88e/1/lab01", ms).await;
    let job = claim(store, "w", ms).await;
    assert_eq!(job.submission, submission);
    store.record_report(&job.lease, grading(ms + 1), &report(earned, 4.0), None, effects).await.unwrap();
    submission
}

/// So many jobs wait, and so many are under a live lease.
pub async fn assert_queue(store: &dyn Store, ms: i64, waiting: u64, working: u64) {
    assert_eq!(store.queue(at(ms)).await.unwrap(), Queue { waiting, working });
}

/// What staff did to a submission.
#[must_use]
pub fn entry(action: &str, submission: &Submission, ms: i64) -> AuditEntry {
    AuditEntry {
        id: AuditId::new(&At(ms), &SystemEntropy),
        at: at(ms),
        actor: "grace".into(),
        action: action.into(),
        course: Some(submission.key.course.clone()),
        user: Some(submission.user.clone()),
        submission: Some(submission.id),
        address: None,
        detail: None,
    }
}

/// Finishes a job with a report.
pub async fn finish(store: &dyn Store, job: &Job, report: &Report, policy: GradePolicy, ms: i64) {
    store.record_report(&job.lease, grading(ms), report, None, only(policy)).await.unwrap();
}

/// Finishes a job with a report of a point and the notebook as it was executed.
pub async fn finish_executed(store: &dyn Store, job: &Job, executed: &[u8], ms: i64) {
    let (grading, report) = (grading(ms), report(1.0, 1.0));
    let done = store.record_report(&job.lease, grading, &report, Some(executed), only(GradePolicy::Latest));
    done.await.unwrap();
}

/// All that the store tells of a submission.
async fn all_of(store: &dyn Store, submission: &Submission) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        record(store, submission).await,
        events(store, submission).await,
        gradings(store, submission).await,
        grade(store, submission).await,
        store.executed(&own(submission), submission.id).await.unwrap(),
        store.position(&own(submission), submission.id).await.unwrap(),
        store.queue(at(0)).await.unwrap(),
    )
}

/// The lease is good for nothing any more, and trying writes nothing.
pub async fn assert_lost(store: &dyn Store, held: &Lease, submission: &Submission, ms: i64) {
    let before = all_of(store, submission).await;
    let report = report(1.0, 1.0);
    let fault = model::Fault::passing("the disk was full");
    let later = Retry::At(at(ms + 1));
    let refusals = [
        ("renew", store.renew(held, at(ms), LEASE).await),
        ("progress", store.progress(held, at(ms), vec![Step::Cell { cell: 1, of: 2 }]).await),
        ("progress of nothing", store.progress(held, at(ms), vec![]).await),
        (
            "report",
            store.record_report(held, grading(ms), &report, Some(b"{}"), only(GradePolicy::Best)).await,
        ),
        ("fault", store.record_fault(held, grading(ms), &fault, later).await),
        ("last fault", store.record_fault(held, grading(ms), &fault, Retry::Never).await),
        ("release", store.release(held, at(ms)).await),
    ];
    for (what, result) in refusals {
        assert!(matches!(result, Err(LeaseError::Lost)), "{what}: {result:?}");
    }
    assert_eq!(all_of(store, submission).await, before);
}
