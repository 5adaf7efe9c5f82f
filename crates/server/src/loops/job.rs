//! One job, from its claim to its end.

use std::{panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use grading::{Graded, Submitted, Work};
use materials::UnzipLimits;
use model::{Fault, GradingId, ReportStatus, Step};
use store::{Effects, Job, LeaseError, NewGrading, Retry, StoreError};
use tempfile::TempDir;
use tokio::sync::watch;

use super::grade::Worker;
use crate::{outage, rules::lateness, workshop::Workshop};

/// How often a fault is tried again at most.
const RETRIES: u32 = 3;
/// Steps of one submission are kept at most this often; those in between are passed over.
const STEP_EVERY: Duration = Duration::from_millis(300);
/// How often a grading may be interrupted without a fault of its own (by restarts, say) before it is set aside, so that a
/// notebook that brings its host down does not do so for ever.
const MOST_INTERRUPTIONS: u32 = 50;
/// How often the notebook of a claimed job is asked for from a store that is away: for some two minutes.
const TRIES_TO_READ: u32 = 30;
/// How often a finished grading is still offered to a store that is away when the process is to stop.
const TRIES_WHEN_STOPPING: u32 = 10;

/// How a grading ended from the worker's point of view.
enum End {
    /// It has an outcome.
    Outcome(Result<Box<Found>, Fault>),
    /// The service stops and the time it had is over.
    Stopped,
    /// The lease ran out: the job is another's.
    Lost,
}

/// A report, and what follows from it.
struct Found {
    graded: Graded,
    effects: Effects,
}

impl End {
    /// A crash while the service stops may be the doing of whoever stops it, who may signal every process there is:
    /// such a grading begins anew.
    fn of(outcome: Result<Found, Fault>, is_stopping: bool) -> Self {
        match outcome {
            Ok(found) if is_stopping && found.graded.report.status == ReportStatus::Crashed => Self::Stopped,
            Err(fault) if is_stopping && fault.retry => Self::Stopped,
            outcome => Self::Outcome(outcome.map(Box::new)),
        }
    }
}

pub(super) async fn work_on(worker: &Worker, job: Job) {
    let submission = job.submission.id;
    let grading = GradingId::new(&*worker.workshop.clock, &*worker.workshop.entropy);
    worker.workshop.news.event(submission);
    tracing::info!(
        %submission, %grading, attempt = job.attempt, lane = ?job.lane, assignment = %job.submission.key,
        "grading started"
    );
    let mut new = NewGrading {
        id: grading,
        revision: String::new(),
        started_at: worker.workshop.clock.now(),
        finished_at: worker.workshop.clock.now(),
    };
    let interruptions = job.claims.saturating_sub(job.attempt);
    let end = if interruptions > MOST_INTERRUPTIONS {
        let why = format!(
            "this grading was interrupted {interruptions} times; it may be what brings the service down"
        );
        End::Outcome(Err(Fault::lasting(why)))
    } else {
        attend(worker, &job, &mut new).await
    };
    new.finished_at = worker.workshop.clock.now();
    let settled = match end {
        End::Outcome(outcome) => settle(worker, &job, new, outcome).await,
        End::Stopped => {
            tracing::info!(%submission, %grading, "grading interrupted by the stop; it begins anew after the next start");
            worker.workshop.store.release(&job.lease, worker.workshop.clock.now()).await
        }
        End::Lost => Err(LeaseError::Lost),
    };
    match settled {
        Ok(()) => {}
        Err(LeaseError::Lost) => {
            tracing::warn!(%submission, %grading, "the lease was lost; another worker has the job");
        }
        Err(LeaseError::Store(error)) => {
            tracing::error!(%submission, %grading, %error, "the job could not be settled");
        }
    }
    worker.workshop.news.event(submission);
}

/// Grades, and meanwhile keeps the lease alive and tells of steps.
async fn attend(worker: &Worker, job: &Job, new: &mut NewGrading) -> End {
    let (tell, mut steps) = watch::channel(None);
    let grading = AssertUnwindSafe(grade(worker, job, new, tell)).catch_unwind();
    tokio::pin!(grading);
    let mut renewal = tokio::time::interval(worker.settings.lease / 3);
    renewal.reset();
    let drained = async {
        worker.workshop.stopping.cancelled().await;
        tokio::time::sleep(worker.settings.drain).await;
    };
    tokio::pin!(drained);
    let mut told = tokio::time::interval(STEP_EVERY);
    loop {
        tokio::select! {
            outcome = &mut grading => {
                let outcome = outcome.unwrap_or_else(|_| Err(Fault::passing("the grading panicked")));
                return End::of(outcome, worker.workshop.stopping.is_cancelled());
            }
            _ = renewal.tick() => {
                let renewed = worker.workshop.store.renew(&job.lease, worker.workshop.clock.now(), worker.settings.lease).await;
                if matches!(renewed, Err(LeaseError::Lost)) {
                    return End::Lost;
                }
            }
            _ = told.tick() => {
                let step: Option<Step> =
                    if steps.has_changed().unwrap_or(false) { steps.borrow_and_update().clone() } else { None };
                if let Some(step) = step {
                    let kept = worker.workshop.store.progress(&job.lease, worker.workshop.clock.now(), vec![step]).await;
                    if matches!(kept, Err(LeaseError::Lost)) {
                        return End::Lost;
                    }
                    worker.workshop.news.event(job.submission.id);
                }
            }
            () = &mut drained => return End::Stopped,
        }
    }
}

async fn grade(
    worker: &Worker,
    job: &Job,
    new: &mut NewGrading,
    tell: watch::Sender<Option<Step>>,
) -> Result<Found, Fault> {
    let content = notebook(worker, job).await?;
    let key = job.submission.key.clone();
    let assignment = worker.workshop.materials.assignment(&key);
    let assignment = assignment.map_err(|error| Fault::passing(error.to_string()))?;
    let effects = worker.workshop.rules.effects(&key, &assignment);
    // otter's first cell opens the notebook under the name that the assignment has.
    let submitted = Submitted::File { name: format!("{}.ipynb", key.assignment), content };
    let materials = std::sync::Arc::clone(&worker.workshop.materials);
    let scratch = worker.settings.scratch.clone();
    let unpacked = tokio::task::spawn_blocking(move || {
        let autograder = materials.autograder(&key).map_err(|error| Fault::passing(error.to_string()))?;
        let folder = TempDir::with_prefix_in("autograder-", scratch)
            .map_err(|error| Fault::passing(error.to_string()))?;
        let unzipped = autograder.unzip(folder.path(), &UnzipLimits::default());
        unzipped.map_err(|error| {
            let why = format!("the autograder cannot be unpacked: {error}");
            if error.is_ours() { Fault::passing(why) } else { Fault::lasting(why) }
        })?;
        Ok::<_, Fault>((autograder, folder))
    });
    let (autograder, folder) =
        unpacked.await.map_err(|_| Fault::passing("unpacking the autograder failed"))??;
    new.revision = autograder.origin();
    let work = Work {
        submitted,
        autograder: folder.path().to_owned(),
        revision: autograder.revision().to_string(),
        environment: assignment.environment.clone(),
        course: Some(job.submission.key.course.to_string()),
    };
    let mut graded = worker.engine.grade(&work, &mut |step| drop(tell.send(Some(step)))).await?;
    graded.report.lateness = lateness(&job.submission, &assignment);
    Ok(Found { graded, effects })
}

/// The notebook. A store that is away is waited for, as long as the lease holds: that is no fault of the grading.
async fn notebook(worker: &Worker, job: &Job) -> Result<Vec<u8>, Fault> {
    let mut failures = 0;
    loop {
        match worker.workshop.store.notebook_to_grade(&job.lease).await {
            Ok(content) => return Ok(content),
            Err(error @ StoreError::Unavailable(_)) if failures < TRIES_TO_READ => {
                worker.workshop.outage.met(&error);
                failures += 1;
                tokio::time::sleep(outage::pause(failures)).await;
            }
            Err(error) => return Err(Fault::passing(format!("the notebook could not be read: {error}"))),
        }
    }
}

/// Keeps the outcome. A store that is away is waited for: the work is done, and would only be done again. If the lease
/// runs out meanwhile and somebody else claims the job, the store says so.
async fn settle(
    worker: &Worker,
    job: &Job,
    new: NewGrading,
    outcome: Result<Box<Found>, Fault>,
) -> Result<(), LeaseError> {
    let Workshop { store, clock, outage, stopping, .. } = &*worker.workshop;
    let mut failures = 0;
    let mut left_when_stopping = TRIES_WHEN_STOPPING;
    loop {
        let settled = match &outcome {
            Ok(found) => {
                let (report, executed) = (&found.graded.report, found.graded.executed.as_deref());
                store.record_report(&job.lease, new.clone(), report, executed, found.effects).await
            }
            Err(fault) => store.record_fault(&job.lease, new.clone(), fault, retry(worker, job, fault)).await,
        };
        match settled {
            Err(LeaseError::Store(error @ StoreError::Unavailable(_))) if left_when_stopping > 0 => {
                left_when_stopping -= u32::from(stopping.is_cancelled());
                outage.met(&error);
                failures += 1;
                tokio::time::sleep(outage::pause(failures)).await;
                // Says whether the job is still ours, once the store is back.
                let renewed = store.renew(&job.lease, clock.now(), worker.settings.lease).await;
                if matches!(renewed, Err(LeaseError::Lost)) {
                    return renewed;
                }
            }
            settled => {
                log(job, &outcome, settled.is_ok());
                // There may be a grade to send now.
                worker.workshop.news.delivery();
                return settled;
            }
        }
    }
}

fn retry(worker: &Worker, job: &Job, fault: &Fault) -> Retry {
    if !fault.retry || job.attempt > RETRIES {
        return Retry::Never;
    }
    // 2, 10, 50 seconds, and up to a quarter more, so that many that failed together do not come back together.
    let wait = Duration::from_secs(2 * 5_u64.pow(job.attempt - 1));
    let mut chance = [0; 1];
    worker.workshop.entropy.fill(&mut chance);
    Retry::At(worker.workshop.clock.now() + wait + wait * u32::from(chance[0]) / 1024)
}

fn log(job: &Job, outcome: &Result<Box<Found>, Fault>, kept: bool) {
    let submission = job.submission.id;
    match outcome.as_deref() {
        Ok(Found { graded: Graded { report, .. }, .. }) => tracing::info!(
            %submission, status = ?report.status, score = %report.score, of = %report.max_score,
            engine = report.engine, seconds = report.seconds, kept, "grading ended with a report"
        ),
        Err(fault) => tracing::error!(
            %submission, attempt = job.attempt, retry = fault.retry, fault = %fault, kept, "grading ended with a fault"
        ),
    }
}
