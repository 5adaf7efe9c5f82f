//! Sends grades to where they go.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use ::passback::{GradeToSend, Verdict};
use futures_util::FutureExt;
use jiff::Timestamp;
use outbound::Url;
use store::{LeaseError, Passback, PassbackJob, PassbackOutcome, StoreError, WorkerId};
use tokio::{
    task::{JoinError, JoinHandle, JoinSet},
    time::{Instant, timeout},
};

use crate::{
    outage,
    passback::{Breakers, Closed, Destinations, NoDestination, Turn, backoff},
    workshop::Workshop,
};

/// How long a try may take: some calls, each with its own limit.
const TRY: Duration = Duration::from_secs(90);
/// How long a delivery stays this process's without a word: longer than a try, and than it takes to say what came of it.
const LEASE: Duration = Duration::from_mins(3);
/// How long one waits for others that are under way to its platform, and how often it looks; then how long it is put back, so
/// that those for other platforms have their turn.
const PATIENCE: Duration = Duration::from_secs(5);
const GLANCE: Duration = Duration::from_millis(20);
const PUT_BACK: Duration = Duration::from_secs(10);
/// How long one that was put back still takes its place among those under way: while a platform is away, all its
/// deliveries are taken up and put back, and the store has better to do.
const PACE: Duration = Duration::from_millis(100);
/// How long one waits that is not sent on purpose, until it is looked at again.
const HELD_BACK: Duration = Duration::from_mins(10);
/// How often at least one is tried before it is given up: after a long outage, or a long time in which nothing was sent
/// on purpose, a hiccup is no reason.
const FEWEST_TRIES: u32 = 5;
/// How often it is still said to a store that is away what came of a try.
const TRIES_TO_SETTLE: u32 = 20;

/// What the operator chose for deliveries.
#[derive(Debug, Clone)]
pub struct CourierSettings {
    /// How many are under way at a time.
    pub at_once: usize,
    /// How many to one platform.
    pub at_once_per_platform: usize,
    /// How long after it was due a delivery that fails is given up.
    pub give_up: Duration,
    /// How often it is looked whether there is something to send.
    pub look_again: Duration,
    /// How long those under way may go on when the service stops.
    pub drain: Duration,
    /// The address below which pages are, with the prefix and a `/` at its end; without it grades are sent without a link.
    pub pages: Option<Url>,
}

impl Default for CourierSettings {
    fn default() -> Self {
        Self {
            at_once: 16,
            at_once_per_platform: 4,
            give_up: Duration::from_hours(72),
            look_again: Duration::from_secs(1),
            drain: Duration::from_secs(20),
            pages: None,
        }
    }
}

/// Sends grades until the service stops. Several processes may each have one.
pub struct Courier {
    task: JoinHandle<()>,
}

/// What each delivery needs.
struct Round {
    workshop: Arc<Workshop>,
    destinations: Arc<dyn Destinations>,
    breakers: Arc<Breakers>,
    id: WorkerId,
    settings: CourierSettings,
}

/// What came of a delivery, and what was said.
struct Settled {
    outcome: PassbackOutcome,
    words: String,
}

impl Courier {
    /// Starts to send, under the name `id`.
    #[must_use]
    pub fn start(
        workshop: &Arc<Workshop>,
        destinations: &Arc<dyn Destinations>,
        id: &WorkerId,
        settings: CourierSettings,
    ) -> Self {
        let round = Round {
            workshop: Arc::clone(workshop),
            destinations: Arc::clone(destinations),
            breakers: Breakers::new(settings.at_once_per_platform),
            id: id.clone(),
            settings,
        };
        Self { task: tokio::spawn(Arc::new(round).go()) }
    }

    /// Returns when nothing is under way any more, which is some time after the service is told to stop.
    pub async fn ended(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "sending grades ended unexpectedly");
        }
    }
}

impl Round {
    async fn go(self: Arc<Self>) {
        let Workshop { store, clock, news, outage, stopping, .. } = &*self.workshop;
        let mut sends = JoinSet::new();
        let mut failures = 0;
        while !stopping.is_cancelled() {
            while let Some(ended) = sends.try_join_next() {
                tell(ended);
            }
            let pause = if sends.len() >= self.settings.at_once {
                Duration::MAX
            } else {
                let now = clock.now();
                match store.claim_passback(&self.id, now, LEASE).await {
                    Ok(claimed) => {
                        failures = 0;
                        outage.over();
                        match claimed {
                            Some(job) => {
                                news.event(job.passback.submission);
                                sends.spawn(Arc::clone(&self).deliver(job, now));
                                Duration::ZERO
                            }
                            None => self.settings.look_again,
                        }
                    }
                    Err(error) => {
                        outage.met(&error);
                        failures += 1;
                        outage::pause(failures)
                    }
                }
            };
            if !pause.is_zero() {
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = news.next_delivery(), if failures == 0 && sends.len() < self.settings.at_once => {}
                    Some(ended) = sends.join_next(), if sends.len() >= self.settings.at_once => tell(ended),
                    () = stopping.cancelled() => {}
                }
            }
        }
        // Those that do not end are taken up again when their lease runs out, and not before: they may yet arrive.
        let all = async {
            while let Some(ended) = sends.join_next().await {
                tell(ended);
            }
        };
        timeout(self.settings.drain, all).await.ok();
    }

    /// Sends what was handed out at `since`, and keeps what came of it.
    async fn deliver(self: Arc<Self>, job: PassbackJob, since: Timestamp) {
        let Passback { grading, submission, key, .. } = &job.passback;
        let settled = self.attempt(&job, since).await;
        let (platform_words, attempt) = (settled.words.as_str(), job.attempt);
        let kept = self.settle(&job, &settled).await;
        match (settled.outcome, kept) {
            (_, Err(LeaseError::Lost)) => {
                tracing::warn!(%submission, %grading, "the lease of a delivery was lost; another has it");
            }
            (_, Err(LeaseError::Store(error))) => {
                tracing::error!(%submission, %grading, %error, "what came of a delivery could not be kept");
            }
            (PassbackOutcome::Posted, Ok(())) => {
                tracing::info!(%submission, %grading, assignment = %key, attempt, words = platform_words, "grade posted");
            }
            (PassbackOutcome::Refused | PassbackOutcome::GivenUp, Ok(())) => {
                let given_up = settled.outcome == PassbackOutcome::GivenUp;
                tracing::error!(%submission, %grading, assignment = %key, attempt, given_up, words = platform_words, "grade not posted");
            }
            (PassbackOutcome::Again(at), Ok(())) => {
                tracing::warn!(%submission, %grading, assignment = %key, attempt, again_at = %at, words = platform_words, "grade not posted yet");
            }
            (PassbackOutcome::Postponed(_), Ok(())) => return tokio::time::sleep(PACE).await,
        }
        self.workshop.news.event(*submission);
    }

    /// Sends it, if its platform is not away.
    async fn attempt(&self, job: &PassbackJob, since: Timestamp) -> Settled {
        let postponed = |at| Settled { outcome: PassbackOutcome::Postponed(at), words: String::new() };
        if self.is_held_back(job) {
            return postponed(self.workshop.clock.now() + HELD_BACK);
        }
        let destination = match self.destinations.of(&job.passback).await {
            Ok(destination) => destination,
            Err(NoDestination::Nowhere(words)) => {
                return Settled { outcome: PassbackOutcome::Refused, words };
            }
            Err(NoDestination::NotNow(words)) => return self.again(job, words, None),
        };
        let turn = match self.turn(destination.platform()).await {
            Ok(turn) => turn,
            Err(at) => return postponed(at),
        };
        // It waited too long, or the whole process was asleep: another may have it by now, or may have sent a newer one.
        let now = self.workshop.clock.now();
        if now + TRY > since + LEASE {
            turn.unused();
            return postponed(now);
        }
        let grade = self.grade(job);
        // A defect of one destination must not end the round.
        let sent = AssertUnwindSafe(destination.send(&grade)).catch_unwind();
        let verdict = match timeout(TRY, sent).await {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(_)) => Verdict::Again { words: "Sending it failed here.".into(), after: None },
            Err(_) => Verdict::Again { words: "The platform did not answer in time.".into(), after: None },
        };
        self.hear(job, turn, verdict)
    }

    /// Whether nothing is sent on purpose, and nobody asked for this one since: it waits from a time when grades were
    /// sent, or came with a copy of the store.
    fn is_held_back(&self, job: &PassbackJob) -> bool {
        let is_withheld = self.workshop.rules.is_withheld(&job.passback.key.course);
        is_withheld && job.since <= job.passback.graded_at
    }

    /// The right to send something to a platform, or when to ask again.
    async fn turn(&self, platform: &str) -> Result<Turn, Timestamp> {
        let began = Instant::now();
        let mut place = None;
        loop {
            let now = self.workshop.clock.now();
            match self.breakers.admit(platform, now) {
                Ok(turn) => return Ok(turn),
                Err(Closed::Away(until)) => return Err(until),
                Err(Closed::Full) if began.elapsed() >= PATIENCE => return Err(now + PUT_BACK),
                Err(Closed::Full) => {
                    if place.is_none() {
                        place = Some(self.breakers.wait(platform).ok_or(now + PUT_BACK)?);
                    }
                    tokio::time::sleep(GLANCE).await;
                }
            }
        }
    }

    fn hear(&self, job: &PassbackJob, turn: Turn, verdict: Verdict) -> Settled {
        match verdict {
            Verdict::Posted { words } => {
                turn.answered();
                Settled { outcome: PassbackOutcome::Posted, words }
            }
            Verdict::Refused { words } => {
                turn.answered();
                Settled { outcome: PassbackOutcome::Refused, words }
            }
            Verdict::Unsendable { words } => {
                turn.unused();
                Settled { outcome: PassbackOutcome::Refused, words }
            }
            Verdict::Again { words, after } => {
                turn.failed(self.workshop.clock.now(), after);
                self.again(job, words, after)
            }
        }
    }

    /// To be tried again, or given up.
    fn again(&self, job: &PassbackJob, words: String, asked: Option<Duration>) -> Settled {
        let (now, last) = (self.workshop.clock.now(), give_up_at(job, self.settings.give_up));
        let at = now + backoff(job.attempt, asked, &*self.workshop.entropy);
        let outcome = if now < last {
            PassbackOutcome::Again(at.min(last))
        } else if job.attempt < FEWEST_TRIES {
            PassbackOutcome::Again(at)
        } else {
            PassbackOutcome::GivenUp
        };
        Settled { outcome, words }
    }

    fn grade(&self, job: &PassbackJob) -> GradeToSend {
        let Passback { grading, submission, user, key, score, max_score, graded_at, .. } =
            job.passback.clone();
        let page = self.settings.pages.as_ref();
        GradeToSend {
            grading,
            submission,
            user,
            key,
            score,
            max_score,
            graded_at,
            stamp: job.stamp,
            page: page.and_then(|pages| pages.join(&format!("submissions/{submission}")).ok()),
        }
    }

    /// Keeps what came of it. A store that is away is waited for: else it would be sent once more.
    async fn settle(&self, job: &PassbackJob, settled: &Settled) -> Result<(), LeaseError> {
        let Workshop { store, clock, outage, .. } = &*self.workshop;
        let words = Some(settled.words.as_str()).filter(|words| !words.is_empty());
        let mut failures = 0;
        loop {
            let kept = store.settle_passback(&job.lease, clock.now(), settled.outcome, words).await;
            match kept {
                Err(LeaseError::Store(error @ StoreError::Unavailable(_))) if failures < TRIES_TO_SETTLE => {
                    outage.met(&error);
                    failures += 1;
                    tokio::time::sleep(outage::pause(failures)).await;
                }
                kept => return kept,
            }
        }
    }
}

/// Until when a delivery is tried.
fn give_up_at(job: &PassbackJob, after: Duration) -> Timestamp {
    job.since.saturating_add(after).unwrap_or(Timestamp::MAX)
}

fn tell(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a delivery ended unexpectedly");
    }
}
