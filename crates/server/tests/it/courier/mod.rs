//! Grades on their way, from the outbox to platforms that do as they are told.

mod addresses;
mod away;
mod cases;
mod chaos;
mod restarts;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use model::{
    AssignmentKey, AuditId, GradePolicy, GradingId, NotebookHash, Points, Submission, SubmissionId,
    ambient::{Clock, SystemEntropy},
};
use passback::{Destination, GradeToSend, Verdict};
use server::{
    Courier, CourierSettings, Destinations, NoDestination, Rules, Workshop,
    testing::{TestApp, full_marks},
};
use store::{
    AuditEntry, Delivery, Effects, NewGrading, NewSubmission, Passback, PassbackRecord, PassbackState, Scope,
    Store, WorkerId,
};
use tokio::sync::Semaphore;

use crate::work::soon;

/// What a platform does with a grade.
pub(crate) enum Act {
    Say(Verdict),
    /// Nothing, until the test lets it.
    Hold,
    Panic,
    /// There is no such platform.
    Without(NoDestination),
}

pub(crate) fn posted() -> Verdict {
    Verdict::Posted { words: "thanks".into() }
}

pub(crate) fn refused() -> Verdict {
    Verdict::Refused { words: "User not found.".into() }
}

pub(crate) fn again(after: Option<u64>) -> Verdict {
    Verdict::Again { words: "busy".into(), after: after.map(Duration::from_secs) }
}

/// Platforms that do what they are told to, and take every grade when they are told nothing. A user's is the one by the
/// first letter of their name.
pub(crate) struct Platforms {
    acts: Mutex<VecDeque<Act>>,
    sent: Mutex<Vec<GradeToSend>>,
    pub(crate) at_once: AtomicUsize,
    pub(crate) most_at_once: AtomicUsize,
    /// One permit for each that is held.
    pub(crate) gate: Semaphore,
    /// What those say that are told nothing.
    pub(crate) otherwise: Mutex<Verdict>,
}

impl Platforms {
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Arc<Self> {
        Arc::new(Self {
            acts: Mutex::new(acts.into_iter().collect()),
            sent: Mutex::default(),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
            gate: Semaphore::new(0),
            otherwise: Mutex::new(posted()),
        })
    }

    pub(crate) fn sent(&self) -> Vec<GradeToSend> {
        self.sent.lock().unwrap().clone()
    }

    /// What was sent: user and score.
    pub(crate) fn scores(&self) -> Vec<(String, f64)> {
        self.sent().iter().map(|grade| (grade.user.to_string(), grade.score.get())).collect()
    }
}

#[derive(Debug)]
struct OfUser {
    platforms: Arc<Platforms>,
    name: String,
    act: Option<Act>,
}

impl std::fmt::Debug for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Act")
    }
}

impl std::fmt::Debug for Platforms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Platforms")
    }
}

/// So that what is under way counts however it ends.
struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Destination for OfUser {
    fn platform(&self) -> &str {
        &self.name
    }

    async fn send(&self, grade: &GradeToSend) -> Verdict {
        let it = &self.platforms;
        it.sent.lock().unwrap().push(grade.clone());
        let now = it.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        it.most_at_once.fetch_max(now, Ordering::SeqCst);
        let _under_way = UnderWay(&it.at_once);
        let act = it.acts.lock().unwrap().pop_front();
        match self.act.as_ref().or(act.as_ref()) {
            Some(Act::Say(verdict)) => verdict.clone(),
            Some(Act::Hold) => {
                it.gate.acquire().await.unwrap().forget();
                posted()
            }
            Some(Act::Panic) => panic!("as the test wants it"),
            Some(Act::Without(_)) | None => it.otherwise.lock().unwrap().clone(),
        }
    }
}

/// What a courier is given.
pub(crate) struct Book(pub(crate) Arc<Platforms>);

#[async_trait]
impl Destinations for Book {
    async fn of(&self, passback: &Passback) -> Result<Box<dyn Destination>, NoDestination> {
        let mut acts = self.0.acts.lock().unwrap();
        if matches!(acts.front(), Some(Act::Without(_)))
            && let Some(Act::Without(none)) = acts.pop_front()
        {
            return Err(none);
        }
        drop(acts);
        let name = passback.user.as_str()[..1].to_owned();
        Ok(Box::new(OfUser { platforms: Arc::clone(&self.0), name, act: None }))
    }
}

/// An application whose grades are to be sent.
pub(crate) struct Outbox {
    pub(crate) test: TestApp,
}

pub(crate) fn settings() -> CourierSettings {
    CourierSettings {
        look_again: Duration::from_millis(2),
        drain: Duration::from_millis(50),
        pages: Some("https://hub.example/services/otter_grade/".parse().unwrap()),
        ..CourierSettings::default()
    }
}

impl Outbox {
    pub(crate) async fn new() -> Self {
        Self { test: TestApp::new().await }
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.test.store
    }

    /// Starts to send.
    pub(crate) fn courier(&self, to: impl Destinations, name: &str, settings: CourierSettings) -> Courier {
        let to: Arc<dyn Destinations> = Arc::new(to);
        Courier::start(&self.test.app.workshop, &to, &WorkerId(name.into()), settings)
    }

    pub(crate) fn start(&self, platforms: &Arc<Platforms>) -> Courier {
        self.courier(Book(Arc::clone(platforms)), "courier", settings())
    }

    /// Starts to send where grades are withheld on purpose.
    pub(crate) fn start_withholding(&self, platforms: &Arc<Platforms>) -> Courier {
        let ours = &self.test.app.workshop;
        let rules = Rules { delivery: Delivery::Withheld, ..ours.rules.clone() };
        let mut workshop = Workshop::new(
            Arc::clone(&ours.store),
            Arc::clone(&ours.materials),
            rules,
            Arc::clone(&ours.clock),
            Arc::clone(&ours.entropy),
        );
        workshop.stopping = ours.stopping.clone();
        let to: Arc<dyn Destinations> = Arc::new(Book(Arc::clone(platforms)));
        Courier::start(&Arc::new(workshop), &to, &WorkerId("courier".into()), settings())
    }

    /// A grade whose delivery is kept.
    pub(crate) async fn graded(&self, user: &str, score: f64, delivery: Delivery) -> Submission {
        let clock = &*self.test.clock;
        let name = |text: &str| text.parse().unwrap();
        let notebook = format!("{{\"by\": \"{user}\", \"score\": {score}}}").into_bytes();
        let submission = Submission {
            id: SubmissionId::new(clock, &SystemEntropy),
            user: user.parse().unwrap(),
            key: AssignmentKey { course: name("88e"), section: name("1"), assignment: name("lab01") },
            received_at: clock.now(),
            sha256: NotebookHash::of(&notebook),
            size_bytes: notebook.len() as u64,
        };
        let new = NewSubmission { submission: submission.clone(), notebook, supersedes: false };
        self.store().accept(new).await.unwrap();
        let job = self.store().claim(&WorkerId("grader".into()), clock.now(), Duration::from_mins(1)).await;
        let job = job.unwrap().unwrap();
        assert_eq!(job.submission, submission);
        let mut report = full_marks();
        report.score = Points::new(score).unwrap();
        report.max_score = Points::new(5.0).unwrap();
        let grading = NewGrading {
            id: GradingId::new(clock, &SystemEntropy),
            revision: "sha256:x".into(),
            started_at: clock.now(),
            finished_at: clock.now(),
        };
        let effects = Effects { policy: GradePolicy::Latest, delivery };
        self.store().record_report(&job.lease, grading, &report, None, effects).await.unwrap();
        submission
    }

    pub(crate) async fn due(&self, user: &str, score: f64) -> Submission {
        self.graded(user, score, Delivery::Due).await
    }

    pub(crate) async fn record(&self, submission: &Submission) -> PassbackRecord {
        let scope = Scope::Own(submission.user.clone());
        self.store().passbacks(&scope, submission.id).await.unwrap().pop().unwrap()
    }

    /// Waits until a delivery is in that state.
    pub(crate) async fn until(&self, submission: &Submission, state: PassbackState) -> PassbackRecord {
        soon(state.as_str(), async || self.record(submission).await.state == state).await;
        self.record(submission).await
    }

    /// The same, while the clock goes on by some seconds again and again, though not while something is being sent: what
    /// a lease is for is not the matter here.
    pub(crate) async fn until_later(&self, submission: &Submission, state: PassbackState) -> PassbackRecord {
        soon(state.as_str(), async || {
            if self.store().outbox().await.unwrap().sending == 0 {
                self.test.clock.advance(Duration::from_secs(5));
            }
            self.record(submission).await.state == state
        })
        .await;
        self.record(submission).await
    }

    /// Sends a grade again, at the wish of staff.
    pub(crate) async fn resend(&self, submission: &Submission) -> bool {
        let (clock, record) = (&*self.test.clock, self.record(submission).await);
        let entry = AuditEntry {
            id: AuditId::new(clock, &SystemEntropy),
            at: clock.now(),
            actor: "grace".parse().unwrap(),
            address: None,
            action: "resend".into(),
            course: Some(submission.key.course.clone()),
            submission: Some(submission.id),
            user: Some(submission.user.clone()),
            detail: None,
        };
        let scope = Scope::Course(submission.key.course.clone());
        self.store().resend(&scope, record.passback.grading, &entry).await.unwrap()
    }

    /// Stops sending, and checks that no job is left over.
    pub(crate) async fn finish(self, courier: Courier) {
        self.test.app.stopping.cancel();
        courier.ended().await;
        self.test.finish().await;
    }
}
